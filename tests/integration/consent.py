#!/usr/bin/python3
"""Article 6 between real daemons: cn-example wrote to ru-example alone; ru-example passes it on to kz-example.

consent.py BUILD: with a grant and a permit at each use, without them, past their uses, while the provider cannot be reached, after
a revocation; by the honest daemon and by one whose gate was removed (chanceryd-patched). Whatever was not permitted is stored
nowhere, has its code, and the provider hears of every attempt that reached somebody.
"""

import json
import subprocess
import sys
from pathlib import Path

import authorities
import trial
from authorities import ROOT, Failed, wait_for
from authorities import release as approved

TEXT = "Регистрационные данные управляющих узлов"  # of the notice; in no log


def expect(what, got, expected):
    if got != expected:
        raise Failed(f"{what}: {got}, expected {expected}")


def data(authority, *words, person="wang"):
    return json.loads(authority.must(*words, "-o", "json", context=person))["data"]


def delivery(authority, message):
    (view,) = data(authority, "outbox", message)["messages"]
    (only,) = view["deliveries"]
    return only["stage"], [reason["code"] for reason in only.get("reasons", [])], only.get("waitingFor", "")


def consents(authority, kind):
    """Numbers, newest first."""
    return [view["number"] for view in data(authority, "consent", "list").get("consents", []) if view["kind"] == kind]


def transfers(cn, message):
    return [(step["holder"], step["receiver"], step["state"], step.get("reason", ""))
            for step in data(cn, "dissemination", message).get("transfers", [])]


def notices(authority):
    return [view["number"] for view in trial.box(authority, "inbox") if view["kind"] == "threat-notice"]


class Story:
    def __init__(self, cn, ru, kz):
        self.cn, self.ru, self.kz = cn, ru, kz
        self.notice = approved(cn, "send", ROOT / "config/demo/notice-for-ru.md")
        wait_for(lambda: notices(ru), "ru-example has the notice", 20)
        (self.held,) = notices(ru)

    def granted(self, uses, asked_for="all", granted=None):
        """RU asks, CN grants, all of it or less: the grant's number at CN."""
        before, asked = len(consents(self.ru, "consent-grant")), len(consents(self.cn, "consent-request"))
        self.ru.must("consent", "request", self.held, "--to", "kz-example", "--extent", asked_for, "--yes", "--again",
                     context="wang")
        wait_for(lambda: len(consents(self.cn, "consent-request")) > asked, "the request at cn-example", 30)
        less = ("--extent", granted) if granted else ()
        number = approved(self.cn, "consent", "grant", consents(self.cn, "consent-request")[0], "--uses", str(uses), *less)
        for holder in (self.ru, self.kz):
            wait_for(lambda: len(consents(holder, "consent-grant")) > before, f"the grant at {holder.name}", 30)
        return number

    def forward(self, *words):
        return approved(self.ru, "forward", self.held, "--to", "kz-example", "--again", *words)

    def ends(self, forward, stage, codes):
        wait_for(lambda: delivery(self.ru, forward)[0] == stage, f"{forward} {stage}", 60)
        expect(forward, delivery(self.ru, forward)[:2], (stage, codes))

    def received(self):
        """What kz-example has of the notice."""
        return [view for view in trial.box(self.kz, "inbox") if view["kind"] == "forward"]


def restarted_as(authority, program):
    authority.stop()
    authority.daemon = program
    authority.start()


def refused_without_a_grant(story):
    result = story.ru.run("forward", story.held, "--to", "kz-example", "--yes", context="wang")
    expect("exit", result.code, 5)
    if "E-CONSENT-REQUIRED" not in result.err:
        raise Failed(result.err)


def rests_on_a_policy(story):
    """Before the Parties have agreed how to sign, no electronic permission is given."""
    story.ru.must("consent", "request", story.held, "--to", "kz-example", "--yes", context="wang")
    wait_for(lambda: consents(story.cn, "consent-request"), "the request at cn-example", 30)
    result = story.cn.run("consent", "grant", consents(story.cn, "consent-request")[0], "--yes", context="wang")
    if result.code != 5 or "E-CRYPTO-POLICY" not in result.err:
        raise Failed(f"a grant without a policy: {result.code} {result.err}")
    on_paper = story.cn.must("consent", "grant", consents(story.cn, "consent-request")[0], "--paper", __file__, "--dry-run",
                             context="wang")
    if "on paper" not in on_paper:
        raise Failed(f"a permission on paper: {on_paper}")
    authorities.agree_crypto_policy(story.cn, [story.ru, story.kz])
    result = story.kz.run("policy", "object", authorities.versions(story.kz)[-1]["number"], "--yes", context="wang")
    if result.code != 9 or "E-JOINT-BOUND" not in result.err:
        raise Failed(f"an objection after an acceptance: {result.code} {result.err}")


def goes_under_a_grant(story):
    story.granted(uses=1)
    story.ends(story.forward(), "delivered", [])
    (forward,) = story.received()
    if TEXT not in story.kz.must("show", forward["number"], context="wang"):
        raise Failed("kz-example cannot read it")
    wait_for(lambda: transfers(story.cn, story.notice) == [("ru-example", "kz-example", "held", "")],
             "the report at cn-example", 30)


def ends_with_its_uses(story):
    story.ends(story.forward(), "void", ["E-CONSENT-USED-UP"])
    expect("forwards at kz-example", len(story.received()), 1)


def waits_for_its_provider(story):
    story.granted(uses=9)
    story.cn.stop()
    forward = story.forward()
    wait_for(lambda: delivery(story.ru, forward)[2] == "E-PERMIT-AWAITED", "it waits for a permit", 30)
    story.ru.kill()
    story.ru.start()
    story.cn.start()
    story.ends(forward, "delivered", [])
    expect("forwards at kz-example", len(story.received()), 2)


def stops_when_revoked(story):
    """ru-example is away when its permission ends; what waits at it does not go, whoever it hears first."""
    story.cn.stop()
    waiting = story.forward()
    wait_for(lambda: delivery(story.ru, waiting)[2] == "E-PERMIT-AWAITED", "it waits for a permit", 30)
    story.ru.stop()
    story.cn.start()
    for grant in consents(story.cn, "consent-grant"):
        approved(story.cn, "consent", "revoke", grant)
    wait_for(lambda: len(consents(story.kz, "consent-revocation")) == 2, "the revocations at kz-example", 30)
    wait_for(lambda: {state for _, _, state, _ in transfers(story.cn, story.notice)} == {"locked"},
             "kz-example has locked its copies", 30)
    story.ru.start()
    story.ends(waiting, "void", ["E-CONSENT-REVOKED"])
    for view in story.received():
        result = story.kz.run("show", view["number"], context="wang")
        if result.code != 5 or "E-COPY-LOCKED" not in result.err or TEXT in result.out:
            raise Failed(f"a locked copy: {result.code} {result.err}")
    wait_for(lambda: len(consents(story.ru, "consent-revocation")) == 2, "the revocations at ru-example", 30)
    result = story.ru.run("forward", story.held, "--to", "kz-example", "--yes", "--again", context="wang")
    if result.code != 5 or "E-CONSENT-REVOKED" not in result.err:
        raise Failed(f"after the revocation: {result.code} {result.err}")


def is_disclosed_with_permission(story):
    """The other verb: made public where its provider permits it, by two persons, at the moment he permits it."""
    restarted_as(story.ru, "chanceryd")
    result = story.ru.run("disclose", story.held, "--to", "public:press", "--yes", context="wang")
    if result.code != 5 or "E-CONSENT" not in result.err:
        raise Failed(f"a disclosure nobody permitted: {result.code} {result.err}")
    asked, granted = len(consents(story.cn, "consent-request")), len(consents(story.ru, "consent-grant"))
    story.ru.must("consent", "request", story.held, "--to", "public:press", "--verb", "disclose", "--yes", context="wang")
    wait_for(lambda: len(consents(story.cn, "consent-request")) > asked, "the request at cn-example", 30)
    grant = approved(story.cn, "consent", "grant", consents(story.cn, "consent-request")[0])
    wait_for(lambda: len(consents(story.ru, "consent-grant")) > granted, "the grant at ru-example", 30)
    disclosure = approved(story.ru, "disclose", story.held, "--to", "public:press")
    folder = story.ru.directory / "out"
    folder.mkdir()
    story.ru.must("publish", disclosure, "-O", folder / "text.txt", context="wang")
    if TEXT not in (folder / "text.txt").read_text(encoding="utf-8"):
        raise Failed("nothing was written out")
    wait_for(lambda: ("ru-example", "public:press", "disclosed", "") in transfers(story.cn, story.notice),
             "cn-example sees the disclosure", 30)
    revoked = len(consents(story.ru, "consent-revocation"))
    approved(story.cn, "consent", "revoke", grant)
    wait_for(lambda: len(consents(story.ru, "consent-revocation")) > revoked, "the revocation at ru-example", 30)
    result = story.ru.run("publish", disclosure, context="wang")
    if result.code != 5 or "E-CONSENT-REVOKED" not in result.err or TEXT in result.out:
        raise Failed(f"made public after the revocation: {result.code} {result.err}")


def erases_by_two_persons(story):
    """kz-example erases one locked copy and keeps the other under its law; cn-example sees both, and that nothing can follow."""
    kz = story.kz
    kept, gone = [view["number"] for view in story.received()][:2]
    expect("proposed", kz.must("erase", gone, "--yes", "-o", "id", context="wang").strip(), "proposed")
    alone = kz.run("erase", gone, "--yes", context="wang")
    if alone.code != 6 or "E-APPROVAL-SAME-PERSON" not in alone.err:
        raise Failed(f"one person alone: {alone.code} {alone.err}")
    expect("erased", kz.must("erase", gone, "--yes", "-o", "id", context="li").strip(), "erased")
    shown = kz.run("show", gone, context="wang")
    if shown.code != 5 or "E-NO-LONGER-HELD" not in shown.err:
        raise Failed(f"an erased copy: {shown.code} {shown.err}")
    for person, state in (("wang", "proposed"), ("li", "retained")):
        words = ("erase", kept, "--retain", "archives-act/17", "--yes", "-o", "id")
        expect("kept", kz.must(*words, context=person).strip(), state)
    wait_for(lambda: sorted(state for _, _, state, _ in transfers(story.cn, story.notice)) == ["erased", "retained"],
             "what became of the copies, at cn-example", 30)
    view = data(story.cn, "dissemination", story.notice)
    expect("coverage", view["coverage"], {"copies": "2", "locked": "0", "erased": "1", "retained": "1", "unanswered": "0", "complete": True})
    expect("ground", [step.get("ground", "") for step in view["transfers"] if step["state"] == "retained"],
           ["archives-act/17"])


def extracts(story, original):
    """Of each forward of it at kz-example, newest first: the numbers of the parts that are read there, and of how many."""
    found = []
    for view in story.received():
        if view["sources"][0]["id"] == original:
            body = data(story.kz, "show", view["number"])["body"]["original"]
            expect("parts", len(body.get("parts", [])), len(body["numbers"]))
            found.append((view["number"], body["numbers"], body["total"]))
    return found


def another_notice(story):
    held = notices(story.ru)
    story.notice = approved(story.cn, "send", ROOT / "config/demo/notice-for-ru.md", "--again")
    wait_for(lambda: len(notices(story.ru)) > len(held), "ru-example has another notice", 20)
    (story.held,) = set(notices(story.ru)) - set(held)
    return data(story.ru, "show", story.held)["body"]


def passes_on_parts_alone(story):
    """Part 0 is the Russian text, 1 the Chinese one, 2 the registry number. Asked for 0 and 2, cn-example grants 0 at first."""
    restarted_as(story.ru, "chanceryd")
    body = another_notice(story)
    original = body["message"]["id"]
    expect("numbers", body["numbers"], [0, 1, 2])
    story.granted(uses=9, asked_for="0,2", granted="0")
    result = story.ru.run("forward", story.held, "--to", "kz-example", "--extent", "0,2", "--yes", context="wang")
    if result.code != 5 or "E-CONSENT-SCOPE" not in result.err:
        raise Failed(f"more than granted: {result.code} {result.err}")
    story.ends(story.forward("--extent", "0"), "delivered", [])
    ((first, numbers, total),) = extracts(story, original)
    expect("the extract", (numbers, total), ([0], 3))
    for language, words in (("zh", "未包含的部分：1、2（共 3 部分）"), ("ru", "не переданы части: 1, 2; всего частей: 3"),
                            ("en", "parts 1, 2 of 3")):
        shown = story.kz.must("show", first, "--lang", language, context="wang")
        if words not in shown or TEXT not in shown or "控制节点的注册信息" in shown or body["message"]["theirNumber"] in shown:
            raise Failed(f"the extract in {language}: {shown}")
    story.granted(uses=9, asked_for="0,2")
    story.ends(story.forward("--extent", "0,2"), "delivered", [])
    expect("the extracts", [numbers for _, numbers, _ in extracts(story, original)], [[0, 2], [0]])
    wait_for(lambda: [step[2] for step in transfers(story.cn, story.notice)] == ["held", "held"], "the reports", 30)
    evidence_verifies(story.kz, original)


def evidence_verifies(authority, message):
    """The original provider's signature, by openssl alone, from a holder that never had the whole."""
    folder = authority.directory / "evidence-of-an-extract"
    authority.must("export", message, "--out", folder, context="wang")
    checked = subprocess.run(["sh", folder / "verify.sh"], cwd=folder, capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise Failed(f"the evidence: {checked.stdout} {checked.stderr}")


def patched_holder_adds_parts(story):
    """Permitted are 0 and 2."""
    restarted_as(story.ru, "chanceryd-patched")
    kept, told = len(story.received()), len(transfers(story.cn, story.notice))
    for extent in ("0,1", "1", "all"):
        forward = story.forward("--extent", extent)
        wait_for(lambda: delivery(story.ru, forward)[0] == "refused", "kz-example's signed refusal", 60)
        codes = delivery(story.ru, forward)[1]
        if "E-CONSENT-SCOPE" not in codes or "E-WRAP-FOREIGN" not in codes:
            raise Failed(f"{extent}: {codes}")
        told += 1
        wait_for(lambda: len(transfers(story.cn, story.notice)) == told, "cn-example hears of the attempt", 30)
        expect("the attempt", transfers(story.cn, story.notice)[-1][2:], ("refused", "E-CONSENT-SCOPE"))
    expect("forwards at kz-example", len(story.received()), kept)


def patched_holder_is_refused(story):
    """Its gate is removed: it wraps the key itself, and asks nobody."""
    kept, told = len(story.received()), len(transfers(story.cn, story.notice))
    restarted_as(story.ru, "chanceryd-patched")
    forward = story.forward()
    wait_for(lambda: delivery(story.ru, forward)[0] == "refused", "kz-example's signed refusal", 60)
    stage, codes, _ = delivery(story.ru, forward)
    if "E-CONSENT-REVOKED" not in codes or "E-WRAP-FOREIGN" not in codes:
        raise Failed(f"{forward}: {codes}")
    expect("forwards at kz-example", len(story.received()), kept)
    wait_for(lambda: len(transfers(story.cn, story.notice)) == told + 1, "cn-example hears of the attempt", 30)
    expect("the attempt", transfers(story.cn, story.notice)[-1],
           ("ru-example", "kz-example", "refused", "E-CONSENT-REVOKED"))


def comes_again_under_a_new_grant(story):
    """The honest daemon is back; what was locked or erased stays so, what comes now is read."""
    story.ru.stop()
    story.ru.daemon = "chanceryd"
    story.ru.start()
    before = [view["number"] for view in story.received()]
    story.granted(uses=1)
    story.ends(story.forward(), "delivered", [])
    (new,) = [view["number"] for view in story.received() if view["number"] not in before]
    if TEXT not in story.kz.must("show", new, context="wang"):
        raise Failed("kz-example cannot read what it was given anew")
    for number in before:
        if story.kz.run("show", number, context="wang").code != 5:
            raise Failed(f"{number} is readable again")
    coverage = data(story.cn, "dissemination", story.notice)["coverage"]
    expect("copies under revoked permissions", (coverage["copies"], coverage["unanswered"]), ("2", "0"))


def chanceryd(authority, *words):
    subprocess.run([authority.build / "daemon/chanceryd", *words, "--config", authority.directory / "daemon.toml"], check=True,
                   capture_output=True)


def granted_unasked(story):
    before = len(consents(story.ru, "consent-grant"))
    approved(story.cn, "consent", "grant", "--original", story.notice, "--holder", "ru-example", "--to", "kz-example", "--again")
    wait_for(lambda: len(consents(story.ru, "consent-grant")) > before, "the grant at ru-example", 30)


def is_given_anew_after_a_restore(story):
    """cn-example forgets with its store that it revoked, and nobody who heard of it is there: nothing goes until it permits again."""
    restarted_as(story.ru, "chanceryd")
    another_notice(story)
    granted_unasked(story)
    story.ends(story.forward(), "delivered", [])
    wait_for(lambda: transfers(story.cn, story.notice), "the report at cn-example", 30)
    backup, grant = story.cn.directory / "backup", consents(story.cn, "consent-grant")[0]
    chanceryd(story.cn, "backup", "--to", backup)
    story.ru.stop()
    story.kz.stop()
    approved(story.cn, "consent", "revoke", grant)
    story.cn.stop()
    chanceryd(story.cn, "restore", "--from", backup)
    for authority in (story.cn, story.ru, story.kz):
        authority.start()
    kept = len(story.received())
    story.ends(story.forward(), "void", ["E-CONSENT-RESTORED"])
    expect("forwards at kz-example", len(story.received()), kept)
    granted_unasked(story)
    story.ends(story.forward(), "delivered", [])


def act(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    everybody = [by_code[code] for code in ("cn", "ru", "kz")]
    story = Story(*everybody)
    trial.tell(story, refused_without_a_grant, rests_on_a_policy, goes_under_a_grant, ends_with_its_uses,
               waits_for_its_provider, stops_when_revoked, erases_by_two_persons, patched_holder_is_refused,
               comes_again_under_a_new_grant, passes_on_parts_alone, patched_holder_adds_parts,
               is_disclosed_with_permission, is_given_anew_after_a_restore)
    trial.check_logs([TEXT], *everybody)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("consent", lambda base, running: act(BUILD, base, running)))
