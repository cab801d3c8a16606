#!/usr/bin/python3
"""Holds the arrows between the folders: reads every #include line against the table below.

Debian keeps all headers in /usr/include, so linking cannot stop a wrong include. A folder obeys the row with the
longest matching name; what no row allows is an error, and so is a file that belongs to no row.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    ours: tuple  # files or folders of this repository, besides the folder itself
    others: tuple  # names of LIBRARIES


# The generated headers, by what they bring along.
MESSAGES, SERVICES = "proto messages", "proto services"

# The vocabulary every room speaks: values, no keys and no signatures.
VOCABULARY = tuple(f"crypto/{name}.h" for name in ("bytes", "digest", "instant", "merkle", "result", "suite"))

TABLE = {
    "crypto": Row((), ("expected", "openssl", "posix")),
    "daemon/core": Row(VOCABULARY, ("expected",)),
    "daemon/wire": Row(("crypto", "daemon/core", MESSAGES), ("expected", "protobuf")),
    # Text to fingerprints; what Unicode says of characters comes from ICU.
    "daemon/quotation": Row(VOCABULARY, ("expected", "icu")),
    "daemon/config": Row(("crypto", "daemon/core"), ("expected", "toml++", "posix")),
    "daemon/store": Row(("crypto", "daemon/core"), ("expected", "sqlcipher", "posix")),
    "daemon/service": Row(
        ("crypto", "daemon/core", "daemon/wire", "daemon/quotation", "daemon/store"), ("expected",)
    ),
    "daemon/transport": Row(
        ("crypto", "daemon/core", "daemon/wire", "daemon/service", MESSAGES, SERVICES),
        ("expected", "protobuf", "grpc", "posix"),
    ),
    "daemon": Row(("crypto", "daemon"), ("expected", "grpc", "posix")),
    "client": Row(
        ("crypto", "daemon/core", "client", MESSAGES, SERVICES),
        ("expected", "protobuf", "grpc", "cli11", "toml++", "posix"),
    ),
    # Offline verification needs no peer, no daemon and no protobuf.
    "client/verify": Row(("crypto", "daemon/core"), ("expected", "posix")),
    "tests": Row(
        ("crypto", "daemon", "client", "tests", MESSAGES, SERVICES),
        ("expected", "protobuf", "grpc", "openssl", "sqlcipher", "toml++", "icu", "posix", "test", "json", "benchmark"),
    ),
}

# Beginning of the header's name -> library. What stands alone without `.h` is the C++ standard library.
LIBRARIES = {
    "tl/": "expected",
    "openssl/": "openssl",
    "google/protobuf/": "protobuf",
    "grpcpp/": "grpc",
    "grpc/": "grpc",
    "toml++/": "toml++",
    "sqlite3": "sqlcipher",
    "sqlcipher/": "sqlcipher",
    "CLI/": "cli11",
    "unicode/": "icu",
    "gtest/": "test",
    "gmock/": "test",
    "rapidcheck": "test",
    "nlohmann/": "json",
    "benchmark/": "benchmark",
}
POSIX = re.compile(r"(sys|arpa|netinet|net|linux)/\w+\.h|\w+\.h")

# Libraries that stay inside .cpp files, so that what includes our header does not depend on them.
HIDDEN = {"crypto": "openssl", "daemon/store": "sqlcipher", "daemon/config": "toml++", "daemon/quotation": "icu"}
HIDDEN_BUT_FOR = ("crypto/openssl.h",)

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
SUFFIXES = (".h", ".cpp", ".def")


def room_of(file):
    """The row of the table that a file obeys, None when it stands in no room."""
    rooms = [room for room in TABLE if file.startswith(room + "/")]
    return max(rooms, key=len, default=None)


def library_of(header):
    for prefix, library in LIBRARIES.items():
        if header.startswith(prefix):
            return library
    if re.fullmatch(r"\w+", header):
        return "std"
    return "posix" if POSIX.fullmatch(header) else "unknown"


def generated(header):
    if re.fullmatch(r"(chancery/v1/)?\w+\.grpc\.pb\.h", header):
        return SERVICES
    return MESSAGES if re.fullmatch(r"chancery/v1/\w+\.pb\.h", header) else None


def fault_of_ours(root, room, header):
    kind = generated(header)
    if kind:
        return None if kind in TABLE[room].ours else f"{room} may not include {kind}"
    if not (root / header).is_file():
        return "no such file from the root of the repository"
    if header.startswith(room + "/") and room_of(header) == room:
        return None
    if any(header == ours or header.startswith(ours + "/") for ours in TABLE[room].ours):
        return None
    return f"{room} may not include {room_of(header)}"


def fault_of_others(file, room, header):
    library = library_of(header)
    if library == "std":
        return None
    if library not in TABLE[room].others:
        return f"{room} may not include {library}"
    if HIDDEN.get(room) == library and file.endswith(".h") and file not in HIDDEN_BUT_FOR:
        return f"{library} stays inside the .cpp files of {room}"
    return None


def faults(root):
    for path in sorted(root.rglob("*")):
        file = path.relative_to(root).as_posix()
        if path.suffix not in SUFFIXES or file.startswith((".", "build")):
            continue
        room = room_of(file)
        if room is None:
            yield f"{file}:1: stands in no room of the layering table"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            ours, others = match.groups()
            fault = fault_of_ours(root, room, ours) if ours else fault_of_others(file, room, others)
            if fault:
                yield f"{file}:{number}: {line.strip()}: {fault}"


def main():
    found = list(faults(Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "every include is allowed by the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
