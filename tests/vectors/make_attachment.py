#!/usr/bin/python3
"""Makes attachment.json: attachments of several lengths sealed by the words of proto/README.md alone, with Python's cryptography
package and hashlib; nothing of ours takes part. Byte i of a plaintext is (i * 131 + i // 251) mod 256."""

import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 256 * 1024


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(leaves):  # RFC 9162
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", root(leaves[:split]), root(leaves[split:]))


def seal(key, plaintext):
    chunks = [plaintext[at:at + CHUNK] for at in range(0, len(plaintext), CHUNK)] or [b""]
    sealed = []
    for index, chunk in enumerate(chunks):
        last = index == len(chunks) - 1
        nonce = index.to_bytes(8, "big") + int(last).to_bytes(4, "big")
        sealed.append(AESGCM(key).encrypt(nonce, chunk, b"chancery/attachment/v1"))
    return chunks, sealed


def vector(length):
    key = sha256(b"attachment key", length.to_bytes(8, "big"))
    plaintext = bytes((i * 131 + i // 251) % 256 for i in range(length))
    chunks, sealed = seal(key, plaintext)
    return {
        "plain_length": length,
        "key": key.hex(),
        "sealed_length": sum(map(len, sealed)),
        "sealed": sha256(*sealed).hex(),
        "plain_root": root([sha256(b"\x00", chunk) for chunk in chunks]).hex(),
        "cipher_root": root([sha256(b"\x00", chunk) for chunk in sealed]).hex(),
    }


lengths = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 77]
out = Path(__file__).with_name("attachment.json")
out.write_text(json.dumps([vector(length) for length in lengths], indent=1) + "\n", encoding="utf-8")
