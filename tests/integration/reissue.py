#!/usr/bin/python3
"""A message whose seal key ran out before it came: refused, and sent again by its sender's daemon without any person.

reissue.py BUILD: cn-example releases a restricted notice to ru-example, whose daemon is down, and to kz-example. Then the
daemons are those of 45 days later (chanceryd-later): ru-example has destroyed the key, which it keeps for 30 and 14.
Once all of them go on later together; once cn-example's clock stays behind at first, and the key that ru-example has now is
not in force there yet: the message waits, and goes when it is.
"""

import sys
from pathlib import Path

import authorities
import trial
from authorities import ROOT, Failed, wait_for

AHEAD = str(45 * 24 * 3600)  # more than the life of a seal key and its grace together, less than that of a certificate
TEXT = "трафик исходит от захваченных домашних маршрутизаторов"  # of the notice


def expect(what, got, expected):
    if got != expected:
        raise Failed(f"{what}: {got}, expected {expected}")


def deliveries(view):
    return {delivery["recipient"]: (delivery["stage"], [reason["code"] for reason in delivery.get("reasons", [])])
            for delivery in view["deliveries"]}


def released(cn, kz):
    """The id of the notice: with kz-example, on its way to ru-example."""
    cn.must("send", ROOT / "config/demo/notice.md", "--yes", context="wang")
    cn.must("approve", "DRAFT-1", "--yes", context="li")
    wait_for(lambda: trial.ids(kz, "inbox"), "kz-example has the notice", 20)
    (view,) = trial.box(cn, "outbox")
    expect("the notice", deliveries(view)["ru-example"], ("queued", []))
    return view["id"]


def go_on_later(everybody):
    for authority in everybody:
        authority.stop()
        authority.daemon = "chanceryd-later"
        authority.env["CHANCERY_CLOCK_AHEAD"] = AHEAD
        authority.start()


def hear_the_refusal_too_early(cn, first):
    """cn-example, whose clock is 45 days behind, knows no key of now: it says so once, and the message waits."""
    line = f'event="reissue.waits" message="{first}" code="E-KEY-RETIRED"'
    wait_for(lambda: line in cn.log.read_text(), "the message waits", 30)
    for _ in range(2):
        cn.kill()
        cn.start()
        wait_for(lambda: authorities.connected(cn, 2), "connected again", 30)
        (view,) = trial.box(cn, "outbox")
        expect("the first", deliveries(view)["ru-example"], ("refused", ["E-KEY-RETIRED"]))
    expect("lines about it", cn.log.read_text().count("reissue.waits"), 1)


def settled(cn, ru):
    return trial.ids(ru, "inbox") and trial.answered(cn, ru)


def check_sender(cn, first, again_stage):
    """The outbox tells of both: what became of the first, and that the second is sent again for it."""
    again, old = trial.box(cn, "outbox")
    expect("the first", (old["id"], old.get("reissueOf", "")), (first, ""))
    expect("the first", deliveries(old), {"kz-example": ("delivered", []), "ru-example": ("refused", ["E-KEY-RETIRED"])})
    expect("the second", again["reissueOf"], first)
    expect("the second", deliveries(again), {"ru-example": (again_stage, [])})
    expect("the second", [again[name] for name in ("labels", "restricted", "precedence")],
           [old[name] for name in ("labels", "restricted", "precedence")])
    expect("drafts", cn.must("drafts", "-o", "id", context="li").split(), ["DRAFT-1"])
    return again


def check_receiver(ru, again, first):
    """Its officer reads the text, and what it is sent again for; the first never was."""
    (view,) = trial.box(ru, "inbox")
    expect("received", [view[name] for name in ("id", "theirNumber", "reissueOf")], [again["id"], again["number"], first])
    shown = " ".join(ru.must("show", view["id"], context="wang").split())
    for words in (TEXT, f"sent again {first}"):
        if words not in shown:
            raise Failed(f"show: no '{words}' in {shown}")
    expect("the first at ru-example", ru.run("show", first, context="wang").code, 4)


def follow(base, running, build, behind):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    cn, ru, kz = by_code["cn"], by_code["ru"], by_code["kz"]
    ru.stop()
    first = released(cn, kz)
    if behind:
        go_on_later([ru, kz])
        hear_the_refusal_too_early(cn, first)
        go_on_later([cn])
    else:
        cn.stop()
        go_on_later([ru, kz, cn])
    wait_for(lambda: settled(cn, ru), "ru-example has it all the same", 30)
    check_receiver(ru, check_sender(cn, first, "delivered"), first)

    # Whoever starts again finds it as it was.
    wait_for(lambda: deliveries(trial.box(cn, "outbox")[0])["ru-example"][0] == "read", "its originator hears", 20)
    for authority in (cn, ru):
        authority.kill()
        authority.start()
    wait_for(lambda: authorities.connected(cn, 2) and settled(cn, ru), "connected again", 30)
    check_receiver(ru, check_sender(cn, first, "read"), first)
    expect("kz-example", trial.ids(kz, "inbox"), [first])
    trial.check_stores(cn, ru, kz)
    print(f"{first[:12]} was refused for its key and came again, once")


def main():
    build = Path(sys.argv[1]).resolve()
    codes = [trial.play("reissue", lambda base, running, behind=behind: follow(base, running, build, behind))
             for behind in (False, True)]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
