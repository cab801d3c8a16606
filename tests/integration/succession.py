#!/usr/bin/python3
"""A successor answers for its predecessor: cn-example wrote to ru-example alone; then its Party's anchor designates cn-second,
which succeeds it and never had a copy.

succession.py BUILD: permission is asked of cn-second; it refuses, then permits; a forward finds that the key is no longer held, a
quotation goes under its permit; reports come to it; it revokes, and the copy is locked. Its predecessor signs no permission any
more. What is no succession is refused where it is made and where it is added.
"""

import re
import sys
from pathlib import Path

import authorities
import trial
from authorities import PARTY_STATUS, ROOT, Authority, Failed, wait_for
from consent import approved, consents, data, delivery, expect

TEXT = "Регистрационные данные управляющих узлов"  # of the notice; in no log
QUOTATION = """---
agreement: sco-2009
threats: sco-2009/2/3
directions: sco-2009/3/5
label: restricted
to: kz-example
---
## ru
# Сообщение
Нам пишут: {text}.
## sources
- {source} quotes
"""


class Successor(Authority):
    """cn-second, under the anchor of cn-example."""

    def __init__(self, base, predecessor, build):
        super().__init__(base, "cn-second", build)
        self.code, self.party, self.predecessor = "cn2", "CN", predecessor
        self.directory = Path(base) / self.code
        self.log = self.directory / "daemon.log"

    def succeed(self, *words, bundle=None, key=None, name=None, directory=None):
        """`designation succeed`, as it is, or as told here."""
        return self.run("designation", "succeed", bundle or self.predecessor.directory / "keys/designation.bundle",
                        "--authority", name or self.name, "--endpoint", f"127.0.0.1:{self.port}",
                        "--anchor-key", key or self.predecessor.directory / "anchor/anchor.key", "--number-prefix", "CNB",
                        "--data", ROOT / "config", "--party-status", PARTY_STATUS, "--directory",
                        directory or self.directory, *words)

    def initialise(self, party_status):
        made = self.succeed()
        if made.code != 0 or "cn-second answers for cn-example from" not in made.out:
            raise Failed(f"designation succeed: {made.code} {made.out}{made.err}")
        self.must("designation", "sign", "--directory", self.directory, "--anchor-key",
                  self.predecessor.directory / "anchor/anchor.key")
        if (self.directory / "anchor").exists():
            raise Failed("a successor has an anchor of its own")


class Story:
    def __init__(self, cn, ru, kz, base, build, running):
        self.cn, self.ru, self.kz, self.base = cn, ru, kz, base
        self.second = Successor(base, cn, build)
        running.append(self.second)
        approved(cn, "send", ROOT / "config/demo/notice-for-ru.md")
        wait_for(lambda: trial.ids(ru, "inbox"), "ru-example has the notice", 20)
        (view,) = trial.box(ru, "inbox")
        self.held, self.original = view["number"], view["id"]

    def asks(self):
        """Whom the officer of ru-example asks, without saying whom: the request at that authority."""
        before = len(consents(self.second, "consent-request"))
        self.ru.must("consent", "request", self.held, "--to", "kz-example", "--uses", "9", "--yes", "--again", context="wang")
        wait_for(lambda: len(consents(self.second, "consent-request")) > before, "the request at cn-second", 30)
        return consents(self.second, "consent-request")[0]


def refused(result, code):
    if result.code == 0 or code not in result.err:
        raise Failed(f"{code} expected: {result.code} {result.out}{result.err}")


def is_made_only_where_it_counts(story):
    """Offline, before anything is written; in three languages."""
    ru, second = story.ru, story.second
    refused(second.succeed(key=ru.directory / "anchor/anchor.key"), "E-ANCHOR-KEY")
    refused(second.succeed(name="cn-example"), "E-SUCCESSION-CIRCULAR")
    refused(second.succeed("--from", "2020-01-01"), "E-SUCCESSION-EARLY")
    refused(second.succeed("--from", "soon"), "E-USAGE-VALUE")
    if second.directory.exists():
        raise Failed("something was written")
    for language, word in (("ru", "раньше первого"), ("zh", "早于")):
        told = second.succeed("--from", "2020-01-01", "--lang", language)
        if word not in told.err:
            raise Failed(f"{language}: {told.err}")


def is_added_and_shown(story):
    second = story.second
    authorities.settle(second)
    shown = second.must("designation", "show", "--directory", second.directory, "--lang", "zh")
    if not re.search(r"cn-second 自 .* 起为 cn-example 负责", shown):
        raise Failed(shown)
    for other in (story.cn, story.ru, story.kz):
        authorities.acquaint(second, other)
    for one in (second, story.cn, story.ru, story.kz):
        wait_for(lambda a=one: authorities.connected(a, 3), f"{one.name} connected to its peers", 60)
    for one in (story.ru, story.kz):
        if not re.search(r"cn-second answers for cn-example from \d", one.must("peer", "list", context="wang")):
            raise Failed(f"{one.name} does not show the succession")
    (view,) = [peer for peer in data(story.ru, "peer", "list")["peers"] if peer["authority"] == "cn-example"]
    expect("successors", [one["authority"] for one in view["successors"]], ["cn-second"])


def is_refused_where_it_is_added(story):
    """A second successor, and one whose predecessor nobody knows there."""
    second, scratch = story.second, story.base / "scratch"
    made = second.succeed(name="cn-third", directory=scratch)
    expect("made", made.code, 0)
    second.must("designation", "sign", "--directory", scratch, "--anchor-key", story.cn.directory / "anchor/anchor.key")
    refused(story.ru.run("peer", "add", scratch / "keys/designation.bundle", context="admin"), "E-SUCCESSION-TAKEN")
    further = story.base / "further"
    bundle = scratch / "keys/designation.bundle"
    expect("made", second.succeed(name="cn-fourth", directory=further, bundle=bundle).code, 0)
    second.must("designation", "sign", "--directory", further, "--anchor-key", story.cn.directory / "anchor/anchor.key")
    refused(story.ru.run("peer", "add", further / "keys/designation.bundle", context="admin"), "E-SUCCESSION-UNKNOWN")


def is_asked_and_refuses(story):
    authorities.agree_crypto_policy(story.second, [story.ru, story.kz])
    request = story.asks()
    story.second.must("consent", "deny", request, "--yes", context="wang")
    wait_for(lambda: consents(story.ru, "consent-refusal"), "the refusal at ru-example", 30)
    (view,) = [one for one in data(story.ru, "consent", "list")["consents"] if one["kind"] == "consent-request"]
    expect("state", view["state"], "refused")
    expect("requests at cn-example", consents(story.cn, "consent-request"), [])


def permits_what_needs_no_key_of_it(story):
    """It has no copy, so nothing can be wrapped; what is made of the notice needs its permit alone."""
    story.request = story.asks()
    story.grant = approved(story.second, "consent", "grant", story.request)
    for holder in (story.ru, story.kz):
        wait_for(lambda a=holder: consents(a, "consent-grant"), f"the grant at {holder.name}", 30)
    forward = approved(story.ru, "forward", story.held, "--to", "kz-example")
    wait_for(lambda: delivery(story.ru, forward)[0] == "void", "the forward is closed", 60)
    expect("why", delivery(story.ru, forward)[1], ["E-NO-LONGER-HELD"])
    draft = story.base / "quotation.md"
    draft.write_text(QUOTATION.format(text=TEXT, source=story.original))
    story.quotation = approved(story.ru, "send", draft)
    wait_for(lambda: delivery(story.ru, story.quotation)[0] == "delivered", "kz-example has the quotation", 60)


def is_told_and_revokes(story):
    def seen():
        steps = data(story.second, "dissemination", story.request).get("transfers", [])
        return [(step["holder"], step["receiver"], step["state"]) for step in steps]

    wait_for(lambda: seen() == [("ru-example", "kz-example", "held")], "the report at cn-second", 30)
    approved(story.second, "consent", "revoke", story.grant)
    wait_for(lambda: seen() == [("ru-example", "kz-example", "locked")], "kz-example has locked its copy", 60)
    (held,) = [view["number"] for view in trial.box(story.kz, "inbox") if view["kind"] == "threat-notice"]
    refused(story.kz.run("show", held, context="wang"), "E-COPY-LOCKED")
    draft = story.base / "again.md"
    draft.write_text(QUOTATION.format(text=TEXT + " снова", source=story.original))
    refused(story.ru.run("send", draft, "--yes", context="wang"), "E-CONSENT-REVOKED")


def leaves_nothing_to_its_predecessor(story):
    (notice,) = [view["number"] for view in trial.box(story.cn, "outbox") if view["kind"] == "threat-notice"]
    for language, word in (("en", "cn-second"), ("ru", "другой орган: cn-second"), ("zh", "另一机关负责：cn-second")):
        result = story.cn.run("consent", "grant", "--original", notice, "--holder", "ru-example", "--to", "kz-example",
                              "--yes", "--again", "--lang", language, context="wang")
        refused(result, "E-SUCCEEDED")
        if word not in result.err:
            raise Failed(f"{language}: {result.err}")


def act(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    story = Story(by_code["cn"], by_code["ru"], by_code["kz"], base, build, running)
    trial.tell(story, is_made_only_where_it_counts, is_added_and_shown, is_refused_where_it_is_added, is_asked_and_refuses,
               permits_what_needs_no_key_of_it, is_told_and_revokes, leaves_nothing_to_its_predecessor)
    everybody = [*by_code.values(), story.second]
    trial.check_logs([TEXT], *everybody)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("succession", lambda base, running: act(BUILD, base, running)))
