"""A correspondence whose daemons are interrupted, and what has to hold of it in the end.

cn-example submits notices to ru-example. Each round is one load under a set of idempotency keys, interrupted after some of its
answers; what an interruption left unanswered is submitted again under the same keys.
"""

import re
import time

import append_only
import authorities
import trial
from append_only import query
from authorities import Authority, Failed, wait_for
from fault_trial import Broken, promised
from trial import Load

NAMES = ("cn-example", "ru-example")
SETTLED_WITHIN = 120  # seconds, until everything is answered once both ends are up


class Correspondence:
    def __init__(self, cn, ru, base, options, per_round=64):
        self.cn, self.ru = cn, ru
        self.base, self.chance, self.per_round = base, options.chance, per_round
        self.seen = [append_only.Seen(self.cn), append_only.Seen(self.ru)]
        self.acknowledged = {}  # (round, draft): id
        self.rounds = self.alive = self.cut = 0

    @classmethod
    def on_loopback(cls, base, running, options, per_round=64):
        both = [Authority(base, name, options.build) for name in NAMES]
        return cls(*meet(*both, running), base, options, per_round)

    def round(self, interrupt):
        """`interrupt()` ends a daemon, in the midst of a load, and starts it again."""
        self.rounds += 1
        load = Load(self.cn, self.ru, self.per_round, self.rounds, per_frame=4)
        load.await_answers(self.chance.randint(1, self.per_round * 3 // 4))
        interrupt()
        for seen in self.seen:
            seen.look()
        early = self.answers(load, "the first run")
        self.alive += bool(early)
        if load.process.returncode != 0:
            self.cut += 1
            again = Load(self.cn, self.ru, self.per_round, self.rounds, per_frame=4)
            self.answers(again, "the second run")
            if again.process.returncode != 0:
                found = any("nothing is signed from this store" in end.tail(50) for end in (self.cn, self.ru))
                raise (Broken if found else Failed)(f"round {self.rounds}: the second run was not answered")

    def take(self, load, what):
        """What was acknowledged of a load, kept; and what was refused, which may be submitted again."""
        answered, refused, _ = load.answers()
        for draft, message in answered.items():
            before = self.acknowledged.setdefault((self.rounds, draft), message)
            if before != message:
                raise Broken(f"{what}: draft {draft} was acknowledged as {before}, then as {message}")
        return answered, refused

    def answers(self, load, which):
        answered, refused = self.take(load, f"round {self.rounds}: {which}")
        if refused:
            raise Failed(f"round {self.rounds}: {which}: refused {refused[:3]}")
        return answered

    def settle(self, within=SETTLED_WITHIN):
        with promised("everything is answered once both ends are up"):
            wait_for(lambda: trial.answered(self.cn), "nothing waits for an answer", within)

    def check(self, pairs=append_only.PAIRS):
        """Both ends stop; returns how many messages there are and how many proofs were verified."""
        self.settle()
        check_boxes(self.cn, self.ru, set(self.acknowledged.values()))
        with promised("both stores hold their own checks"):
            trial.check_stores(self.cn, self.ru)
        check_exchange(self.cn, self.ru, self.base)
        return len(self.acknowledged), sum(seen.check(self.base, self.chance, pairs) for seen in self.seen)

    def say(self, what, total, proofs):
        print(f"{self.rounds} {what}, {total} acknowledged, in {self.alive} rounds some before and in {self.cut} the load was "
              f"cut; {total} stored once at both ends, 0 lost, 0 double; {proofs} proofs of the journals hold", flush=True)

    def floor(self, least, cut):
        """So much was acknowledged, in nine rounds of ten before the interruption, and `cut` rounds were interrupted."""
        if len(self.acknowledged) < least or self.alive < self.rounds * 9 // 10 or self.cut < cut:
            raise Failed(f"this shows little: {len(self.acknowledged)} acknowledged of at least {least}, {self.alive} rounds "
                         f"of {self.rounds} alive, {self.cut} of at least {cut} cut")


def meet(one, other, running):
    """Both running, with their people, and connected."""
    for authority in (one, other):
        running.append(authority)
        authorities.settle(authority)
    authorities.acquaint(one, other)
    for authority in (one, other):
        wait_for(lambda a=authority: authorities.connected(a, 1), f"{authority.name} connected", 30)
    return one, other


def check_boxes(sender, receiver, acknowledged):
    """As their people see them: each message once at both ends, the registry numbers without a gap."""
    sent, received = trial.box(sender, "outbox"), trial.box(receiver, "inbox")
    for name, views in (("outbox", sent), ("inbox", received)):
        if len(views) != len({view["id"] for view in views}):
            raise Broken(f"{name}: something is there twice")
        numbers = sorted(int(view["number"].rsplit("-", 1)[1]) for view in views)
        if numbers != list(range(1, len(views) + 1)):
            raise Broken(f"{name}: a registry number is missing or there twice")
    fates = {view["id"]: view["deliveries"] for view in sent}
    sent, received = ({view["id"] for view in views} for views in (sent, received))
    lost = acknowledged - sent
    if lost:
        raise Broken(f"{len(lost)} acknowledged messages are not in the outbox, {sorted(lost)[0]} first")
    if sent - acknowledged:
        raise Broken(f"{len(sent - acknowledged)} messages are there beside those that were acknowledged")
    if sent != received:
        raise Broken(f"outbox and inbox differ by {len(sent ^ received)}: {[fates.get(id) for id in sent ^ received][:3]}")


def check_exchange(sender, receiver, scratch):
    """In the stores, which are closed: each message was taken in by one entry of the journal and has one receipt, the same
    bytes at both ends; the dispatches are there in order, without a gap."""
    sent = {id for (id,) in query(sender, scratch, "SELECT id FROM message WHERE direction = 0")}
    entries = query(receiver, scratch, "SELECT hex(message), entry FROM journal WHERE message IS NOT NULL")
    taken = [bytes.fromhex(id) for id, entry in entries if re.search(rb"^act accepted$", entry, re.MULTILINE)]
    if len(taken) != len(set(taken)) or set(taken) != sent:
        raise Broken(f"{len(sent)} messages, {len(taken)} entries that one was taken in, of {len(set(taken))} messages")
    receipts = [sorted(query(who, scratch, "SELECT message, stage, statement FROM receipt WHERE receiver = ?", receiver.name))
                for who in (sender, receiver)]
    if receipts[0] != receipts[1] or sorted(message for message, _, _ in receipts[0]) != sorted(sent):
        raise Broken(f"{len(receipts[0])} receipts at the sender, {len(receipts[1])} at the receiver, not the same or not one "
                     f"for each of {len(sent)} messages")
    order = query(receiver, scratch, "SELECT sequence, missing, message FROM inbound_dispatch WHERE sender = ? "
                  "ORDER BY epoch, sequence", sender.name)
    if [sequence for sequence, _, _ in order] != list(range(1, len(order) + 1)) or any(row[1] for row in order):
        raise Broken("a dispatch is missing")
    if sorted(row[2] for row in order if row[2]) != sorted(sent):
        raise Broken("the dispatches are not one for each message")


def pause(chance, most):
    time.sleep(chance.uniform(0, most))
