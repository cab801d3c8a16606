#!/usr/bin/python3
"""Makes part_wrap.json: a body, and two wraps of two of its part keys, for one step and inside a detached grant, by the words of
proto/README.md alone, with Python's cryptography package and hashlib; nothing of ours takes part."""

import hashlib
import hmac
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def be(value, size):
    return value.to_bytes(size, "big")


def expand(key, info, size):  # RFC 5869
    out, block = b"", b""
    while len(out) < size:
        block = hmac.new(key, block + info + be(len(out) // 32 + 1, 1), hashlib.sha256).digest()
        out += block
    return out[:size]


def root(leaves):  # RFC 9162
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", root(leaves[:split]), root(leaves[split:]))


def point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def hpke_seal(ephemeral, recipient, info, aad, plain):  # RFC 9180, base mode: P-256, HKDF-SHA256, AES-256-GCM
    kem, suite = b"KEM" + be(0x10, 2), b"HPKE" + be(0x10, 2) + be(1, 2) + be(2, 2)

    def extract(suite_id, salt, label, key):
        return hmac.new(salt or bytes(32), b"HPKE-v1" + suite_id + label + key, hashlib.sha256).digest()

    def labelled(suite_id, key, label, text, size):
        return expand(key, be(size, 2) + b"HPKE-v1" + suite_id + label + text, size)

    enc = point(ephemeral)
    dh = ephemeral.exchange(ec.ECDH(), recipient.public_key())
    shared = labelled(kem, extract(kem, b"", b"eae_prk", dh), b"shared_secret", enc + point(recipient), 32)
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    key = labelled(suite, secret, b"key", context, 32)
    nonce = labelled(suite, secret, b"base_nonce", context, 12)
    return enc, AESGCM(key).encrypt(nonce, plain, aad)


def main():
    header, cek = sha256(b"header"), sha256(b"content key")
    parts = [b"title", "текст".encode(), b"indicators" * 20, b"CN-2026-0001"]
    salts = [sha256(b"salt", be(i, 4)) for i in range(len(parts))]
    keys = [expand(cek, b"chancery/part/v1" + be(i, 4), 32) for i in range(len(parts))]
    ciphertexts = [AESGCM(keys[i]).encrypt(bytes(12), salts[i] + part, header + be(i, 4)) for i, part in enumerate(parts)]
    body = [sha256(b"\x00", salts[i], be(len(part), 4), part) for i, part in enumerate(parts)]
    cipher = [sha256(b"\x00", ciphertext) for ciphertext in ciphertexts]
    extent = [0, 2]

    ephemeral, recipient = (ec.derive_private_key(int.from_bytes(sha256(name), "big"), ec.SECP256R1())
                            for name in (b"ephemeral", b"recipient"))
    spki = recipient.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    grant, carrier, original = sha256(b"grant"), sha256(b"carrier"), sha256(b"original")
    info = b"chancery/rewrap/v1" + b"cn-example" + sha256(spki) + grant + carrier
    enc, sealed = hpke_seal(ephemeral, recipient, info, original + b"0,2", b"".join(keys[i] for i in extent))
    wrap = sha256(spki) + enc + be(0, 8) + be(len(sealed), 2) + sealed
    terms = sha256(b"terms")
    info = b"chancery/detached-wrap/v1" + b"cn-example" + sha256(spki) + terms
    enc, sealed = hpke_seal(ephemeral, recipient, info, original + b"0,2", b"".join(keys[i] for i in extent))
    detached = sha256(spki) + enc + be(0, 8) + be(len(sealed), 2) + sealed

    vector = {
        "header": header, "content_key": cek, "grant": grant, "carrier": carrier, "original": original,
        "recipient": be(recipient.private_numbers().private_value, 32),
        "part_keys": b"".join(keys[i] for i in extent), "wrap": wrap, "body_root": root(body), "cipher_root": root(cipher),
        "cek_commit": sha256(b"chancery/cek/v1", cek, header), "terms": terms, "detached_wrap": detached,
    }
    out = {name: value.hex() for name, value in vector.items()}
    out |= {"originator": "cn-example", "extent": extent, "parts": [parts[i].hex() for i in extent],
            "ciphertexts": [ciphertexts[i].hex() for i in extent],
            "omitted": [[body[i].hex(), cipher[i].hex()] for i in range(len(parts)) if i not in extent]}
    Path(__file__).with_name("part_wrap.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
