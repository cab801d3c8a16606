#!/usr/bin/python3
"""A revocation walks the tree, and what is erased is gone: cn-example wrote to ru-example alone, ru-example passed it on to
kz-example, kz-example to a second authority of its Party.

erasure.py BUILD: the first permission is revoked; both copies below it are locked and the provider hears so. Then kz-example erases by
two persons. Whoever has its database key finds neither the text nor what is sealed in its parts, keys and wraps in the database, its
free pages, its log, the daemon's log or a copy of the directory; evidence of what was erased verifies with openssl alone, and the store
holds its own checks.
"""

import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

import authorities
import consent
import opened_store
import trial
from authorities import Authority, Failed, wait_for
from consent import approved, consents, data, expect, transfers

MARKER = "канарейка-7f3a91c2"  # in the text of the notice, and nowhere else
NOTICE = f"""---
agreement: sco-2009
threats: sco-2009/2/3
directions: sco-2009/3/5, sco-2009/3/16
label: restricted
to: ru-example
exercise: yes
---
## ru
# Учение

{MARKER}
"""
SLICE = 24  # of what was sealed: found whole even where a page ends inside it
KEY_ID, SEQUENCE = 32, 8  # in a wrap
ENC = {0x04: 65, 0x40: 33}  # by its first byte


class SecondOfItsParty(Authority):
    """kz-second, beside kz-example; cn-second, beside cn-example."""

    def __init__(self, base, name, build, port=None, env=None):
        super().__init__(base, name, build, port, env)
        self.code, self.party = name[:2] + "2", name[:2].upper()
        self.directory = Path(base) / self.code
        self.log = self.directory / "daemon.log"


def bring_up(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    second = SecondOfItsParty(base, "kz-second", build)
    running.append(second)
    authorities.settle(second)
    for other in by_code.values():
        authorities.acquaint(second, other)
    for one in (second, *by_code.values()):
        wait_for(lambda a=one: authorities.connected(a, 3), f"{one.name} connected to its peers", 60)
    authorities.agree_crypto_policy(by_code["cn"], [by_code["ru"], by_code["kz"]], [second])
    return [by_code["cn"], by_code["ru"], by_code["kz"], second]


def stage(holder, message):
    return consent.delivery(holder, message)[0]


class Story:
    def __init__(self, cn, ru, kz, second, base):
        self.cn, self.ru, self.kz, self.second, self.base = cn, ru, kz, second, base
        notice = base / "notice.md"
        notice.write_text(NOTICE)
        self.notice = approved(cn, "send", notice)
        self.id = data(cn, "outbox", self.notice)["messages"][0]["id"]
        wait_for(lambda: trial.ids(ru, "inbox"), "ru-example has the notice", 20)
        self.grants = []

    def granted(self, holder, to):
        grant = approved(self.cn, "consent", "grant", "--original", self.notice, "--holder", holder.name, "--to", to.name)
        self.grants.append(grant)
        wait_for(lambda: consents(holder, "consent-grant"), f"the grant at {holder.name}", 30)

    def passed_on(self, holder, to):
        sent = approved(holder, "forward", self.id, "--to", to.name)
        wait_for(lambda: stage(holder, sent) == "delivered", f"{sent} of {holder.name} at {to.name}", 60)
        return sent

    def forward_at(self, holder):
        (forward,) = [view["number"] for view in trial.box(holder, "inbox") if view["kind"] == "forward"]
        return forward


def refuses(authority, code, *words):
    result = authority.run(*words, context="wang")
    if code not in result.err or MARKER in result.out:
        raise Failed(f"{authority.name} {words}: {result.code} {result.err}")


def passes_on_twice(story):
    story.granted(story.ru, story.kz)
    story.passed_on(story.ru, story.kz)
    story.granted(story.kz, story.second)
    story.onward = story.passed_on(story.kz, story.second)
    for holder in (story.kz, story.second):
        if MARKER not in holder.must("show", story.forward_at(holder), context="wang"):
            raise Failed(f"{holder.name} cannot read it")
    wait_for(lambda: [step[:3] for step in transfers(story.cn, story.notice)] ==
             [("ru-example", "kz-example", "held"), ("kz-example", "kz-second", "held")], "both reports", 30)


def locks_down_the_tree(story):
    """The first permission is revoked, the second is not: below it everything locks all the same, also who was away."""
    story.second.stop()
    approved(story.cn, "consent", "revoke", story.grants[0])
    wait_for(lambda: [step[2] for step in transfers(story.cn, story.notice)] == ["locked", "held"], "one has locked", 60)
    view = data(story.cn, "dissemination", story.notice)
    coverage = view["coverage"]
    expect("coverage", (coverage["copies"], coverage["locked"], coverage["unanswered"], coverage["complete"]),
           ("2", "1", "1", False))
    expect("waits for", [step.get("waitingHours") for step in view["transfers"]], [None, "0"])
    story.second.start()
    wait_for(lambda: [step[2] for step in transfers(story.cn, story.notice)] == ["locked", "locked"], "both have locked", 60)
    for holder in (story.kz, story.second):
        refuses(holder, "E-COPY-LOCKED", "show", story.forward_at(holder))
    refuses(story.kz, "E-COPY-LOCKED", "show", story.onward)
    coverage = data(story.cn, "dissemination", story.notice)["coverage"]
    expect("coverage", (coverage["copies"], coverage["locked"], coverage["unanswered"], coverage["complete"]),
           ("2", "2", "0", True))
    if "копий, которые больше нельзя использовать: 2; заблокировано 2" not in story.cn.must(
            "dissemination", story.notice, "--lang", "ru", context="wang"):
        raise Failed("the coverage is not told in Russian")


def slices(value):
    return [value[at:at + SLICE] for at in range(0, len(value) - SLICE + 1, SLICE)] or [value]


def sealed_in(wraps):
    """What is sealed in wraps that stand one after the other. A wrap begins with the name of the key it is for and a public
    key, which wraps of other texts have too."""
    found, at = [], 0
    while at < len(wraps):
        at += KEY_ID + ENC[wraps[at + KEY_ID]] + SEQUENCE
        (size,) = struct.unpack_from(">H", wraps, at)
        found.append(wraps[at + 2:at + 2 + size])
        at += 2 + size
    return found


def sealed_of(kz, key, scratch):
    """What kz-example keeps of the text: sealed parts, keys and wraps of the copy, of the original in it, of its own forward."""
    found = opened_store.rows(
        kz.directory / "state", key, scratch,
        "SELECT b.ciphertexts, b.sealed_key, b.wraps, b.forwarder_wrap FROM body b JOIN message m USING (ordinal) "
        "WHERE m.original IS NOT NULL OR m.direction = 2 "
        "UNION ALL SELECT x'', x'', p.wrap, x'' FROM permit p JOIN message m ON m.id = p.carrier")
    return [value for parts, sealed_key, *wraps in found
            for value in (parts, sealed_key, *(sealed for wrap in wraps for sealed in sealed_in(wrap))) if value]


def count_in(content, secrets):
    return sum(any(piece in content for piece in slices(secret)) for secret in secrets)


def erases(story):
    kz, scratch = story.kz, story.base / "opened.db"
    forward, key = story.forward_at(kz), opened_store.key_of(kz.directory)
    kz.must("export", forward, "--as", "signature", "-O", story.base / "before", context="wang")
    kz.stop()
    secrets = sealed_of(kz, key, scratch)
    before = opened_store.everything(kz.directory / "state", key)
    if MARKER.encode() in before:
        raise Failed("the text stands in the clear behind the database key")
    if len(secrets) < 8 or count_in(before, secrets) != len(secrets):
        raise Failed(f"{len(secrets)} sealed values before, not all found: the search would prove nothing")
    kz.start()
    expect("proposed", kz.must("erase", forward, "--yes", "-o", "id", context="wang").strip(), "proposed")
    expect("erased", kz.must("erase", forward, "--yes", "-o", "id", context="li").strip(), "erased")
    gone(story, kz.directory, key, secrets)
    copy = story.base / "copy-of-kz"
    shutil.copytree(kz.directory, copy, ignore=shutil.ignore_patterns("*.sock"))
    gone(story, copy, key, secrets)
    for name in (forward, story.onward):
        refuses(kz, "E-NO-LONGER-HELD", "show", name)
    refuses(kz, "E-NO-LONGER-HELD", "erase", forward, "--yes")
    wait_for(lambda: [step[2] for step in transfers(story.cn, story.notice)] == ["erased", "locked"],
             "the erasure at cn-example", 30)
    kz.kill()
    gone(story, kz.directory, key, secrets)
    kz.start()


def gone(story, directory, key, secrets):
    """Nothing of it is left: in no page, free or not, of database and log, and its text in no file."""
    found = count_in(opened_store.everything(directory / "state", key), secrets)
    if found:
        raise Failed(f"{directory}: {found} of {len(secrets)} sealed values are still there")
    for file in directory.rglob("*"):
        if file.is_file() and MARKER.encode() in file.read_bytes():
            raise Failed(f"the text is in {file}")


def stays_provable(story):
    """The same signature block as before the erasure, and openssl still says that it is good."""
    forward, after = story.forward_at(story.kz), story.base / "after"
    story.kz.must("export", forward, "--as", "signature", "-O", after, context="wang")
    before = sorted(path.name for path in (story.base / "before").iterdir())
    expect("files", sorted(path.name for path in after.iterdir()), before)
    for name in before:
        if (after / name).read_bytes() != (story.base / "before" / name).read_bytes():
            raise Failed(f"evidence after the erasure: {name} differs")
    done = subprocess.run(["sh", "verify.sh"], cwd=after, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"evidence after the erasure: {done.stdout}{done.stderr}")


def leaves_no_core(story):
    """Cores are allowed, and the daemon is told to leave one; a program beside it shows whether this machine writes any."""
    def allow():
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    kz = story.kz
    kz.stop()
    kz.start(prepare=allow)
    limits = Path(f"/proc/{kz.process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    expect("core limit", line.split()[4:6], ["0", "0"])
    os.kill(kz.process.pid, signal.SIGABRT)
    _, status = os.waitpid(kz.process.pid, 0)
    if os.WCOREDUMP(status):
        raise Failed("the daemon left a core")
    kz.process = None
    control = subprocess.Popen([sys.executable, "-c", "import os; os.abort()"], preexec_fn=allow, cwd=story.base)
    _, status = os.waitpid(control.pid, 0)
    print(f"note: this machine {'writes' if os.WCOREDUMP(status) else 'does not write'} cores", flush=True)
    kz.start()


def act(build, base, running):
    everybody = bring_up(build, base, running)
    story = Story(*everybody, base)
    trial.tell(story, passes_on_twice, locks_down_the_tree, erases, stays_provable, leaves_no_core)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("erasure", lambda base, running: act(BUILD, base, running)))
