"""Words that are to be found nowhere, and the search for them: as they are, in base64, hexadecimal, UTF-16, packed."""

import base64
import bz2
import gzip
import lzma
import re
import zlib

MARKS = ("kanarienvogel", "канарейка")  # each canary begins with one of them
PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|BZh[1-9]|\xfd7zXZ\0")
MOST = 1 << 20  # bytes that are unpacked


class Canaries:
    """Each another, made where it is put."""

    def __init__(self, chance):
        self.chance, self.made = chance, []

    def some(self, count):
        new = [f"{MARKS[(len(self.made) + number) % 2]}{self.chance.randrange(16 ** 8):08x}" for number in range(count)]
        self.made += new
        return " ".join(new)


def forms(word):
    """What of a word stands in a file, by the name of the form."""
    plain = word.encode()
    found = {"plain": plain, "upper case": word.upper().encode(), "hex": plain.hex().encode(),
             "HEX": plain.hex().upper().encode(), "UTF-16LE": word.encode("utf-16-le"), "UTF-16BE": word.encode("utf-16-be"),
             "escaped": word.encode("unicode_escape"), "reversed": plain[::-1]}
    for before in range(3):
        # The characters that hang on nothing but the word.
        whole = base64.b64encode(bytes(before) + plain)
        inner = whole[(8 * before + 5) // 6:(8 * (before + len(plain))) // 6]
        found[f"base64 {before}"] = inner
        found[f"base64url {before}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


FORMS = [(f"{mark} {name}", form) for mark in MARKS for name, form in forms(mark).items()]


def unpacked(content):
    """What can be unpacked of what stands in it."""
    for start in PACKED.finditer(content):
        kinds = {b"\x1f": lambda: zlib.decompressobj(31), b"\x78": zlib.decompressobj, b"B": bz2.BZ2Decompressor,
                 b"\xfd": lzma.LZMADecompressor}
        try:
            yield kinds[start.group()[:1]]().decompress(content[start.start():], MOST)
        except (zlib.error, lzma.LZMAError, OSError, EOFError):
            pass


def search(content):
    """Names of the forms in which canaries stand in it."""
    found = [name for name, form in FORMS if form in content]
    for inner in unpacked(content):
        found += [f"packed {name}" for name, form in FORMS if form in inner]
    return found


def search_file(path):
    try:
        return search(path.read_bytes())
    except OSError:
        return []  # gone meanwhile


def check_search(chance):
    """It finds a canary in every form, wherever it stands; how many were found."""
    found = 0
    for mark in MARKS:
        word = f"{mark}{chance.randrange(16 ** 8):08x}"
        plain = word.encode()
        hidden = [plain, plain.hex().encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), gzip.compress(plain),
                  zlib.compress(plain), bz2.compress(plain), lzma.compress(plain), gzip.compress(base64.b64encode(plain))]
        hidden += [base64.b64encode(bytes(before) + plain) for before in range(3)]
        for one in hidden:
            around = chance.randbytes(chance.randrange(1, 5000))
            if not search(around + one + around):
                raise AssertionError(f"{word} as {one[:40]} is not found")
            if search(around):
                raise AssertionError("found where nothing is")
            found += 1
    return found
