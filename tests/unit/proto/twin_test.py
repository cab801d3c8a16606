#!/usr/bin/python3
"""Recomputes the worked example of proto/README.md from the bytes it shows, with Python's hashlib alone."""

import base64
import hashlib
import hmac
import re
import sys
from pathlib import Path


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hkdf_expand_32(key, info):
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


def main():
    page = Path(sys.argv[1]).read_text(encoding="utf-8")
    example = page[page.index("<!-- example:"):page.index("<!-- end of example")]
    shown = dict(re.findall(r"^(part \d|plan|header|content key|ciphertext \d|wrap|leaf|id|signed attributes) (\S+)$", example, re.M))
    statement = re.search(r"^chancery/message/v1\n(?:[^`\n]+\n)*", example, re.M).group(0)
    batch = re.search(r"^chancery/batch/v1\n(?:[^`\n]+\n)*", example, re.M).group(0)
    value = {name: text for name, text in re.findall(r"^(\S+) (.+)$", statement, re.M)}
    raw = {name: bytes.fromhex(text.removeprefix("sha256:")) for name, text in shown.items()}
    digest = {name: bytes.fromhex(text[7:]) for name, text in value.items() if text.startswith("sha256:")}

    header_text = statement[:statement.index("body-root ")].encode()
    leaves = [sha256(b"\0", raw[f"ciphertext {i}"]) for i in (0, 1)]
    salts = [bytes(range(32, 64)), bytes(range(64, 96))]
    body = [sha256(b"\0", salts[i], len(raw[f"part {i}"]).to_bytes(4, "big"), raw[f"part {i}"]) for i in (0, 1)]
    known_at_preview = [line for line in statement.splitlines(True)
                        if not re.match(r"created |parts |body-root |cek-commit |cipher-root |wraps |fact wrap ", line)]
    plan = sha256(b"chancery/plan/v1\n", "".join(known_at_preview).encode(), b"part sha256:",
                  sha256(raw["part 0"]).hex().encode(), b"\n")
    milliseconds = 1795327203125
    expected = {
        "header": (sha256(header_text), raw["header"]),
        "plan": (plan, raw["plan"]),
        "body-root": (sha256(b"\1", *body), digest["body-root"]),
        "cipher-root": (sha256(b"\1", *leaves), digest["cipher-root"]),
        "cek-commit": (sha256(b"chancery/cek/v1", raw["content key"], raw["header"]), digest["cek-commit"]),
        "wraps": (sha256(raw["wrap"]), digest["wraps"]),
        "leaf": (sha256(b"\0", statement.encode()), raw["leaf"]),
        "id": (milliseconds.to_bytes(6, "big") + raw["leaf"][:26], raw["id"]),
        "root": (raw["leaf"], base64.b64decode(re.search(r"^root (.+)$", batch, re.M).group(1))),
        "message-digest in the signed attributes": (True, sha256(batch.encode()) in raw["signed attributes"]),
        "wrap length": (32 + 65 + 8 + 2 + 32 + 16, len(raw["wrap"])),
        "part keys differ": (False, hkdf_expand_32(raw["content key"], b"chancery/part/v1" + b"\0\0\0\0")
                             == hkdf_expand_32(raw["content key"], b"chancery/part/v1" + b"\0\0\0\1")),
    }
    wrong = [name for name, (computed, stated) in expected.items() if computed != stated]
    print("\n".join(f"{name}: not what Python computes" for name in wrong) or f"{len(expected)} values as computed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
