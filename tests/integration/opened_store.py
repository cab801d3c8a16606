"""What somebody with the database key finds in the files of a store, by openssl and Python's own SQLite: no code of the daemon.

Every page of the database and of its write-ahead log is decrypted, the free ones and those no longer referred to as well.
"""

import re
import sqlite3
import struct
import subprocess
from pathlib import Path

PAGE, RESERVE, BLOCK, SALT = 8192, 48, 16, 16
LOG_HEADER, FRAME_HEADER = 32, 24


def key_of(directory):
    """Hex of the raw key, as `chancery init` wrote it."""
    kept = (directory / "keys/database.key").read_bytes()
    return kept.hex() if len(kept) == 32 else re.search(rb"[0-9a-f]{64}", kept).group(0).decode()


def page_of(sealed, key, first):
    """SQLCipher: AES-256-CBC, its vector and its MAC at the end of the page; the first page begins with a salt in the clear."""
    start, end = (SALT if first else 0), PAGE - RESERVE
    done = subprocess.run(["openssl", "enc", "-d", "-aes-256-cbc", "-nopad", "-K", key, "-iv", sealed[end:end + BLOCK].hex()],
                          input=sealed[start:end], capture_output=True, check=True)
    return (b"SQLite format 3\0" if first else b"") + done.stdout + bytes(RESERVE)


def pages(directory, key):
    """Pages of the database in order."""
    sealed = (directory / "chancery.db").read_bytes()
    return [page_of(sealed[at:at + PAGE], key, at == 0) for at in range(0, len(sealed), PAGE)]


def log_pages(directory, key):
    """Pages in all frames of the log, current or left over."""
    log = directory / "chancery.db-wal"
    sealed = log.read_bytes() if log.exists() else b""
    size = FRAME_HEADER + PAGE
    frames = [sealed[at:at + size] for at in range(LOG_HEADER, len(sealed) - size + 1, size)]
    return [page_of(frame[FRAME_HEADER:], key, struct.unpack(">I", frame[:4])[0] == 1) for frame in frames]


def everything(directory, key):
    """All that the store's files hold, decrypted."""
    return b"".join(pages(directory, key) + log_pages(directory, key))


def rows(directory, key, scratch, query, *values):
    """Of a store that is closed."""
    plain = Path(scratch)
    plain.write_bytes(b"".join(pages(directory, key)))
    content = bytearray(plain.read_bytes())
    content[18:20] = b"\1\1"  # no log belongs to this copy
    plain.write_bytes(content)
    with sqlite3.connect(plain) as database:
        found = database.execute(query, values).fetchall()
    plain.unlink()
    return found
