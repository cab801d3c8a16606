#!/usr/bin/python3
"""Authorities of two suites correspond: cn-example and kz-example have p256 keys, ru-example has ed25519 keys.

two_suites.py BUILD: what ru-example writes, and what is written to it, waits for a crypto policy that allows its suite; the policy itself
is agreed in it, and a message that arrives before the last acceptance does is deferred. Then messages with attachments go both ways, a permission of either suite opens an original that is sealed anew for the
other, and the evidence of both verifies with openssl alone.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import authorities
import trial
from authorities import Failed, wait_for
from authorities import release as approved
from consent import consents, data, delivery, expect

NOTICE = """---
agreement: sco-2009
threats: sco-2009/2/3
directions: sco-2009/3/5, sco-2009/3/16
label: restricted
to: {to}
exercise: yes
---
## ru
# Учение

{text}
"""


class Story:
    def __init__(self, cn, ru, kz, base):
        self.cn, self.ru, self.kz, self.base = cn, ru, kz, base
        self.file = base / "none yet"

    def draft(self, sender, recipient):
        file = self.base / f"{sender.code}-{recipient.code}.md"
        file.write_text(NOTICE.format(to=recipient.name, text=text_of(sender, recipient)))
        return file

    def sent(self, sender, recipient):
        """Numbers at both ends."""
        known = trial.ids(recipient, "inbox")
        # Two of one name would be noticed as a quotation.
        self.file = self.base / f"{os.urandom(16).hex()}.pcap"
        self.file.write_bytes(os.urandom(700_000))
        number = approved(sender, "send", self.draft(sender, recipient), "--attach", self.file, "--again")
        wait_for(lambda: delivery(sender, number)[0] == "delivered", f"{number} of {sender.name} at {recipient.name}", 60)
        (new,) = [view for view in trial.box(recipient, "inbox") if view["id"] not in known and view["kind"] == "threat-notice"]
        return number, new["number"]


def text_of(sender, recipient):
    return f"Письмо от {sender.name} для {recipient.name}"


def designated(authority):
    """The suites of its keys, by role."""
    shown = authority.must("designation", "show", authority.directory / "keys/designation.bundle")
    return dict(re.findall(r"^(anchor|tls|sign|evidence|log|witness)\s+(p256|ed25519)\b", shown, re.MULTILINE))


def have_keys_of_their_suite(story):
    for authority, suite in ((story.cn, "p256"), (story.ru, "ed25519")):
        suites = {"anchor": suite, "tls": suite, "sign": suite, "evidence": suite, "log": "ed25519", "witness": "ed25519"}
        expect(f"keys of {authority.name}", designated(authority), suites)
    kinds = {code: subprocess.run(["openssl", "x509", "-in", authority.directory / "keys/tls.pem", "-noout", "-text"],
                                  capture_output=True, text=True, check=True).stdout for code, authority in
             (("cn", story.cn), ("ru", story.ru))}
    if "ED25519" not in kinds["ru"] or "prime256v1" not in kinds["cn"]:
        raise Failed(f"keys of TLS: {kinds}")


def waits_for_a_policy(story):
    """Neither signs in ed25519 nor seals to it what no policy allows."""
    for sender, recipient in ((story.ru, story.cn), (story.cn, story.ru)):
        result = sender.run("send", story.draft(sender, recipient), "--yes", context="wang")
        if result.code != 5 or "E-SUITE-NOT-ALLOWED" not in result.err:
            raise Failed(f"{sender.name} without a policy: {result.code} {result.err}")


def agree_on_it_in_it(story):
    """ru-example proposes, so that what allows its suite is signed in it. Its first message is at kz-example before the acceptance of
    cn-example is, and waits there."""
    approved(story.ru, "policy", "propose", "sco-2009", "--suites", "ed25519,p256")
    accept_policy(story.kz, story.ru, story.cn)
    story.kz.stop()
    accept_policy(story.cn, story.ru)
    wait_for(lambda: in_force(story.ru), "the policy in force at ru-example", 30)
    story.cn.stop()
    number = approved(story.ru, "send", story.draft(story.ru, story.kz))
    story.kz.start()
    wait_for(lambda: delivery(story.ru, number)[2] == "E-SUITE-NOT-ALLOWED", f"{number} deferred", 60)
    expect("the policy at kz-example", in_force(story.kz), False)
    story.cn.start()
    wait_for(lambda: delivery(story.ru, number)[0] == "delivered", f"{number} delivered", 60)
    wait_for(lambda: in_force(story.cn), "the policy in force at cn-example", 30)


def in_force(authority):
    return [version["state"] for version in authorities.versions(authority)] == ["in-force"]


def accept_policy(authority, *who_hear):
    """By two persons; returns when the others have it."""
    wait_for(lambda: authorities.versions(authority), f"the proposal at {authority.name}", 30)
    number = approved(authority, "policy", "accept", authorities.versions(authority)[-1]["number"])
    names = {other.name for other in who_hear}
    wait_for(lambda: names <= {view["recipient"] for view in data(authority, "outbox", number)["messages"][0]["deliveries"]
                               if view["stage"] == "delivered"}, f"{number} at {names}", 30)


def write_to_each_other(story):
    for sender, recipient in ((story.ru, story.cn), (story.cn, story.ru)):
        number, received = story.sent(sender, recipient)
        if text_of(sender, recipient) not in recipient.must("show", received, context="wang"):
            raise Failed(f"{recipient.name} cannot read {received}")
        folder = recipient.directory / "saved"
        folder.mkdir()
        recipient.must("attachment", "save", received, "-O", folder, context="wang")
        (saved,) = folder.iterdir()
        expect("the attachment", saved.read_bytes() == story.file.read_bytes(), True)
        recipient.must("ack", received, context="wang")
        wait_for(lambda a=sender, n=number: delivery(a, n)[0] == "acknowledged", f"{number} acknowledged", 30)


def pass_on(story, provider, holder, receiver):
    """A grant and a permit of the provider; the key is sealed anew, by the provider, for the receiver."""
    number, held = story.sent(provider, holder)
    asked, granted = len(consents(provider, "consent-request")), len(consents(holder, "consent-grant"))
    holder.must("consent", "request", held, "--to", receiver.name, "--yes", context="wang")
    wait_for(lambda: len(consents(provider, "consent-request")) > asked, f"the request at {provider.name}", 30)
    approved(provider, "consent", "grant", consents(provider, "consent-request")[0])
    wait_for(lambda: len(consents(holder, "consent-grant")) > granted, f"the grant at {holder.name}", 30)
    forward = approved(holder, "forward", held, "--to", receiver.name)
    wait_for(lambda: delivery(holder, forward)[0] == "delivered", f"{forward} of {holder.name}", 60)
    (view,) = [one for one in trial.box(receiver, "inbox") if one["kind"] == "forward"]
    if text_of(provider, holder) not in receiver.must("show", view["number"], context="wang"):
        raise Failed(f"{receiver.name} cannot read what {holder.name} passed on")
    transfers = data(provider, "dissemination", number)["transfers"]
    expect("the tree", [(step["holder"], step["receiver"], step["state"]) for step in transfers],
           [(holder.name, receiver.name, "held")])


def pass_on_under_a_permit_of_ed25519(story):
    pass_on(story, story.ru, story.cn, story.kz)


def pass_on_to_a_key_of_x25519(story):
    pass_on(story, story.cn, story.kz, story.ru)


def verifies(authority, number, suite, suffix=""):
    folder = authority.directory / f"evidence-{suite}{suffix}"
    authority.must("export", number, "--out", folder, context="wang")
    expect("suite", f"suite {suite}\n" in (folder / "batch.txt").read_text(), True)
    checked = subprocess.run(["sh", folder / "verify.sh"], cwd=folder, capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise Failed(f"evidence of {suite}: {checked.stdout}{checked.stderr}")
    statement = (folder / "statement.txt").read_bytes()
    (folder / "statement.txt").write_bytes(statement.replace(b"exercise yes", b"exercise no "))
    if subprocess.run(["sh", folder / "verify.sh"], cwd=folder, capture_output=True, check=False).returncode != 8:
        raise Failed(f"changed evidence of {suite} verifies")


def are_proven_with_openssl_alone(story):
    """Each shows what the other signed, and what it signed itself."""
    for authority in (story.cn, story.ru):
        for box, of in (("inbox", lambda a: {"cn": "ed25519", "ru": "p256"}[a.code]),
                        ("outbox", lambda a: {"cn": "p256", "ru": "ed25519"}[a.code])):
            (number,) = [view["number"] for view in trial.box(authority, box) if view["kind"] == "threat-notice"][:1]
            verifies(authority, number, of(authority), f"-{box}")


def act(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running,
                                   init_options={"ru-example": ("--suite", "ed25519")})
    story = Story(by_code["cn"], by_code["ru"], by_code["kz"], base)
    trial.tell(story, have_keys_of_their_suite, waits_for_a_policy, agree_on_it_in_it, write_to_each_other,
               pass_on_under_a_permit_of_ed25519, pass_on_to_a_key_of_x25519, are_proven_with_openssl_alone)
    trial.check_logs(["Письмо от"], story.cn, story.ru, story.kz)
    trial.check_stores(story.cn, story.ru, story.kz)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("two-suites", lambda base, running: act(BUILD, base, running)))
