#!/usr/bin/python3
"""G13, G14: what officers write is in no file of a daemon and on no wire.

confidential.py BUILD [--long] [--unprotected] [SEED]: 256 canaries in titles, bodies, indicators, attachments and their names, purposes,
notes, grounds, drafts that are declined, taken back, refused or still wait, and in what was asked for in vain, between three
authorities: sent, received, passed on, taken back, erased, backed up, restored. Then they are looked for in every file of all, their
logs, backups and temporary files, what their daemons have open, their arguments and environment, and in what went between them.
Unprotected, AES leaves everything as it is.
"""

import gzip
import itertools
import re
import select
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import fault_trial  # first: it says where the others are

import authorities
import canaries
import consent
import malformed
import opened_store
import trial
from authorities import Failed, wait_for
from consent import consents, delivery
from fault_trial import Broken
from restore import must

CANARIES = 256
NOTICE = trial.HEAD + """\
## zh
# 演练 {}

{}

## ru official-translation
# Учение {}

{}

## indicators
- ipv4 192.0.2.{number} {}
- domain {}.example {}
"""


class Wire(threading.Thread):
    """Stands where a designation points to, passes on and keeps every byte, as somebody in between would."""

    def __init__(self, authority):
        super().__init__(daemon=True)
        self.authority, self.streams = authority, []
        self.listening = socket.create_server(("127.0.0.1", authority.port))
        self.start()

    def run(self):
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(caller,), daemon=True).start()

    def relay(self, caller):
        try:
            callee = socket.create_connection(("127.0.0.1", self.authority.listens))
        except OSError:
            return caller.close()
        kept = {caller: bytearray(), callee: bytearray()}
        self.streams += kept.values()
        with caller, callee:
            try:
                while True:
                    for end in select.select([caller, callee], [], [])[0]:
                        octets = end.recv(65536)
                        if not octets:
                            return None
                        kept[end] += octets
                        (callee if end is caller else caller).sendall(octets)
            except OSError:
                return None


class Watched(malformed.Behind):
    """Its daemon has a temporary folder of its own and is reached over a wire."""

    preload = {}

    def launch(self, preload=None, prepare=None):
        scratch = self.directory / "tmp"
        scratch.mkdir(exist_ok=True)
        super().launch({"TMPDIR": str(scratch), "SQLITE_TMPDIR": str(scratch), **self.preload, **(preload or {})}, prepare)


class Story:
    def __init__(self, base, running, options):
        self.base, self.canaries = base, canaries.Canaries(options.chance)
        self.papers = base / "papers"
        self.papers.mkdir()
        everybody = [Watched(base, name, options.build) for name in ("cn-example", "ru-example", "kz-example")]
        self.cn, self.ru, self.kz = everybody
        if options.unprotected:
            for authority in everybody:
                authority.preload = options.faulty("unsealed")
                authority.env.update(authority.preload)  # commands that open the store
        self.wires = []
        for authority in everybody:
            running.append(authority)
            authorities.settle(authority)
            self.wires.append(Wire(authority))
        for one, other in itertools.combinations(everybody, 2):
            authorities.acquaint(one, other)
        for authority in everybody:
            wait_for(lambda a=authority: authorities.connected(a, 2), f"{authority.name} connected", 60)
        authorities.agree_crypto_policy(self.cn, [self.ru, self.kz])
        self.everybody, self.shown, self.ground = everybody, [], ""

    # ---- what officers write

    def paper(self, count=6):
        file = self.papers / f"{len(self.canaries.made)}.txt"
        file.write_text(f"Обоснование: {self.canaries.some(count)}.", encoding="utf-8")
        return file

    def notice(self, to, label="restricted"):
        file = self.papers / f"{len(self.canaries.made)}.md"
        some = self.canaries.some
        file.write_text(NOTICE.format(some(2), some(4), some(2), some(4), some(2), re.sub(r"[^a-z0-9]", "", some(2)), some(2),
                                      label=label, to=to.name,
                                      number=len(list(self.papers.iterdir()))), encoding="utf-8")
        return file

    def attachments(self):
        """Text, and the same packed; named by canaries."""
        plain, packed = (self.papers / f"{self.canaries.some(1)}{suffix}" for suffix in (".txt", ".gz"))
        plain.write_text(self.canaries.some(8) * 2000, encoding="utf-8")
        packed.write_bytes(gzip.compress(self.canaries.some(4).encode()))
        return f"{plain},{packed}"

    def received(self, authority, kind, person="wang"):
        """The newest of a kind, read: its number."""
        wait_for(lambda: any(view["kind"] == kind for view in trial.box(authority, "inbox")), f"{kind} at {authority.name}", 30)
        number = next(view["number"] for view in trial.box(authority, "inbox") if view["kind"] == kind)
        self.shown.append(authority.must("show", number, context=person))
        return number

    def release(self, authority, *words):
        """By the officer, and by an approver where two are needed: its number."""
        number = authority.must(*words, "--yes", "-o", "id", context="wang").split()[-1]
        if number.startswith("DRAFT"):
            number = authority.must("approve", number, "--yes", "-o", "id", context="li").split()[-1]
        return number

    def correspond(self):
        cn, ru, kz = self.everybody
        self.sent = self.release(cn, "send", self.notice(ru), "--attach", self.attachments())
        held = self.received(ru, "threat-notice")
        ru.must("attachment", "save", held, "-O", self.papers / "saved", context="wang")
        ru.must("ack", held, context="wang")
        ru.must("send", self.notice(cn, "open"), "--attach", self.attachments(), "--yes", context="wang")
        self.received(cn, "threat-notice")
        for answer in ("deny", "grant"):
            ru.must("consent", "request", held, "--to", "kz-example", "--purpose", self.paper(), "--again", "--yes",
                    context="wang")
            request = self.received(cn, "consent-request")
            self.release(cn, "consent", answer, request, "--ground" if answer == "deny" else "--note", self.paper())
            self.received(ru, "consent-refusal" if answer == "deny" else "consent-grant")
        forward = self.release(ru, "forward", held, "--to", "kz-example", "--note", self.paper())
        wait_for(lambda: delivery(ru, forward)[0] == "delivered", "the forward at kz-example", 60)
        self.onward = self.received(kz, "forward")
        self.release(cn, "consent", "revoke", consents(cn, "consent-grant")[0], "--ground", self.paper())
        wait_for(lambda: kz.run("show", self.onward, context="wang").code == 5, "locked at kz-example", 30)
        for person in ("wang", "li"):
            kz.must("erase", self.onward, "--yes", context=person)

    def leave_unsent(self):
        """Declined, taken back, refused, waiting for a second person and for a peer; asked for in vain."""
        cn, ru = self.cn, self.ru
        declined, withdrawn, _ = (cn.must("send", self.notice(ru), "--attach", self.attachments(), "--yes", "-o", "id",
                                          context="wang").split()[-1] for _ in range(3))
        cn.must("approve", declined, "--decline", "--yes", context="li")
        cn.must("withdraw", withdrawn, "--yes", context="wang")
        self.kz.stop()
        self.ground = self.canaries.some(1)
        cn.must("send", self.notice(self.kz, "open"), "--yes", context="wang")
        for words in (("send", self.notice(ru, self.canaries.some(1)), "--yes"), ("show", self.canaries.some(1)),
                      ("inbox", self.canaries.some(1)), ("export", self.canaries.some(1), "--as", "signature"),
                      ("erase", trial.ids(cn, "inbox")[0], "--retain", self.ground, "--yes"),
                      ("disclose", self.sent, "--to", "public:press", "--note", self.paper(), "--yes"),
                      ("agreement", "terms", "sco-2009", "--term", self.canaries.some(1))):
            cn.run(*words, context="wang")
        while len(self.canaries.made) < CANARIES:
            cn.must("send", self.notice(ru, "open"), "--yes", context="wang")
        wait_for(lambda: len(trial.box(ru, "inbox")) >= 1 and trial.answered(ru), "answered", 60)

    def back_up_and_restore(self):
        """A backup beside the running daemon of cn-example, put in the place of its store; ru-example is killed."""
        cn = self.cn
        must(cn, "backup", "--to", cn.directory / "backup")
        cn.stop()
        must(cn, "restore", "--from", cn.directory / "backup")
        must(cn, "rekey")
        cn.start()
        wait_for(lambda: authorities.connected(cn, 1), "connected again", 30)
        for person, message in (("wang", trial.ids(cn, "inbox")[0]), ("wang", trial.ids(cn, "outbox")[-1])):
            cn.must("show", message, context=person)

    # ---- where it is looked for

    def check_processes(self):
        """What any other process could see of those that run; how much was looked at."""
        looked = 0
        for authority in self.everybody:
            if authority.process is None:
                continue
            proc = Path(f"/proc/{authority.process.pid}")
            for path in [proc / "cmdline", proc / "environ", *(proc / "fd").iterdir()]:
                if path.parent.name != "fd" or path.is_file():
                    self.expect_none(f"{path} {path.resolve()}", canaries.search_file(path))
                    looked += 1
            if not re.search(r"Max core file size\s+0\s+0\s", (proc / "limits").read_text()):
                raise Broken(f"{authority.name}: may leave a core")
        return looked

    def check_files(self):
        """Every file of every authority, and whatever they left in the temporary folder; how many, and their bytes."""
        files = [path for authority in self.everybody for path in sorted(authority.directory.rglob("*")) if path.is_file()]
        files += [self.base / "contexts.toml", *(path for path in (self.base / "sends").rglob("*") if path.is_file())]
        for path in files:
            self.expect_none(path, canaries.search_file(path))
            private = path.suffix == ".key" or "state" in path.parts or "backup" in path.parts
            if private and path.stat().st_mode & 0o077:
                raise Broken(f"{path}: mode {path.stat().st_mode & 0o777:o}")
        return len(files), sum(path.stat().st_size for path in files)

    def check_behind_the_key(self):
        """Whoever has the database key as well reads in the journal on what ground an erasure was refused, and no other text."""
        for authority in self.everybody:
            pages = opened_store.everything(authority.directory / "state", opened_store.key_of(authority.directory))
            self.expect_none(f"{authority.name}: pages behind the database key",
                             canaries.search(pages.replace(self.ground.encode(), b"")))

    def check_wires(self):
        """Nothing but records of TLS, and in them nobody's certificate."""
        certificates = [subprocess.run(["openssl", "x509", "-in", authority.directory / "keys/tls.pem", "-outform", "DER"],
                                       capture_output=True, check=True).stdout for authority in self.everybody]
        octets = 0
        for stream in (bytes(kept) for wire in self.wires for kept in wire.streams):
            self.expect_none("a wire", canaries.search(stream))
            if any(certificate[at:at + 48] in stream for certificate in certificates for at in range(0, len(certificate), 48)):
                raise Broken("a certificate is on the wire")
            at = 0
            while at + 5 <= len(stream):
                kind, version, size = stream[at], stream[at + 1:at + 3], int.from_bytes(stream[at + 3:at + 5], "big")
                if kind not in (20, 21, 22, 23) or version not in (b"\3\1", b"\3\3") or size > 16384 + 256:
                    raise Broken(f"no record of TLS: {stream[at:at + 16].hex()}")
                at += 5 + size
            octets += len(stream)
        return octets

    def expect_none(self, where, found):
        if found:
            raise Broken(f"{where}: {', '.join(found)}")

    def check_shown(self):
        """Those who may read it have read it: canaries that were shown."""
        text = "\n".join(self.shown)
        return sum(canary in text for canary in self.canaries.made)


def play(base, running, options):
    found = canaries.check_search(options.chance)
    story = Story(base, running, options)
    story.correspond()
    story.leave_unsent()
    looked = story.check_processes()
    story.back_up_and_restore()
    looked += story.check_processes()
    for authority in story.everybody:
        authority.kill()
    files, octets = story.check_files()
    if not options.unprotected:
        story.check_behind_the_key()
    carried = story.check_wires()
    shown, made = story.check_shown(), len(story.canaries.made)
    print(f"{made} canaries, {shown} of them shown to those who may read them, {found} hidden ones found; 0 in {files} files of "
          f"{octets >> 20} MiB, {looked} of what daemons have open, {carried >> 10} KiB between them", flush=True)
    if made < CANARIES or shown < 60 or files < 60 or octets < 8 << 20 or carried < 200 << 10:
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("confidential", play))
