#!/usr/bin/python3
"""Quoted text is noticed between real daemons: cn-example wrote to ru-example alone; an officer of ru-example pastes a part of
it, in another writing, into a message of his own.

quotation.py BUILD: held while the draft does not name its source, also after the daemon was killed; once it names it, the
rules about that source speak; what is said to be independent needs an approver; the gate, and nothing else, stops it.
"""

import json
import sys
from pathlib import Path

import authorities
import trial
from authorities import ROOT, Failed, wait_for
from consent import approved, delivery, expect

# Of config/demo/notice-for-ru.md: capitals, Latin letters among the Cyrillic ones, other spaces and stops.
PASTED = "РЕГИСТРАЦИOННЫЕ, данныe управляющих -- yзлов передaются\ntолько для вашей провeрки"
SHOWN = "Регистрационные данные управляющих узлов передаются только"
DRAFT = """---
agreement: sco-2009
threats: sco-2009/2/3
directions: sco-2009/3/5
label: {label}
to: {to}
---
## ru
# Сообщение
Партнёры пишут: {text} и больше ничего.
{more}
"""


class Story:
    def __init__(self, base, cn, ru, kz):
        self.base, self.cn, self.ru, self.kz = base, cn, ru, kz
        self.drafts = 0
        approved(cn, "send", ROOT / "config/demo/notice-for-ru.md")
        wait_for(lambda: trial.ids(ru, "inbox"), "ru-example has the notice", 20)
        (view,) = trial.box(ru, "inbox")
        self.held, self.short = view["number"], view["id"][12:22]

    def draft(self, to="kz-example", label="open", text=PASTED, more=""):
        self.drafts += 1
        file = self.base / f"draft-{self.drafts}.md"
        file.write_text(DRAFT.format(to=to, label=label, text=text, more=more))
        return file

    def send(self, person="wang", **draft):
        return self.ru.run("send", self.draft(**draft), "--yes", context=person)

    def is_held(self, result):
        if result.code != 5 or "E-QUOTE-UNDECLARED" not in result.err or self.short not in result.err:
            raise Failed(f"not held: {result.code}\n{result.out}{result.err}")


def is_held_and_shown(story):
    result = story.send()
    story.is_held(result)
    for text in ("РЕГИСТРАЦИOННЫЕ, данныe", SHOWN, story.held, "S6.14", "## sources", "## independent"):
        if text not in result.err:
            raise Failed(f"not shown: {text}\n{result.err}")
    for language, word in (("ru", "не назван"), ("zh", "未注明")):
        told = story.ru.run("send", story.draft(), "--yes", context="wang", env={"CHANCERY_LANG": language})
        if word not in told.err:
            raise Failed(f"{language}: {told.err}")


def is_held_after_a_kill(story):
    story.ru.kill()
    story.ru.start()
    story.is_held(story.send())


def goes_when_nothing_is_quoted(story):
    expect("exit", story.send(text="Управляющие узлы нам неизвестны.").code, 0)


def is_judged_by_its_source_once_named(story):
    more = f"## sources\n- {story.short} quotes"
    result = story.send(more=more)
    if result.code != 5 or "E-CONSENT-REQUIRED" not in result.err or "E-QUOTE-UNDECLARED" in result.err:
        raise Failed(f"named: {result.code} {result.err}")
    number = approved(story.ru, "send", story.draft(to="cn-example", more=more))
    wait_for(lambda: delivery(story.ru, number)[0] == "delivered", "cn-example has its own text", 30)


def needs_an_approver_when_independent(story):
    file = story.draft(to="kz-example", more=f"## independent\n- {story.short} из открытого бюллетеня от 3 ноября")
    name = story.ru.must("send", file, "--yes", "-o", "id", context="wang").split()[-1]
    if not name.startswith("DRAFT-"):
        raise Failed(f"released by one person: {name}")
    seen = story.ru.run("approve", name, "--yes", context="li")
    if seen.code != 0 or "из открытого бюллетеня от 3 ноября" not in seen.out + seen.err:
        raise Failed(f"the approver does not see the reason:\n{seen.out}{seen.err}")
    number = json.loads(story.ru.must("drafts", name, "-o", "json", context="wang"))["data"]["drafts"][0]["number"]
    wait_for(lambda: delivery(story.ru, number)[0] == "delivered", "kz-example has it", 30)
    if "из открытого бюллетеня от 3 ноября" not in story.ru.must("show", number, context="wang"):
        raise Failed("the reason is not kept")


def only_the_gate_stops_it(story):
    """The same daemon without its gate really sends. Who does not hold the source cannot know it: not promised."""
    story.ru.stop()
    story.ru.daemon = "chanceryd-patched"
    story.ru.start()
    before = len(trial.ids(story.kz, "inbox"))
    expect("exit", story.send(text=PASTED + " снова").code, 0)
    wait_for(lambda: len(trial.ids(story.kz, "inbox")) == before + 1, "kz-example has it", 30)


def act(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    everybody = [by_code[code] for code in ("cn", "ru", "kz")]
    story = Story(base, *everybody)
    trial.tell(story, is_held_and_shown, is_held_after_a_kill, goes_when_nothing_is_quoted,
               needs_an_approver_when_independent, is_judged_by_its_source_once_named, only_the_gate_stops_it)
    trial.check_logs((SHOWN, PASTED.split(",")[0], "бюллетеня"), *everybody)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("quotation", lambda base, running: act(BUILD, base, running)))
