#!/usr/bin/python3
"""G11: an older copy of a store is found at start or at first contact, before anything more is signed.

rolled_back.py BUILD [AGES]: ru-example and cn-example write to each other; after each message the files of cn-example are copied
as they are after SIGKILL, log included. Then each copy is put back, every other one with the checkpoint file, as when a whole
machine goes back. Either the daemon refuses to start, naming both sizes, or the peer shows it what it lacks: then it signs
nothing, for anybody, over a restart too. The newest copy goes on at the end.

Shown to be able to fail by `--blind`, where ru-example is gone while the copy runs and the checkpoint file went back too: nothing
can be found, and the daemon signs.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))
import authorities
from authorities import Failed, wait_for

NOTICE = """---
agreement: sco-2009
threats: sco-2009/2/6
directions: sco-2009/3/16
label: open
to: {to}
exercise: yes
---
## ru
# Проверка

Сообщение {number}.
"""


class Play:
    def __init__(self, base, running, build):
        self.base = Path(base)
        by_code = authorities.bring_up(base, ["cn-example", "ru-example"], build, keep=running)
        self.cn, self.ru = by_code["cn"], by_code["ru"]
        self.newest = None

    def send(self, one, other, number):
        draft = self.base / "notice.md"
        draft.write_text(NOTICE.format(to=other.name, number=number), encoding="utf-8")
        return one.run("send", draft, "--yes", "-o", "id", context="wang")

    def exchange(self, number):
        """One message, answered: from cn-example and to it in turn."""
        one, other = (self.cn, self.ru) if number % 2 else (self.ru, self.cn)
        before = size_of(other)
        sent = self.send(one, other, number)
        if sent.code != 0:
            raise Failed(f"message {number}: {sent.err}")
        wait_for(lambda: size_of(other) > before and idle(self.cn) and idle(self.ru), f"message {number} answered", 30)

    def files(self):
        return [self.cn.directory / "state", self.cn.directory / "checkpoint"]

    def copy(self, age):
        self.cn.kill()
        keep = self.newest = self.base / "copies" / str(age)
        keep.mkdir(parents=True)
        for path in self.files():
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, keep / path.name)
        self.cn.start()

    def put_back(self, age, with_checkpoint):
        self.cn.kill()
        keep = self.base / "copies" / str(age)
        state, checkpoint = self.files()
        shutil.rmtree(state)
        shutil.copytree(keep / "state", state)
        shutil.copy2((keep if with_checkpoint else self.newest) / "checkpoint", checkpoint)

    def start(self):
        """None when it refused to start, else the part of the log that is new."""
        at = self.cn.log.stat().st_size
        try:
            self.cn.start()
        except Failed:
            if self.cn.process.returncode != 8:
                raise
            return at, False
        return at, True

    def log_since(self, at):
        return self.cn.log.read_bytes()[at:].decode(errors="replace")


def size_of(authority):
    return int((authority.status() or {}).get("journalSize", 0))


def idle(authority):
    return int((authority.status() or {"queued": 1}).get("queued", 0)) == 0


def check_refused_start(play, at, age):
    said = play.log_since(at)
    if "rolled back: checkpoint of " not in said or " entries, database of " not in said:
        raise Failed(f"age {age}: refused without both sizes: {said}")


def check_suspended(play, at, age):
    """It signs nothing: neither for its own people nor outside, and says so again after a restart."""
    wait_for(lambda: 'event="store.suspended"' in play.log_since(at), f"age {age}: suspended", 15)
    said = play.log_since(at)
    if "this journal has " not in said and "this store ends at " not in said:
        raise Failed(f"age {age}: suspended without both sizes: {said}")
    held, outside = size_of(play.cn), (play.cn.directory / "checkpoint").read_bytes()
    if outside != (play.base / "copies" / str(age) / "checkpoint").read_bytes():
        raise Failed(f"age {age}: a checkpoint was signed")
    known = set(play.ru.must("inbox", "-o", "id", context="wang").split())
    if play.send(play.cn, play.ru, 0).code == 0:
        raise Failed(f"age {age}: a message was signed")
    time.sleep(0.2)
    if set(play.ru.must("inbox", "-o", "id", context="wang").split()) != known:
        raise Failed(f"age {age}: something went out")
    if play.cn.run("outbox", context="wang").code != 0:
        raise Failed(f"age {age}: reading does not go on")
    if (play.cn.directory / "checkpoint").read_bytes() != outside:
        raise Failed(f"age {age}: a checkpoint was signed, the journal had {held}")
    play.cn.kill()
    play.cn.start()
    if play.send(play.cn, play.ru, 0).code == 0:
        raise Failed(f"age {age}: a message was signed after a restart")


def blind(play, ages):
    """Nobody there who remembers: what the test looks for does happen."""
    play.ru.kill()
    play.put_back(ages // 2, True)
    _, up = play.start()
    if not up or play.send(play.cn, play.ru, 0).code != 0:
        raise Failed("expected it to sign, because nobody could know")
    play.ru.start()
    wait_for(lambda: 'event="store.suspended"' in play.log_since(0), "found when the peer came", 15)


def main():
    arguments = [word for word in sys.argv[1:] if word != "--blind"]
    build, ages = Path(arguments[0]).resolve(), int(arguments[1]) if len(arguments) > 1 else 50
    running = []
    with tempfile.TemporaryDirectory(prefix="chancery-rolled-back-") as base:
        try:
            play = Play(base, running, build)
            for age in range(ages + 1):
                play.copy(age)
                if age < ages:
                    play.exchange(age)
            if "--blind" in sys.argv:
                return blind(play, ages)
            refused = suspended = 0
            for age in range(ages):
                play.put_back(age, age % 2 == 1)
                at, up = play.start()
                if up:
                    check_suspended(play, at, age)
                else:
                    check_refused_start(play, at, age)
                refused, suspended = refused + (not up), suspended + up
            play.put_back(ages, True)
            play.cn.start()
            play.exchange(ages)
            print(f"{ages} ages: {refused} refused at start, {suspended} suspended at first contact, 0 signed; the newest goes on")
            if refused < ages // 3 or suspended < ages // 3:
                raise Failed("too few of one kind for this to mean anything")
        except BaseException:
            for authority in running:
                print(f"--- {authority.name}\n{authority.tail()}")
            raise
        finally:
            for authority in running:
                authority.kill()
    return None


if __name__ == "__main__":
    main()
