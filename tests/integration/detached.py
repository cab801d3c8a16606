#!/usr/bin/python3
"""A detached permission between real daemons: cn-example wrote to ru-example alone and lets it pass that on without being asked.

detached.py BUILD: forwards go while the provider's daemon is killed; it sees them afterwards; uses are counted by the holder; parts
alone; what a revocation stops, and what it reaches with lag alone.
"""

import datetime
import sys
from pathlib import Path

import authorities
import consent
import trial
from authorities import ROOT, Failed, wait_for
from authorities import release as approved
from consent import TEXT, consents, data, delivery, expect, notices, transfers


def in_days(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


def told(result, code):
    if result.code != 5 or code not in result.err:
        raise Failed(f"expected {code}: {result.code} {result.err}")


class Story(consent.Story):
    def granted_detached(self, *words):
        """Without a request: the grant's number at CN."""
        before = len(consents(self.kz, "consent-grant"))
        number = approved(self.cn, "consent", "grant", "--original", self.notice, "--holder", "ru-example", "--to", "kz-example",
                          "--mode", "detached", "--until", in_days(5), "--again", *words)
        for one in (self.ru, self.kz):
            wait_for(lambda: len(consents(one, "consent-grant")) > before, f"the grant at {one.name}", 30)
        return number

    def read_at_kz(self, count):
        expect("forwards at kz-example", len(self.received()), count)
        if TEXT not in self.kz.must("show", self.received()[0]["number"], context="wang"):
            raise Failed("kz-example cannot read it")


def is_given_where_the_provider_says_so_alone(story):
    """Asked for, it is given only where the officer of cn-example types it, no longer than kz-example's key lives."""
    cn, ru = story.cn, story.ru
    authorities.agree_crypto_policy(cn, [ru, story.kz])
    ru.must("consent", "request", story.held, "--to", "kz-example", "--mode", "detached", "--yes", context="wang")
    wait_for(lambda: consents(cn, "consent-request"), "the request at cn-example", 30)
    (request,) = consents(cn, "consent-request")
    online = cn.must("consent", "grant", request, "--dry-run", context="wang")
    if "gives a permit of its own" not in online or "without asking" in online:
        raise Failed(f"granted as asked for, unasked: {online}")
    too_long = cn.run("consent", "grant", request, "--mode", "detached", "--until", in_days(40), "--yes", context="wang")
    told(too_long, "E-CONSENT-KEY-END")
    story.grant = approved(cn, "consent", "grant", request, "--mode", "detached", "--until", in_days(5), "--uses", "2")
    for one in (ru, story.kz):
        wait_for(lambda: consents(one, "consent-grant"), f"the grant at {one.name}", 30)


def is_read_by_who_signs_in_both_languages(story):
    grant = ("consent", "grant", "--original", story.notice, "--holder", "ru-example", "--to", "kz-example", "--mode", "detached",
             "--until", in_days(5), "--yes", "-o", "id")
    draft = story.cn.must(*grant, context="wang").split()[-1]
    result = story.cn.run("approve", draft, "--dry-run", context="li")
    shown = result.out + result.err
    for words in ("撤销只能迟延到达", "отзыв доходит до него только с задержкой", "a revocation reaches it only with lag"):
        if words not in shown:
            raise Failed(f"not shown before it is signed: {words}\n{shown}")
    story.cn.must("approve", draft, "--decline", "--yes", context="li")


def goes_while_its_provider_is_away(story):
    story.cn.kill()
    story.ends(story.forward(), "delivered", [])
    story.read_at_kz(1)
    story.cn.start()
    wait_for(lambda: transfers(story.cn, story.notice) == [("ru-example", "kz-example", "held", "")],
             "the report at cn-example", 30)
    (step,) = data(story.cn, "dissemination", story.notice)["transfers"]
    grant = data(story.cn, "consent", "show", story.grant)
    expect("the end of the lag", step["detachedUntil"], grant["until"])
    expect("used", (grant["used"], grant["mode"]), ("1", "detached"))
    if "used without asking" not in story.cn.must("dissemination", story.notice, context="wang"):
        raise Failed("the tree does not tell")


def ends_with_the_uses_its_holder_counts(story):
    story.ends(story.forward(), "delivered", [])
    story.ends(story.forward(), "void", ["E-CONSENT-USED-UP"])
    story.read_at_kz(2)
    (grant,) = data(story.ru, "consent", "list", consents(story.ru, "consent-grant")[0])["consents"]
    expect("at its holder", (grant["used"], grant["state"]), ("2", "used-up"))


def patched_holder_is_refused(story):
    """Its gate is removed: it wraps the key itself, and the grant does not help."""
    consent.restarted_as(story.ru, "chanceryd-patched")
    story.granted_detached()
    forward = story.forward()
    wait_for(lambda: delivery(story.ru, forward)[0] == "refused", "kz-example's signed refusal", 60)
    expect("the patched holder", delivery(story.ru, forward)[1], ["E-WRAP-FOREIGN"])
    story.read_at_kz(2)
    wait_for(lambda: ("ru-example", "kz-example", "refused", "E-WRAP-FOREIGN") in transfers(story.cn, story.notice),
             "cn-example hears of the attempt", 30)
    consent.restarted_as(story.ru, "chanceryd")


def is_stopped_at_the_holder_when_revoked(story):
    for grant in consents(story.cn, "consent-grant"):
        approved(story.cn, "consent", "revoke", grant)
    wait_for(lambda: len(consents(story.ru, "consent-revocation")) == 2, "the revocations at ru-example", 30)
    told(story.ru.run("forward", story.held, "--to", "kz-example", "--yes", "--again", context="wang"), "E-CONSENT-REVOKED")
    wait_for(lambda: sorted(step[2] for step in transfers(story.cn, story.notice)) == ["locked", "locked", "refused"],
             "kz-example has locked its copies", 30)
    for view in story.received():
        told(story.kz.run("show", view["number"], context="wang"), "E-COPY-LOCKED")
    wait_for(lambda: data(story.cn, "dissemination", story.notice)["coverage"]["complete"], "the revocation is complete", 30)


def carries_the_keys_of_parts_alone(story):
    consent.another_notice(story)
    story.first = len(story.received())
    story.granted_detached("--extent", "0", "--uses", "9")
    story.cn.kill()
    for extent in ("all", "1"):
        told(story.ru.run("forward", story.held, "--to", "kz-example", "--extent", extent, "--yes", context="wang"),
             "E-CONSENT-SCOPE")
    story.ends(story.forward("--extent", "0"), "delivered", [])
    expect("parts", data(story.kz, "show", story.received()[0]["number"])["body"]["original"]["numbers"], [0])
    story.cn.start()


def is_revoked_with_lag(story):
    """The revocation is signed while nobody can hear it; what goes before it arrives is taken in, and locked when it arrives."""
    cn, ru, kz = story.cn, story.ru, story.kz
    wait_for(lambda: transfers(cn, story.notice) == [("ru-example", "kz-example", "held", "")], "the report", 30)
    for one in (ru, kz):
        one.stop()
    approved(cn, "consent", "revoke", consents(cn, "consent-grant")[0])
    expect("complete", data(cn, "dissemination", story.notice)["coverage"]["complete"], False)
    cn.kill()
    for one in (ru, kz):
        one.start()
    story.ends(story.forward("--extent", "0"), "delivered", [])
    expect("forwards at kz-example", len(story.received()), story.first + 2)
    cn.start()
    wait_for(lambda: [step[2] for step in transfers(cn, story.notice)] == ["locked", "locked"], "both copies are locked", 60)
    wait_for(lambda: data(cn, "dissemination", story.notice)["coverage"]["complete"], "the revocation is complete", 30)
    for view in story.received():
        told(kz.run("show", view["number"], context="wang"), "E-COPY-LOCKED")


def act(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    everybody = [by_code[code] for code in ("cn", "ru", "kz")]
    trial.tell(Story(*everybody), is_given_where_the_provider_says_so_alone, is_read_by_who_signs_in_both_languages,
               goes_while_its_provider_is_away, ends_with_the_uses_its_holder_counts, patched_holder_is_refused,
               is_stopped_at_the_holder_when_revoked, carries_the_keys_of_parts_alone, is_revoked_with_lag)
    trial.check_logs([TEXT], *everybody)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("detached", lambda base, running: act(BUILD, base, running)))
