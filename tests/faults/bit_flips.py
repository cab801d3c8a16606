#!/usr/bin/python3
"""G12: one bit of an authority's files is flipped while its daemon is down. What is then answered is right or an error, or the daemon
refuses to start and changes no file; once the bit is as it was, everything is answered as before.

bit_flips.py BUILD [--long] [--unprotected] [SEED]: the files are those of a daemon that was killed: database, log, attachments, index
of quotations, checkpoint file, keys, settings, agreement data, each kind as often. Unprotected, the daemon looks at no tag of
AES-GCM and no MAC of a page, and what these protect is flipped.
"""

import os
import shutil
import sys
import time
from collections import Counter

import fault_trial  # first: it says where the others are

import interruption
import trial
from authorities import ROOT, Authority, Failed, wait_for
from fault_trial import Broken, promised

PAGE = 8192  # of the database
STARTS_WITHIN = 60  # seconds
GUARDED = ("attachments", "database")  # by tags and MACs
LEAST = {"refused": 1 / 10, "noticed": 1 / 12, "right": 1 / 4}  # of all flips, so that it shows something
REFUSALS = {1, 3, 8}  # exits of a daemon that does not start, see daemon/README.md
NOT_OURS = {"people", "admin", "anchor", "daemon.log"}  # of the people, of the anchor, of the test
QUOTED = "Регистрационные данные управляющих узлов передаются только для вашей проверки и никому больше."
NOTICE = trial.HEAD + """\
## ru
# Учение {title}

{text}
"""


class Flipped(Authority):
    """Its agreement data are a copy of its own."""

    preload = None

    def initialise(self, party_status):
        super().initialise(party_status)
        shutil.copytree(ROOT / "config", self.directory / "data")
        shutil.copy(party_status, self.directory / "party_status.toml")
        settings = self.directory / "daemon.toml"
        text = settings.read_text(encoding="utf-8")
        text = text.replace(str(party_status), str(self.directory / "party_status.toml"))
        settings.write_text(text.replace(str(ROOT / "config"), str(self.directory / "data")), encoding="utf-8")

    def launch(self, preload=None, prepare=None):
        super().launch(preload or self.preload, prepare)

    def files(self):
        """Path within the directory and content of each file of the daemon."""
        paths = [path for path in sorted(self.directory.rglob("*")) if path.is_file()]
        contents = {path.relative_to(self.directory): path.read_bytes() for path in paths}
        return {path: content for path, content in contents.items() if path.parts[0] not in NOT_OURS}


def kind_of(path):
    """What a file is; None for what holds nothing."""
    if path.parts[0] == "state":
        kinds = {"chancery.db": "database", "chancery.db-wal": "log", "attachments": "attachments", "quotes": "quotations"}
        return kinds.get(path.parts[1])
    if path.parts[0] == "data":
        return "agreements" if path.parts[1] in ("agreements", "labels") else None
    return {"keys": "keys", "checkpoint": "checkpoint"}.get(path.parts[0], "settings")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


class Story:
    """cn-example, whose files are flipped, and ru-example, with which it wrote before."""

    def __init__(self, base, running, options):
        self.base = base
        self.cn, self.ru = Flipped(base, "cn-example", options.build), Authority(base, "ru-example", options.build)
        if options.unprotected:
            self.cn.preload = options.faulty("unchecked")
        interruption.meet(self.cn, self.ru, running)
        self.write()
        self.quoting = self.draft(self.ru, "пять", "open", QUOTED)
        inbox, outbox = trial.ids(self.cn, "inbox"), trial.ids(self.cn, "outbox")
        self.messages, self.with_files = inbox + outbox, [inbox[0], outbox[-1]]
        self.answers()  # what is read for the first time is marked so
        self.right = self.answers()
        self.check_right()
        for authority in (self.ru, self.cn):
            authority.kill()
        self.kept = base / "kept"
        shutil.copytree(self.cn.directory, self.kept, ignore=shutil.ignore_patterns("*.sock"))
        self.before = self.cn.files()

    def write(self):
        """Both ways, with files, acknowledged; the last of it stands only in the log."""
        small = self.base / "образец.bin"
        small.write_bytes(os.urandom(300_000))
        self.send(self.cn, self.ru, "один", "open", "Первое.", "--attach", small)
        self.send(self.ru, self.cn, "два", "restricted", QUOTED)
        self.cn.must("ack", trial.ids(self.cn, "inbox")[0], context="wang")
        self.cn.stop()
        self.cn.start()
        self.send(self.cn, self.ru, "три", "restricted", "Третье.")
        self.send(self.ru, self.cn, "четыре", "open", "Четвёртое.", "--attach", small)

    def draft(self, to, title, label, text):
        file = self.base / f"{title}.md"
        file.write_text(NOTICE.format(title=title, to=to.name, label=label, text=text), encoding="utf-8")
        return file

    def send(self, one, other, title, label, text, *words):
        before = len(trial.ids(other, "inbox"))
        draft = one.must("send", self.draft(other, title, label, text), *words, "--yes", "-o", "id", context="wang").strip()
        if label != "open":
            one.must("approve", draft, "--yes", context="li")
        wait_for(lambda: len(trial.ids(other, "inbox")) > before and trial.answered(one), f"{title} arrived", 30)

    def answers(self):
        """All that an officer asks, by name: exit code, what was said, the files that were written."""
        out = self.base / "answers"
        shutil.rmtree(out, ignore_errors=True)
        asked = {box: (box, "-o", "json") for box in ("inbox", "outbox")}
        asked["quoting"] = ("send", self.quoting, "--dry-run")
        for message in self.messages:
            asked[f"show {message}"] = ("show", message, "-o", "json")
        for message in self.with_files:
            asked[f"evidence {message}"] = ("export", message, "--as", "signature", "-O", out / "evidence" / message)
            asked[f"attachments {message}"] = ("attachment", "save", message, "-O", out / "attachments" / message)
        answers = {}
        for name, words in asked.items():
            result = self.cn.run(*words, context="wang")
            said = result.out.replace(str(out), "")
            if "-o" in words:
                said = said[said.find('"data"'):]  # without the time it was said
            answers[name] = (result.code, said, contents(words[-1]) if "-O" in words else {}, result.err)
        return answers

    def check_right(self):
        for name, (code, said, files, err) in self.right.items():
            if code != (5 if name == "quoting" else 0) or name.startswith("attachments") and not files:
                raise Failed(f"{name}: exit {code} {said}{err}")
        if "E-QUOTE-UNDECLARED" not in self.right["quoting"][3]:
            raise Failed(f"quoting what is held: {self.right['quoting']}")
        if self.answers() != self.right:
            raise Failed("asked again it answers otherwise")

    # ---- one flip

    def flip(self, path, bit):
        """What came of it: "refused", "noticed" where an answer is an error, or "right"."""
        self.where = f"bit {bit} of {path}"
        shutil.rmtree(self.cn.directory)
        shutil.copytree(self.kept, self.cn.directory)
        turn(self.cn.directory / path, bit)
        flipped = self.cn.files()
        at = self.cn.log.stat().st_size
        outcome = "refused"
        if not self.starts(at):
            self.check_refusal(at)
        else:
            outcome = "noticed" if self.wrong_answers(self.answers()) else "right"
            self.stop()
        self.check_others(flipped, path)
        self.put_back(path, bit, flipped)
        report = self.cn.fsck()
        if report.code != 0:
            raise Broken(f"{self.where}, put back: {report.out}{report.err}")
        return outcome

    def starts(self, at):
        self.cn.launch()
        deadline = time.monotonic() + STARTS_WITHIN
        while self.cn.process.poll() is None:
            if b'event="daemon.ready"' in self.cn.log.read_bytes()[at:]:
                return True
            if time.monotonic() > deadline:
                raise Failed(f"{self.where}: neither serves nor ends\n{self.cn.tail()}")
            time.sleep(0.02)
        return False

    def check_refusal(self, at):
        """By an exit of its own, with its reason."""
        said = self.cn.log.read_bytes()[at:]
        if self.cn.process.returncode not in REFUSALS or b"event=" not in said:
            raise Broken(f"{self.where}: ended with {self.cn.process.returncode}: {said.decode(errors='replace')}")

    def wrong_answers(self, answers):
        """Those that are errors; none is given as right that is not."""
        wrong = [name for name, answer in answers.items() if answer != self.right[name]]
        for name in wrong:
            code, said, files, err = answers[name]
            if code == 0 or code < 0 or not err or any(files[file] != self.right[name][2].get(file) for file in files):
                raise Broken(f"{self.where}: {name}: exit {code} {said}{err}, files {sorted(files)}")
        return wrong

    def stop(self):
        daemon = self.cn.process
        with promised(self.where):
            self.cn.stop(30)
        if daemon.returncode not in (0, 70):
            raise Broken(f"{self.where}: stopped with {daemon.returncode}\n{self.cn.tail()}")

    def check_others(self, flipped, path):
        """What the daemon never changes is as it was."""
        after = self.cn.files()
        for other, content in flipped.items():
            if kind_of(other) in ("attachments", "keys", "settings", "agreements") and after.get(other) != content:
                raise Broken(f"{self.where}: {other} is another")

    def put_back(self, path, bit, flipped):
        """Unless what it stands in was written anew since, or taken away."""
        file, page = self.cn.directory / path, bit // 8 // PAGE * PAGE
        unit = slice(page, page + PAGE) if kind_of(path) == "database" else slice(None)
        if file.exists() and file.read_bytes()[unit] == flipped[path][unit]:
            turn(file, bit)


def turn(file, bit):
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def play(base, running, options):
    story = Story(base, running, options)
    files = {}
    for path, content in story.before.items():
        if kind_of(path) and content:
            files.setdefault(kind_of(path), []).append(path)
    kinds = sorted(GUARDED if options.unprotected else files)
    came = Counter()
    for number in range(options.figure(32, 1000, 200)):
        kind = kinds[number % len(kinds)]
        path = options.chance.choices(files[kind], [len(story.before[path]) for path in files[kind]])[0]
        outcome = story.flip(path, options.chance.randrange(8 * len(story.before[path])))
        came[kind, outcome] += 1
    for kind in kinds:
        print(f"{kind:14} " + "  ".join(f"{came[kind, outcome]:3} {outcome}" for outcome in LEAST), flush=True)
    total = Counter(outcome for _, outcome in came.elements())
    print(f"{total.total()} bits flipped: {total['refused']} times it did not start, {total['noticed']} times some answer was an "
          "error, 0 answers altered, nothing else lost", flush=True)
    if any(total[outcome] < share * total.total() for outcome, share in LEAST.items()):
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("flips", play))


