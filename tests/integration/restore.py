#!/usr/bin/python3
"""Backup under load, sanctioned restore and rekey of real daemons.

restore.py BUILD: cn-example is backed up while an officer submits, goes on, loses its store, and is restored: the peer hears of
it, sends again what was forgotten, keeps what it has, and nothing is lost, double or in conflict; also where the seal key of
what was forgotten is lost with it. Then the database gets a new key while the command is killed at every moment: the store opens
with the old or the new one.
"""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import authorities
import trial
from authorities import Failed, wait_for


def chanceryd(authority, command, *arguments, wait=60):
    done = subprocess.run([authority.build / "daemon/chanceryd", command, "--config", authority.directory / "daemon.toml",
                           *arguments], capture_output=True, text=True, check=False, timeout=wait)
    return done.returncode, done.stdout + done.stderr


def must(authority, command, *arguments):
    code, said = chanceryd(authority, command, *arguments)
    if code != 0:
        raise Failed(f"chanceryd {command}: exit {code}\n{said}")
    return said


def settled(*all_of_them):
    wait_for(lambda: trial.answered(*all_of_them), "everything answered", 60)


def expect(what, is_so):
    if not is_so:
        raise Failed(what)


def back_up_under_load(cn, ru, to):
    """While it is written, messages are acknowledged; it holds what was acknowledged before."""
    before = set(trial.ids(cn, "outbox"))
    load = trial.Load(cn, ru, 2000, 41)
    time.sleep(0.3)
    must(cn, "backup", "--to", to)
    acknowledged, refused, code = load.answers()
    expect(f"the load was answered: {code} {refused[:3]}", code == 0 and len(acknowledged) == 2000)
    expect("a backup is refused where something is", chanceryd(cn, "backup", "--to", to)[0] != 0)
    expect("it is encrypted", b"SQLite format" not in (to / "chancery.db").read_bytes())
    expect("its files are ours alone", all(path.stat().st_mode & 0o077 == 0 for path in [to, *to.iterdir()]))
    settled(cn, ru)
    return before


def lose_and_restore(cn, ru, backup, before):
    trial.submit(cn, ru, 40)   # what cn-example sends and forgets
    trial.submit(ru, cn, 40)   # what it takes in and forgets
    settled(cn, ru)
    sent, received = set(trial.ids(cn, "outbox")), set(trial.ids(cn, "inbox"))
    cn.kill()
    shutil.rmtree(cn.directory / "state")
    said = must(cn, "restore", "--from", backup)
    expect(f"a new epoch: {said}", "restored chancery/cn-example/2" in said)
    cn.start()
    wait_for(lambda: 'event="peer.restored"' in ru.log.read_text(), "the peer heard of it", 30)
    wait_for(lambda: set(trial.ids(cn, "inbox")) == received, "what was forgotten came again", 90)
    kept = set(trial.ids(cn, "outbox"))
    expect("what was there at the backup is there", before <= kept and kept < sent)
    trial.submit(cn, ru, 20)
    trial.submit(ru, cn, 20)
    wait_for(lambda: trial.answered(cn, ru), "everything answered", 90)
    at_peer = trial.ids(ru, "inbox")
    expect("the peer keeps what was forgotten", sent <= set(at_peer) and len(at_peer) == len(set(at_peer)))
    for one in (cn, ru):
        expect(f"{one.name} keeps no conflict", int((one.status() or {}).get("conflicts", 0)) == 0)


def sanction_in_place(cn, ru):
    """An older copy that is all there is: refused, sanctioned as it stands, and known as such."""
    cn.stop()
    old = cn.directory / "old"
    shutil.copytree(cn.directory / "state", old)
    cn.start()
    trial.submit(cn, ru, 5)
    settled(cn, ru)
    cn.stop()
    shutil.rmtree(cn.directory / "state")
    old.rename(cn.directory / "state")
    code, said = chanceryd(cn, "fsck")
    expect(f"found: {said}", code == 8)
    expect("sanctioned", "restored chancery/cn-example/3" in must(cn, "restore"))
    cn.start()
    trial.submit(cn, ru, 5)
    trial.submit(ru, cn, 5)
    wait_for(lambda: trial.answered(cn, ru), "everything answered", 90)


def lose_a_seal_key(cn, ru, backup):
    """The backup is older than the seal key of what came since: it comes again, sealed anew, and once."""
    must(cn, "backup", "--to", backup)
    before = set(trial.ids(cn, "inbox"))
    cn.must("designation", "next", "--directory", cn.directory)
    cn.must("designation", "sign", "--directory", cn.directory)
    (peer,) = ru.status()["peers"]
    cn.process.send_signal(signal.SIGHUP)
    wait_for(lambda: ru.status()["peers"][0]["serial"] != peer["serial"], "the peer knows the next designation", 20)
    trial.submit(ru, cn, 20)
    settled(cn, ru)
    sent = set(trial.ids(cn, "inbox")) - before
    cn.kill()
    shutil.rmtree(cn.directory / "state")
    must(cn, "restore", "--from", backup)
    cn.start()
    wait_for(lambda: authorities.connected(cn, 1), "connected again", 30)

    def came_again():
        views = [view for view in trial.box(cn, "inbox") if view["id"] not in before]
        return [view.get("reissueOf") or view["id"] for view in views]

    wait_for(lambda: sent <= set(came_again()), "what was forgotten came again", 90)
    settled(cn, ru)
    expect("each of them once", len(came_again()) == len(sent))
    anew = sum(bool(view.get("reissueOf")) for view in trial.box(cn, "inbox"))
    expect(f"this shows little: {anew} of {len(sent)} sealed anew", anew > 0)
    print(f"{anew} of {len(sent)} came again under another seal key")


def rekey_and_kill(cn, chance, rounds):
    cn.stop()
    key = cn.directory / "keys/database.key"
    first = key.read_bytes()
    must(cn, "rekey")
    expect("another key", key.read_bytes() != first)
    took = time.monotonic()
    must(cn, "rekey")
    took = time.monotonic() - took
    old_only = new_only = 0
    for number in range(rounds * 4):
        if number >= rounds and min(old_only, new_only) > 0:
            break
        before = key.read_bytes()
        command = subprocess.Popen([cn.build / "daemon/chanceryd", "rekey", "--config", cn.directory / "daemon.toml"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, took) if number % 2 else chance.uniform(took * 0.8, took * 1.4))
        command.kill()
        command.wait()
        code, said = chanceryd(cn, "fsck")
        expect(f"it opens after a kill: {said}", code == 0)
        expect("one key is left", not key.with_name("database.key.new").exists())
        same = key.read_bytes() == before
        old_only, new_only = old_only + same, new_only + (not same)
    expect("kills before and after the new key took the place of the old", min(old_only, new_only) > 0)
    print(f"rekey killed {old_only + new_only} times: {old_only} with the old key, {new_only} with the new")
    cn.start()


def run(base, running, build):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example"], build, keep=running)
    cn, ru = by_code["cn"], by_code["ru"]
    trial.submit(cn, ru, 30)
    trial.submit(ru, cn, 30)
    settled(cn, ru)
    before = back_up_under_load(cn, ru, base / "backup")
    lose_and_restore(cn, ru, base / "backup", before)
    sanction_in_place(cn, ru)
    lose_a_seal_key(cn, ru, base / "later")
    rekey_and_kill(cn, random.Random(7), 12)
    trial.submit(cn, ru, 5)
    wait_for(lambda: trial.answered(cn, ru), "everything answered", 60)
    trial.check_stores(cn, ru)


def main():
    build = Path(sys.argv[1]).resolve()
    return trial.play("restore", lambda base, running: run(base, running, build))


if __name__ == "__main__":
    sys.exit(main())
