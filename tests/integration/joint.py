#!/usr/bin/python3
"""What one authority wrote and another provided a part of. joint.py BUILD: both are asked although only one is in its audience, both permit
each use, and either ends it; one permission alone lets nothing go. What is made public of it is permitted by both too.
"""

import sys
from pathlib import Path

import consent
import erasure
import trial
from authorities import wait_for
from consent import approved, data, delivery, expect
from erasure import refuses

JOINT = erasure.NOTICE.replace("exercise:", "providers: kz-example\nexercise:", 1)


class Story:
    def __init__(self, cn, ru, kz, second, base):
        self.cn, self.ru, self.kz, self.second, self.base = cn, ru, kz, second, base
        self.number = self.message = ""

    def granted(self, provider, request):
        known = len(consent.consents(self.ru, "consent-grant"))
        grant = approved(provider, "consent", "grant", request)
        wait_for(lambda: len(consent.consents(self.ru, "consent-grant")) == known + 1, f"the grant of {provider.name}", 30)
        return grant


def state_of(authority, request):
    (view,) = [one for one in data(authority, "consent", "list")["consents"] if one["number"] == request]
    return view["state"]


def is_asked_of_both(story):
    cn, ru, kz = story.cn, story.ru, story.kz
    notice = story.base / "joint.md"
    notice.write_text(JOINT)
    story.number = approved(cn, "send", notice, "--to", "ru-example", "--again")
    (view,) = data(cn, "outbox", story.number)["messages"]
    story.message = view["id"]
    wait_for(lambda: story.message in trial.ids(ru, "inbox"), "the notice at ru-example", 20)
    expect("providers", view["providers"], ["cn-example", "kz-example"])
    refuses(ru, "E-CONSENT-REQUIRED", "forward", story.message, "--to", "kz-second", "--yes")
    story.request = ru.must("consent", "request", story.message, "--to", "kz-second", "--uses", "2", "--yes", "-o", "id",
                            context="wang").strip()
    for provider in (cn, kz):
        wait_for(lambda a=provider: consent.consents(a, "consent-request"), f"the request at {provider.name}", 30)
    expect("asked", data(ru, "outbox", story.request)["messages"][0]["recipients"], ["cn-example", "kz-example"])


def goes_when_both_permit(story):
    cn, ru, kz = story.cn, story.ru, story.kz
    story.granted(cn, consent.consents(cn, "consent-request")[0])
    expect("half", state_of(ru, story.request), "open")
    refuses(ru, "E-CONSENT-REQUIRED", "forward", story.message, "--to", "kz-second", "--yes")
    story.grant = story.granted(kz, consent.consents(kz, "consent-request")[0])
    expect("whole", state_of(ru, story.request), "granted")
    onward = approved(ru, "forward", story.message, "--to", "kz-second")
    wait_for(lambda: delivery(ru, onward)[0] == "delivered", "the forward at kz-second", 60)
    for provider, name in ((cn, story.number), (kz, story.grant)):
        wait_for(lambda a=provider, n=name: ("ru-example", "kz-second", "held", "") in consent.transfers(a, n),
                 f"the report at {provider.name}", 60)


def ends_when_either_revokes(story):
    ru, kz = story.ru, story.kz
    approved(kz, "consent", "revoke", story.grant)
    wait_for(lambda: ("ru-example", "kz-second", "locked", "") in consent.transfers(kz, story.grant), "kz-second has locked it", 60)
    (forward,) = [view["id"] for view in trial.box(story.second, "inbox") if view["kind"] == "forward"]
    refuses(story.second, "E-COPY-LOCKED", "show", forward)
    refuses(ru, "E-CONSENT-REVOKED", "forward", story.message, "--to", "kz-second", "--yes", "--again")


def act(build, base, running):
    everybody = erasure.bring_up(build, base, running)
    story = Story(*everybody, base)
    trial.tell(story, is_asked_of_both, goes_when_both_permit, ends_when_either_revokes)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("joint", lambda base, running: act(BUILD, base, running)))
