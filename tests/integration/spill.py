#!/usr/bin/python3
"""Something was sent that may not be exchanged. spill.py BUILD: its originator says so, and everywhere the text is erased at once, also
two steps on, where nobody but the forwarder knows of it; another time a recipient says so, and all lock until persons erase. What was said
before a copy arrived counts for it too. The notice, the receipts and the journal hold no word of the text.
"""

import sys
from pathlib import Path

import consent
import erasure
import opened_store
import trial
from authorities import Failed, wait_for
from consent import approved, data, expect
from erasure import MARKER, NOTICE, gone, refuses, sealed_of


def states(authority, message):
    """What each receiver has signed about a spill."""
    return {step["receiver"]: step["state"] for step in data(authority, "dissemination", message).get("transfers", [])
            if step["state"] in ("locked", "erased")}


def granted_to(authority):
    return {view["original"] for view in data(authority, "consent", "list").get("consents", [])
            if view["kind"] == "consent-grant"}


class Story:
    def __init__(self, cn, ru, kz, second, base):
        self.cn, self.ru, self.kz, self.second, self.base = cn, ru, kz, second, base

    def sent(self, to):
        """A notice of cn-example: its number there, its id, and its number at each recipient."""
        notice = self.base / "notice.md"
        notice.write_text(NOTICE)
        number = approved(self.cn, "send", notice, "--to", ",".join(one.name for one in to), "--again")
        (view,) = data(self.cn, "outbox", number)["messages"]
        for one in to:
            wait_for(lambda a=one: view["id"] in trial.ids(a, "inbox"), f"the notice at {one.name}", 20)
        return number, view["id"]


def is_erased_on_the_word_of_its_originator(story):
    cn, ru, kz, second = story.cn, story.ru, story.kz, story.second
    number, message = story.sent([ru, kz])
    approved(cn, "consent", "grant", "--original", number, "--holder", "ru-example", "--to", "kz-second",
             "--uses", "2")
    wait_for(lambda: consent.consents(ru, "consent-grant"), "the grant at ru-example", 30)
    onward = approved(ru, "forward", message, "--to", "kz-second")
    wait_for(lambda: consent.delivery(ru, onward)[0] == "delivered", "the forward at kz-second", 60)
    (forward,) = [view["number"] for view in trial.box(second, "inbox") if view["kind"] == "forward"]
    key = opened_store.key_of(second.directory)
    second.stop()
    secrets = sealed_of(second, key, story.base / "opened.db")
    second.start()
    draft = ru.must("forward", message, "--to", "kz-second", "--yes", "--again", "-o", "id", context="wang").strip()
    approved(cn, "spill", number)
    wait_for(lambda: states(cn, message) == {"ru-example": "erased", "kz-example": "erased", "kz-second": "erased"},
             "three receipts at cn-example", 60)
    for holder, name in ((ru, message), (kz, message), (second, forward), (ru, onward)):
        refuses(holder, "E-NO-LONGER-HELD", "show", name)
    refuses(cn, "E-COPY-LOCKED", "show", number)
    gone(story, second.directory, key, secrets)
    expect("the draft made of it", data(ru, "drafts", draft)["drafts"][0]["state"], "declined")
    refuses(ru, "E-NO-LONGER-HELD", "forward", message, "--to", "kz-second", "--yes", "--again")
    kept = kz.run("erase", message, "--retain", "archives-act/17", "--yes", context="wang")
    if kept.code == 0:
        raise Failed("a spill was kept under national law")
    expect("proposed", cn.must("erase", number, "--yes", "-o", "id", context="wang").strip(), "proposed")
    expect("erased", cn.must("erase", number, "--yes", "-o", "id", context="li").strip(), "erased")
    refuses(cn, "E-NO-LONGER-HELD", "show", number)


def waits_locked_on_the_word_of_another(story):
    cn, ru, kz = story.cn, story.ru, story.kz
    number, message = story.sent([ru, kz])
    approved(cn, "consent", "grant", "--original", number, "--holder", "ru-example", "--to", "kz-second")
    wait_for(lambda: message in granted_to(ru), "the grant at ru-example", 30)
    onward = approved(ru, "forward", message, "--to", "kz-second")
    wait_for(lambda: consent.delivery(ru, onward)[0] == "delivered", "the forward at kz-second", 60)
    (forward,) = [view["id"] for view in trial.box(story.second, "inbox")
                  if view["kind"] == "forward" and view["sources"][0]["id"] == message]
    approved(kz, "spill", message)
    wait_for(lambda: states(kz, message).get("ru-example") == "locked", "ru-example has locked it", 60)
    for holder, name in ((ru, message), (kz, message), (cn, number)):
        refuses(holder, "E-COPY-LOCKED", "show", name)
    for told in (ru, kz):
        wait_for(lambda a=told: states(a, message).get("kz-second") == "locked", f"{told.name} hears of kz-second", 60)
    refuses(story.second, "E-COPY-LOCKED", "show", forward)
    for person, state in (("wang", "proposed"), ("li", "erased")):
        expect("erased by persons", ru.must("erase", message, "--yes", "-o", "id", context=person).strip(), state)
    wait_for(lambda: states(kz, message).get("ru-example") == "erased", "the erasure at kz-example", 30)


def counts_for_what_comes_later(story):
    """ru-example is away when the notice and then its recall go out."""
    cn, ru = story.cn, story.ru
    ru.stop()
    notice = story.base / "notice.md"
    notice.write_text(NOTICE)
    number = approved(cn, "send", notice, "--to", "ru-example", "--again")
    (view,) = data(cn, "outbox", number)["messages"]
    approved(cn, "spill", number)
    ru.start()
    wait_for(lambda: consent.delivery(cn, number)[0] == "void", "it does not leave any more", 60)
    expect("why", consent.delivery(cn, number)[1], ["E-COPY-LOCKED"])
    if view["id"] in trial.ids(ru, "inbox"):
        raise Failed("a spilled message left after the notice")


def says_nothing(everybody):
    for authority in everybody:
        for file in authority.directory.rglob("*"):
            if file.is_file() and MARKER.encode() in file.read_bytes():
                raise Failed(f"the text is in {file}")


def act(build, base, running):
    everybody = erasure.bring_up(build, base, running)
    story = Story(*everybody, base)
    trial.tell(story, is_erased_on_the_word_of_its_originator, waits_locked_on_the_word_of_another,
               counts_for_what_comes_later)
    says_nothing(everybody)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("spill", lambda base, running: act(BUILD, base, running)))
