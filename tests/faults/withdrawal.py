#!/usr/bin/python3
"""G23: certificates are revoked and run out of date, and designations are withdrawn, while streams are open and messages wait.

Both authorities write to each other. A revocation list that revokes the tls certificate of one, made by `openssl ca`, is put into
the folder of the other; a list runs out of date; the designation of one is withdrawn while it is not reading and a queue has
grown; a peer is suspended. Within five seconds of each the stream is closed and no new one opens, nothing is taken in any more,
what waits is parked, and the operator is told. Each time the authority comes back, under new keys where the old ones are gone:
what was parked goes, once, and what was sealed to a retired key is sealed anew.

withdrawal.py BUILD [--long] [--unprotected] [SEED]. Unprotected, no lists are read.
"""

import datetime
import os
import signal
import subprocess
import sys
import time

import fault_trial  # first: it says where the others are

import authorities
import interruption
import trial
from authorities import Authority, Failed, wait_for
from fault_trial import Broken, promised
from trial import Load

WITHIN = 5  # seconds, until it acts
QUIET = 2  # seconds in which nothing may come any more
BACK_WITHIN = 60
GRACE = 3
DAY = 86400
CA_SETTINGS = """
[ca]
default_ca = lists
[lists]
dir = {folder}
database = {folder}/index
crlnumber = {folder}/number
private_key = {key}
certificate = {certificate}
default_md = sha256
default_crl_days = 1
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
"""


class Lists:
    """The revocation lists of an authority's anchor, by `openssl ca`."""

    def __init__(self, authority, folder):
        self.authority, self.file = authority, folder / f"{authority.code}.crl"
        self.folder = authority.directory / "lists"
        self.folder.mkdir()
        folder.mkdir(exist_ok=True)
        (self.folder / "index").write_text("")
        (self.folder / "number").write_text("01\n")
        (self.folder / "ca.cnf").write_text(CA_SETTINGS.format(
            folder=self.folder, key=authority.directory / "anchor/anchor.key",
            certificate=authority.directory / "keys/anchor.pem"))

    def openssl(self, *words):
        done = subprocess.run(["openssl", "ca", "-config", self.folder / "ca.cnf", *words], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Failed(f"openssl ca {' '.join(map(str, words))}: {done.stderr}")

    def revoke(self, certificate, reason):
        self.openssl("-revoke", certificate, "-crl_reason", reason)

    def publish(self, seconds=DAY):
        """Renamed into its place, as an operator would. Times of X.509 are whole seconds: it has to be newer than the last."""
        time.sleep(1.1)
        new = self.folder / "new.crl"
        self.openssl("-gencrl", "-crlsec", str(seconds), "-out", new)
        os.replace(new, self.file)


class Watchful(Authority):
    """One that asks for revocation lists."""

    asks = True

    def initialise(self, party_status):
        super().initialise(party_status)
        self.lists = Lists(self, self.directory.parent / "revocation")
        self.lists.publish()
        if self.asks:
            with open(self.directory / "daemon.toml", "a", encoding="utf-8") as settings:
                settings.write(f'\n[revocation]\ndirectory = "{self.directory.parent / "revocation"}"\ngrace = "{GRACE}s"\n')

    def peer(self):
        (view,) = self.status()["peers"]
        return view

    def parked(self):
        return self.peer().get("parked", "")

    def is_apart(self, code):
        view = self.peer()
        return view.get("parked") == code and not view.get("connected")

    def restart(self):
        self.stop()
        self.start()

    def next_designation(self, *words):
        """Drafted and signed; returns the bundle."""
        self.must("designation", "next", "--directory", self.directory, *words)
        self.must("designation", "sign", "--directory", self.directory)
        return self.directory / "keys/designation.bundle"

    def switch_keys(self):
        self.must("designation", "switch", "--directory", self.directory)


class Trial:
    def __init__(self, cn, ru, options):
        self.cn, self.ru, self.long = cn, ru, options.long
        self.acknowledged = {cn: set(), ru: set()}
        self.rounds = self.parked = 0

    def other(self, one):
        return self.ru if one is self.cn else self.cn

    def submit(self, sender, count):
        self.rounds += 1
        load = Load(sender, self.other(sender), count, self.rounds, per_frame=16)
        answered, refused, code = load.answers()
        if code != 0 or refused or len(answered) != count:
            raise Failed(f"{sender.name}: {len(answered)} of {count} acknowledged, refused {refused[:3]}")
        self.acknowledged[sender].update(answered.values())

    def becomes_apart(self, one, code, what):
        with promised(f"{what}: it acts within {WITHIN} s"):
            wait_for(lambda: one.is_apart(code), f"{one.name} parks its peer with {code}", WITHIN)

    def apart(self, one, code, what):
        """`one` has parked its peer within five seconds, both ends see the stream end, and then nothing comes any more."""
        self.becomes_apart(one, code, what)
        if not f'event="peer.parked" peer="{self.other(one).name}" code="{code}"' in one.log.read_text():
            raise Broken(f"{what}: the operator is not told")
        held = len(trial.ids(one, "inbox"))
        until = time.monotonic() + QUIET
        while time.monotonic() < until:
            if not one.is_apart(code):
                raise Broken(f"{what}: a stream is open again")
            time.sleep(0.1)
        if len(trial.ids(one, "inbox")) != held:
            raise Broken(f"{what}: something was taken in after")

    def is_parked(self, one, least, code, what):
        """What waits at `one` is shown as parked, and all of it."""
        waiting = [view["deliveries"][0] for view in trial.box(one, "outbox")
                   if view["deliveries"][0]["stage"] in ("queued", "parked")]
        if any(delivery["stage"] != "parked" or delivery["waitingFor"] != code for delivery in waiting):
            raise Broken(f"{what}: not all that waits is parked: {waiting[:2]}")
        if len(waiting) < least:
            raise Failed(f"{what}: this shows little: {len(waiting)} of {least} parked")
        self.parked += len(waiting)

    def back(self, what):
        with promised(f"{what}: what waited goes"):
            for one in (self.cn, self.ru):
                wait_for(lambda a=one: authorities.connected(a, 1), f"{one.name} connected", BACK_WITHIN)
            wait_for(lambda: trial.answered(self.cn, self.ru), "nothing waits any more", BACK_WITHIN)
        self.check(what)
        print(f"ok {what}", flush=True)

    def check(self, what):
        """Each acknowledged message, or one that was sent again in its place, is delivered once; nothing else is there."""
        for sender, receiver in ((self.cn, self.ru), (self.ru, self.cn)):
            views = trial.box(sender, "outbox")
            stages = {view["id"]: view["deliveries"][0]["stage"] for view in views}
            again = {view["id"]: view["reissueOf"] for view in views if view["reissueOf"]}
            received = trial.ids(receiver, "inbox")
            delivered = {id for id, stage in stages.items() if stage == "delivered"}
            if len(received) != len(set(received)) or set(received) != delivered:
                raise Broken(f"{what}: {len(delivered)} delivered, {len(received)} in the inbox of {receiver.name}")
            told = [again.get(id, id) for id in delivered]
            if len(told) != len(set(told)) or set(told) != self.acknowledged[sender]:
                raise Broken(f"{what}: of {len(self.acknowledged[sender])} acknowledged {len(set(told))} arrived, in "
                             f"{len(told)} messages")
            if {id for id, stage in stages.items() if stage == "void"} != set(again.values()) - delivered:
                raise Broken(f"{what}: what was closed is not what was sent again")

    def sealed_anew(self):
        return sum(bool(view["reissueOf"]) for view in trial.box(self.cn, "outbox"))

    # ---- what happens

    def revocation(self):
        """Of the tls certificate of cn-example, at ru-example: by a file alone, while both write. cn-example stands still
        meanwhile, so that something waits for it however fast the machine is, and goes on once it is apart."""
        what = "a certificate is revoked"
        loads = [Load(one, self.other(one), 2000, 1000 + self.rounds, per_frame=4) for one in (self.cn, self.ru)]
        loads[0].await_answers(20)
        os.kill(self.cn.process.pid, signal.SIGSTOP)
        self.submit(self.ru, 20)
        for keys in ("keys", "keys/previous"):  # the one before may hold still, in its overlap
            if (certificate := self.cn.directory / keys / "tls.pem").exists():
                self.cn.lists.revoke(certificate, "superseded")
        self.cn.lists.publish()
        self.becomes_apart(self.ru, "E-CERTIFICATE-ENDED", what)
        os.kill(self.cn.process.pid, signal.SIGCONT)
        self.apart(self.ru, "E-CERTIFICATE-ENDED", what)
        for one, load in zip((self.cn, self.ru), loads):
            answered, _, _ = load.answers()  # once it is parked, the other end may refuse
            self.acknowledged[one].update(answered.values())
        self.submit(self.cn, 20)
        wait_for(lambda: self.cn.peer()["lastError"], "cn-example sees that it is refused", BACK_WITHIN)
        self.is_parked(self.ru, 20, "E-CERTIFICATE-ENDED", what)
        bundle = self.cn.next_designation("--rotate", "tls")
        self.cn.switch_keys()
        self.cn.restart()
        self.ru.must("peer", "add", bundle, context="admin")
        self.back(what)

    def rotation(self):
        """Without anybody being told by hand, under load, and nothing waits longer than a restart."""
        what = "keys are rotated with overlap"
        before = self.ru.peer()["serial"]
        self.cn.next_designation("--rotate", "tls,sign")
        self.cn.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.ru.peer()["serial"] != before, "ru-example knows the next designation", WITHIN)
        self.submit(self.cn, 50)
        self.submit(self.ru, 50)
        self.cn.switch_keys()
        self.cn.restart()
        self.submit(self.cn, 50)
        self.submit(self.ru, 50)
        self.back(what)

    def stale_list(self):
        what = "a revocation list is out of date"
        self.ru.lists.publish(2)
        wait_for(lambda: datetime.datetime.now().timestamp() > self.ru.lists.file.stat().st_mtime + 2 + GRACE, "it is", 10)
        self.apart(self.cn, "E-REVOCATION-STALE", what)
        self.submit(self.cn, 30)
        self.is_parked(self.cn, 30, "E-REVOCATION-STALE", what)
        self.ru.lists.publish()
        self.back(what)

    def withdrawal(self):
        """Of ru-example, at cn-example, whose queue has grown because ru-example does not read; it comes back under new keys."""
        what = "a designation is withdrawn"
        count = 1200 if not self.long else 5000
        os.kill(self.ru.process.pid, signal.SIGSTOP)
        self.submit(self.cn, count)
        bundle = self.ru.next_designation("--withdraw")
        self.cn.must("peer", "add", bundle, context="admin")
        self.apart(self.cn, "E-DESIGNATION-ENDED", what)
        self.is_parked(self.cn, count // 2, "E-DESIGNATION-ENDED", what)
        self.ru.kill()
        self.ru.start()  # it knows, and runs: its people may read
        for one in (self.cn, self.ru):
            answered, refused, _ = Load(one, self.other(one), 1, 999, per_frame=1).answers()
            if answered or not refused:
                raise Broken(f"{what}: {one.name} may write something new")
        self.cn.restart()
        self.apart(self.cn, "E-DESIGNATION-ENDED", f"{what}, over a restart")
        bundle = self.ru.next_designation("--rotate", "tls,sign,evidence")
        self.ru.switch_keys()
        self.ru.restart()
        self.cn.must("peer", "add", bundle, context="admin")
        self.back(what)

    def retired(self):
        """What was sealed for an authority before it is designated under other keys, and never went, does not go like that."""
        what = "a seal key is retired"
        before = self.sealed_anew()
        os.kill(self.ru.process.pid, signal.SIGSTOP)
        self.submit(self.cn, 1200)  # more than the peer's window of missing numbers holds
        self.cn.must("peer", "suspend", "ru-example", "--reason", "key incident, by telephone", context="admin")
        self.apart(self.cn, "E-PEER-SUSPENDED", what)
        self.is_parked(self.cn, 300, "E-PEER-SUSPENDED", what)
        self.ru.kill()
        bundle = self.ru.next_designation("--rotate", "tls,sign,evidence", "--overlap", "0h")
        self.ru.switch_keys()
        self.ru.start()
        self.cn.must("peer", "add", bundle, context="admin")
        self.apart(self.cn, "E-PEER-SUSPENDED", what)
        self.cn.must("peer", "resume", "ru-example", "--reason", "new keys compared", context="admin")
        self.back(what)
        if self.sealed_anew() - before < 100:
            raise Failed(f"{what}: this shows little: {self.sealed_anew() - before} sealed anew")

    def suspension(self):
        """It holds over a restart, says why, and is in the journal."""
        what = "a peer is suspended"
        self.cn.must("peer", "suspend", "ru-example", "--reason", "key incident, by telephone", context="admin")
        self.apart(self.cn, "E-PEER-SUSPENDED", what)
        self.submit(self.ru, 20)
        self.cn.restart()
        self.apart(self.cn, "E-PEER-SUSPENDED", what)
        if "key incident, by telephone" not in self.cn.must("peer", "list", context="admin"):
            raise Broken(f"{what}: nobody is told why")
        self.cn.must("peer", "resume", "ru-example", "--reason", "cleared", context="admin")
        self.back(what)


def play(base, running, options):
    Watchful.asks = not options.unprotected
    run = Trial(*interruption.meet(*(Watchful(base, name, options.build) for name in interruption.NAMES), running), options)
    for _ in range(options.figure(1, 3)):
        for act in (run.revocation, run.rotation, run.stale_list, run.suspension, run.withdrawal, run.retired):
            act()
    anew = run.sealed_anew()
    trial.check_stores(run.cn, run.ru)
    sent = sum(map(len, run.acknowledged.values()))
    print(f"{sent} acknowledged, {run.parked} were parked, {anew} sealed anew; all arrived once, 0 lost", flush=True)
    if run.parked < 1000:
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("withdrawal", play))
