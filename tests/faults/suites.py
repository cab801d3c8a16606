#!/usr/bin/python3
"""G29: of all that `openssl s_client` can offer a peer's port, with the certificate of a pinned peer, TLS 1.3 with
AES-GCM or ChaCha20 and ALPN h2 is taken, and nothing else: no older version with any of its suites, no plain text, no other ALPN.

suites.py BUILD [--long] [--unprotected] [SEED]. Unprotected, the port is a server of openssl's that takes everything.
"""

import contextlib
import select
import socket
import subprocess
import sys

import fault_trial  # first: it says where the others are

import authorities
import http2
from authorities import Failed, free_port, wait_for
from fault_trial import Broken

OLDER = ("-tls1", "-tls1_1", "-tls1_2")
SUITES = ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
          "TLS_AES_128_CCM_8_SHA256")
ANSWERED_WITHIN = 10  # seconds
OTHER_PROTOCOLS = ("http/1.1", "h2c", "spdy/3", "grpc", "h3")


def offers(identity):
    """Words for s_client, and whether they are to be taken."""
    certificate, key = identity
    ciphers = subprocess.run(["openssl", "ciphers", "ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0"], capture_output=True, text=True,
                             check=True).stdout.strip().split(":")
    good = ["-cert", certificate, "-key", key, "-alpn", "h2"]
    yield ["-tls1_3", *good], True
    for suite in SUITES:
        yield ["-tls1_3", "-ciphersuites", suite, *good], suite in SUITES[:3]
        yield ["-tls1_3", "-ciphersuites", suite, *good, "-sigalgs", "RSA+SHA1:ECDSA+SHA1"], False
    for cipher in ciphers:
        if not cipher.startswith("TLS_"):
            yield ["-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0", *good], False
    for version in OLDER:
        yield [version, "-cipher", "ALL:eNULL:@SECLEVEL=0", *good], False
    for name in OTHER_PROTOCOLS:
        yield ["-tls1_3", "-cert", certificate, "-key", key, "-alpn", name], False


def taken(port, words):
    """Whether the other end says something to whoever made this handshake: gRPC ends the connection after it when there is no
    protocol both speak."""
    with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", *map(str, words)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        try:
            client.stdin.write(http2.PREFACE + http2.settings())
            client.stdin.flush()
            return bool(select.select([client.stdout], [], [], ANSWERED_WITHIN)[0] and client.stdout.read1(1))
        except BrokenPipeError:
            return False
        finally:
            client.kill()


def plain_text(port):
    """Whether somebody without TLS is answered."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        try:
            connection.sendall(http2.PREFACE + http2.settings())
            answer = connection.recv(4096)
        except OSError:
            return False
        return any(kind == http2.SETTINGS for kind, *_ in http2.frames_of(answer))


@contextlib.contextmanager
def careless(identity):
    """A server that takes everything."""
    port = free_port()
    with subprocess.Popen(["openssl", "s_server", "-accept", str(port), "-cert", identity[0], "-key", identity[1], "-rev",
                           "-cipher", "ALL:eNULL:@SECLEVEL=0", "-alpn", "h2,http/1.1"], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: taken(port, ["-tls1_3"]), "openssl serves", 20)
            yield port
        finally:
            server.kill()


def play(base, running, options):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example"], options.build, keep=running)
    cn, ru = by_code["cn"], by_code["ru"]
    ru.stop()
    identity = http2.identity_of(ru.directory / "keys/tls")
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(careless(identity)) if options.unprotected else cn.port
        counts = {True: 0, False: 0}
        for words, expected in offers(identity):
            is_taken = taken(port, words)
            counts[is_taken] += 1
            if is_taken != expected:
                raise Broken(f"{'taken' if is_taken else 'refused'}: {' '.join(map(str, words))}")
        if plain_text(port):
            raise Broken("taken: plain text")
    cn.check_alive()
    print(f"{counts[True]} offers taken, {counts[False]} and plain text refused", flush=True)
    if counts[True] < 2 or counts[False] < 100:
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("suites", play))
