#!/usr/bin/python3
"""Plays a transcript: commands as people type them, what they see, and the exit code.

transcript.py BUILD FILE

    # a comment
    authorities cn-example ru-example
    cn-wang$ send {notices}/notice.md --yes
    DRAFT-1 ...
    ? 6

`cn-wang$ ...` runs `chancery -c cn-wang ...`; `sh$ ...` a shell command; `cn! stop|start|kill|patched|honest|fsck` is done
to an authority's daemon; `wait cn-wang$ ...` repeats a command until its output fits, for at most 20 s. The lines below a
command are its whole output (stdout, then stderr): `...` alone stands for any lines, and inside a line for any text;
`<name>` matches a word and is `{name}` from then on; `{base}` is the folder of this run, where shell commands run. `? CODE` is the exit code, 0 when it is left out.
"""

import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import authorities
from authorities import ROOT, Failed

COMMAND = re.compile(r"^(?P<wait>wait )?(?P<who>[a-z]+-[a-z]+|sh|[a-z]{2})(?P<mark>[$!]) (?P<words>.*)$")


class Step:
    def __init__(self, line, number):
        match = COMMAND.match(line)
        self.wait, self.who, self.mark, self.words = match["wait"], match["who"], match["mark"], match["words"]
        self.number, self.expected, self.code = number, [], 0


def parse(text):
    names, steps = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or (not line.strip() and not (steps and steps[-1].expected)):
            continue
        if line.startswith("authorities "):
            names = line.split()[1:]
        elif COMMAND.match(line):
            steps.append(Step(line, number))
        elif line.startswith("? "):
            steps[-1].code = int(line[2:])
        else:
            steps[-1].expected.append(line)
    for step in steps:
        while step.expected and not step.expected[-1].strip():
            step.expected.pop()
    return names, steps


def pattern_of(lines, known):
    """A regular expression for the whole output."""
    out = ""
    for line in lines:
        if line.strip() == "...":
            out += r"(?:.*\n)*?"
            continue
        for name, value in known.items():
            line = line.replace("{" + name + "}", value)
        pieces = re.split(r"(\.\.\.|<[a-z_]+>)", line)
        for piece in pieces:
            if piece == "...":
                out += r".*"
            elif re.fullmatch(r"<[a-z_]+>", piece):
                out += f"(?P<{piece[1:-1]}>\\S+)"
            else:
                out += r"\s+".join(re.escape(word) for word in re.split(r"\s+", piece))
        out += r"[ ]*\n"
    return out


class Player:
    def __init__(self, build, base, names):
        self.everybody = []
        self.build, self.base = build, Path(base)
        self.by_code = authorities.bring_up(base, names, build, keep=self.everybody)
        self.known = {"notices": str(ROOT / "config/demo"), "base": str(base),
                      "year": time.strftime("%Y", time.gmtime())}

    def words(self, step):
        text = step.words
        for name, value in self.known.items():
            text = text.replace("{" + name + "}", value)
        return text

    def execute(self, step):
        text = self.words(step)
        if step.mark == "!":
            return self.do(self.by_code[step.who], text)
        if step.who == "sh":
            done = subprocess.run(text, shell=True, capture_output=True, text=True, check=False, cwd=self.base,
                                  env={**self.everybody[0].env, "PATH": f"{self.build}/client:/usr/bin:/bin"})
            return authorities.Result(done.returncode, done.stdout, done.stderr)
        code, person = step.who.split("-", 1)
        env = {}
        words = shlex.split(text)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, value = words.pop(0).split("=", 1)
            env[name] = value
        return self.by_code[code].run(*words, context=person, env=env)

    @staticmethod
    def do(authority, what):
        if what == "fsck":
            authority.stop()
            report = authority.fsck()
            authority.start()
            return report
        if what in ("patched", "honest"):
            authority.stop()
            authority.daemon = "chanceryd-patched" if what == "patched" else "chanceryd"
            authority.start()
        else:
            getattr(authority, what)()
        return authorities.Result(0, "", "")

    def check(self, step, result):
        text = result.out + result.err
        if not text.endswith("\n") and text:
            text += "\n"
        match = re.fullmatch(pattern_of(step.expected, self.known), text)
        if result.code == step.code and match:
            self.known.update({name: value for name, value in match.groupdict().items() if value})
            return None
        return f"line {step.number}: {step.words}\nexit {result.code}, expected {step.code}; it printed\n{text}"

    def play(self, step):
        deadline = time.monotonic() + (20 if step.wait else 0)
        while True:
            wrong = self.check(step, self.execute(step))
            if wrong is None or time.monotonic() > deadline:
                return wrong
            time.sleep(0.1)

    def stop(self):
        for authority in self.everybody:
            authority.kill()


def main():
    build, file = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    names, steps = parse(file.read_text(encoding="utf-8"))
    if not steps:
        sys.exit(f"{file}: no commands")
    with tempfile.TemporaryDirectory(prefix="chancery-transcript-") as base:
        player = Player(build, base, names)
        try:
            for step in steps:
                wrong = player.play(step)
                if wrong:
                    print(f"{file.name}: {wrong}")
                    for authority in player.everybody:
                        print(f"---- {authority.name}\n{authority.tail(8)}")
                    return 1
        except Failed as failure:
            print(f"{file.name}: {failure}")
            return 1
        finally:
            player.stop()
    print(f"{file.name}: {len(steps)} steps as written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
