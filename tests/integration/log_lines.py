"""Holds what a daemon wrote against the table of its log events: every line an event of it, with its level and its fields."""

import re
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent.parent / "daemon/service/log_event.def"
ROW = re.compile(r'CHANCERY_LOG_EVENT\(\s*\w+,\s*"([a-z.-]+)",\s*(\w+),\s*"([a-z ]*)"')
LINE = re.compile(r'<([0-9])>event="([a-z.-]+)"((?: [a-z]+="(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*")*)')
PRIORITY = {"error": "3", "warning": "4", "info": "6", "debug": "7"}


def table():
    """id -> (priority, fields)"""
    rows = ROW.findall(TABLE.read_text("utf-8"))
    assert len(rows) == TABLE.read_text("utf-8").count("\nCHANCERY_LOG_EVENT("), "the table is not written as expected"
    return {name: (PRIORITY[level], fields.split()) for name, level, fields in rows}


def strange(text):
    """The lines of `text` that are no event of the table."""
    known = table()
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if not match or not line.isascii() or not line.isprintable():
            yield line
            continue
        priority, name, fields = match.groups()
        if known.get(name) != (priority, re.findall(r' ([a-z]+)="', re.sub(r'\\.', "", fields))):
            yield line


def self_test():
    good = ['<3>event="store.stuck"', '<4>event="peer.malformed" peer="a\\"b\\\\c\\x0a"']
    bad = ["ready", '<4>event="store.stuck"', '<3>event="store.stuck" detail="x"', '<3>event="nothing.of-it"',
           '<4>event="peer.malformed"', '<4>event="peer.malformed" peer="a" b"', '<4>event="peer.malformed" peer="\\e"']
    assert list(strange("\n".join(good + bad))) == bad, list(strange("\n".join(good + bad)))


if __name__ == "__main__":
    self_test()
