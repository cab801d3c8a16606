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


def decrypted(sealed, key):
    """SQLCipher: AES-256-CBC, the vector and the MAC of a page at its end; `sealed`: pages and whether each is the first of
    a database, which begins with a salt in the clear. Block by block in one go, chained afterwards."""
    start, end = (lambda first: SALT if first else 0), PAGE - RESERVE
    body = b"".join(page[start(first):end] for page, first in sealed)
    done = subprocess.run(["openssl", "enc", "-d", "-aes-256-ecb", "-nopad", "-K", key], input=body, capture_output=True,
                          check=True)
    at, opened = 0, []
    for page, first in sealed:
        size = end - start(first)
        chain = page[end:end + BLOCK] + page[start(first):end - BLOCK]
        block = int.from_bytes(done.stdout[at:at + size], "big") ^ int.from_bytes(chain, "big")
        opened.append((b"SQLite format 3\0" if first else b"") + block.to_bytes(size, "big") + bytes(RESERVE))
        at += size
    return opened


def pages(directory, key):
    """Pages of the database in order."""
    sealed = (directory / "chancery.db").read_bytes()
    return decrypted([(sealed[at:at + PAGE], at == 0) for at in range(0, len(sealed), PAGE)], key)


def log_pages(directory, key):
    """Pages in all frames of the log, current or left over."""
    log = directory / "chancery.db-wal"
    sealed = log.read_bytes() if log.exists() else b""
    size = FRAME_HEADER + PAGE
    frames = [sealed[at:at + size] for at in range(LOG_HEADER, len(sealed) - size + 1, size)]
    return decrypted([(frame[FRAME_HEADER:], struct.unpack(">I", frame[:4])[0] == 1) for frame in frames], key)


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
