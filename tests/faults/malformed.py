#!/usr/bin/python3
"""Malformed input to both services of a real daemon: it answers with a stable code or ends the stream, it never crashes,
keeps no half act, and goes on serving.

malformed.py BUILD [SEED]: frames of kz-example are recorded on their way to cn-example; the last of them are held back.
Then kz-example's daemon stops, and everything is sent to cn-example under kz-example's own certificate, mutated. In the
end the frames that were held back arrive unchanged and have their effect, once. The same for drafts and all other
requests of cn-example's own people on the Desk.
"""

import random
import re
import select
import ssl
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

import authorities  # noqa: E402  pylint: disable=wrong-import-position
import http2  # noqa: E402  pylint: disable=wrong-import-position
import trial  # noqa: E402  pylint: disable=wrong-import-position
from authorities import ROOT, Authority, Failed, free_port, wait_for  # noqa: E402  pylint: disable=wrong-import-position
from mutation import Mutator, encode, field, parse  # noqa: E402  pylint: disable=wrong-import-position

FRAMES, CALLS = 600, 600
SECONDS = 8.0         # for each of the two at most
PATIENCE = 3.0         # for the answer to a frame: a reply may go to the stream that ended just before
HELD = 12             # notices, sent one a frame
# Asks for the answer `expected`, whatever came before: what a frame had to be answered with has been said then.
MARK = http2.message(field(9, field(1, 2**63)))
MARKED = field(1, b"\0" * 32) + field(2, 3)

# Nonsense one connection may bring before the guard cuts it; what goes beyond is a flood, and tested as such.
BYTES_A_CONNECTION, STREAMS_A_CONNECTION = 60 << 10, 5

OUTCOMES = {1, 2, 3, 4}
# INVALID_ARGUMENT NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION OUT_OF_RANGE
# UNAVAILABLE UNAUTHENTICATED
REFUSALS = {"3", "5", "6", "7", "8", "9", "11", "14", "16"}
# gRPC's own, for what is no protobuf message and for compressed ones.
OF_GRPC = {"12", "13"}


class Behind(Authority):
    """Its designation names one port, its daemon listens on another."""

    def initialise(self, party_status):
        super().initialise(party_status)
        self.listens = free_port()
        settings = self.directory / "daemon.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace(f'peer_listen = "127.0.0.1:{self.port}"',
                                         f'peer_listen = "127.0.0.1:{self.listens}"'), encoding="utf-8")


class Recorder(threading.Thread):
    """Stands where kz-example's designation points to: passes both directions on, keeps what kz-example says. Once
    `held` is set that goes no further."""

    def __init__(self, callee, caller):
        super().__init__(daemon=True)
        self.callee, self.caller = callee, caller
        self.held = threading.Event()
        self.said = {}  # by connection
        self.listening = http2.socket.create_server(("127.0.0.1", callee.port))
        self.start()

    def run(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*http2.identity_of(self.callee.directory / "keys/tls"))
        context.set_alpn_protocols(["h2"])
        while True:
            try:
                plain, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(context, plain), daemon=True).start()

    def relay(self, context, plain):
        try:
            ours = context.wrap_socket(plain, server_side=True)
            theirs = http2.secure(self.callee.listens, http2.identity_of(self.caller.directory / "keys/tls"))
        except OSError:
            return plain.close()
        said = self.said.setdefault(id(ours), bytearray())
        try:
            while True:
                waiting = [end for end in (ours, theirs) if end.pending()] or select.select([ours, theirs], [], [])[0]
                for end in waiting:
                    octets = end.recv(65536)
                    if not octets:
                        raise OSError
                    if end is ours:
                        theirs.sendall(octets)
                    else:
                        said += octets
                        if not self.held.is_set():
                            ours.sendall(octets)
        except OSError:
            ours.close()
            theirs.close()
        return None

    def frames(self):
        return [message for octets in self.said.values() for message in http2.messages_of(bytes(octets))]

    def close(self):
        self.listening.shutdown(http2.socket.SHUT_RDWR)
        self.listening.close()


class World:
    def __init__(self, base, build, running, behind=Behind):
        self.cn, self.ru, self.kz = (kind(base, f"{code}-example", build) for kind, code in
                                     ((behind, "cn"), (Authority, "ru"), (Behind, "kz")))
        for authority in (self.cn, self.ru, self.kz):
            running.append(authority)
            authorities.settle(authority)
        self.recorder = Recorder(self.kz, self.cn)
        # cn-example dials; nobody answers where its own designation points to.
        for other in (self.ru, self.kz):
            authorities.acquaint(other, self.cn)
        wait_for(lambda: authorities.connected(self.cn, 2), "cn-example connected to both", 60)
        self.identity = http2.identity_of(self.kz.directory / "keys/tls")

    def serves(self):
        """An exchange with the good peer."""
        self.cn.check_alive()
        trial.submit(self.ru, self.cn, 4)
        wait_for(lambda: trial.answered(self.ru), "ru-example is served", 60)


def record(world):
    """Frames kz-example sent, those that arrived first; the ids of what was held back from it, and of what we have in
    flight to it."""
    first = trial.submit(world.kz, world.cn, 4)
    trial.submit(world.cn, world.kz, 4)
    wait_for(lambda: trial.answered(world.kz, world.cn), "first notices answered", 30)
    arrived = len(world.recorder.frames())
    world.recorder.held.set()
    held = trial.submit(world.kz, world.cn, HELD)
    waiting = trial.submit(world.cn, world.kz, 4)

    def all_said():
        text = b"".join(world.recorder.frames()[arrived:])
        return text.count(b"chancery/receipt/") >= 4 and all(id.encode() in text for id in held)
    wait_for(all_said, "frames of kz-example recorded", 30)
    world.kz.stop()
    world.recorder.close()
    frames = world.recorder.frames()
    return frames[:arrived], frames[arrived:], first | held, waiting


# ---- peers

class PeerAttack:
    """Sends what it is given as kz-example, on as many connections as it takes, and judges what comes back."""

    def __init__(self, world):
        self.world, self.client, self.sent = world, None, 0
        self.count = {"frames": 0, "answered": 0, "receipts": 0, "rejected": 0, "ended": 0, "cut": 0, "silent": 0}

    def connect(self):
        if self.client:
            self.client.close()
        self.client, self.sent, self.calls = http2.Client(self.world.cn.listens, self.world.identity, PATIENCE), 0, 0

    def start_again(self):
        """Who was cut is barred for a while; a daemon that was just started knows nothing of it."""
        self.world.cn.check_alive()
        self.world.cn.stop()
        self.world.cn.start()
        self.client = None

    def send(self, payload, marked=True):
        """Without a mark the stream is ended at once: what follows a lie about lengths would be taken for its rest."""
        self.count["frames"] += 1
        answer = http2.Answer()
        try:  # a connection that ended shows at the next write or read
            if not self.client or self.sent > BYTES_A_CONNECTION or self.calls >= STREAMS_A_CONNECTION:
                self.connect()
            self.sent += len(payload)
            self.calls += 1
            answer = self.client.open(http2.DELIVER)
            self.client.write(payload + MARK if marked else payload, end=not marked)
            while not answer.over and not (marked and MARKED in answer.body):
                self.client.take()
            if marked:
                self.client.write(b"", end=True)
        except TimeoutError:
            self.count["silent"] += 1
            self.calls = STREAMS_A_CONNECTION
        except OSError:
            self.count["cut"] += 1
            self.start_again()
        self.judge(answer)
        return answer

    def judge(self, answer):
        self.world.cn.check_alive()
        if answer.status not in (None, "0", "1", *REFUSALS, *OF_GRPC):
            raise Failed(f"a frame was answered with {answer.status}: {answer.text}")
        replies = [parse(message) for message in answer.messages()]
        if None in replies:
            raise Failed("an answer is not a frame")
        items = [node for reply in replies for node in reply]
        answers = [node for node in items if node.field == 7 and node.encode()[2:].find(MARKED) < 0]
        for node in answers:
            outcome = next((inner.content for inner in node.content if inner.field == 2), 0)
            if outcome not in OUTCOMES:
                raise Failed(f"an answer has the outcome {outcome}")
            self.count["rejected"] += outcome == 1
        self.count["answered"] += bool(answers)
        self.count["receipts"] += sum(node.field == 6 for node in items)
        self.count["ended"] += not items


def lies(rng, message):
    """One message, or several, under lengths and flags that are not theirs."""
    whole = http2.message(message)
    return rng.choice([
        http2.message(message, length=len(message) + 1),
        http2.message(message, length=2**32 - 1),
        http2.message(message, length=max(0, len(message) - 3)),
        http2.message(message, compressed=1),
        http2.message(message, compressed=255),
        whole + whole[:7],
        http2.message(b"") + whole,
        whole[:3],
        whole[5:],
        b"",
    ])


def with_signing_time(frames, seconds):
    """A frame with receipts whose signatures name this time."""
    tree = next(tree for tree in map(parse, reversed(frames)) if any(node.field == 6 for node in tree))
    for block in tree:
        if block.field == 1:
            for inner in block.content:
                if inner.field == 3:
                    inner.content = seconds
    return http2.message(encode(tree))


def attack_peer(world, rng, arrived, held):
    attack, mutator = PeerAttack(world), Mutator(rng, arrived + held)
    everything = arrived + held
    for seconds in (2**63 - 1, 2**63, 0):  # numbers of 64 bits with a sign
        attack.send(with_signing_time(everything, seconds))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and attack.count["frames"] < FRAMES:
        how = rng.random()
        if how < 0.8:
            attack.send(http2.message(mutator.mutate(rng.choice(everything))))
        elif how < 0.9:
            attack.send(lies(rng, rng.choice(everything)), marked=False)
        else:  # good frames in an order of their own
            attack.send(b"".join(map(http2.message, rng.choices(everything, k=3))))
    world.cn.check_alive()
    print(" ".join(f"{name} {number}" for name, number in attack.count.items()), flush=True)
    if attack.count["cut"] > 2 + attack.count["frames"] / 20:
        raise Failed(f"{attack.count['cut']} connections cut for {attack.count['frames']} frames")
    if attack.count["silent"] > 2 + attack.count["frames"] / 20:
        raise Failed(f"{attack.count['silent']} frames of {attack.count['frames']} without an answer")
    for name, least in (("frames", 30), ("answered", 4), ("receipts", 3), ("rejected", 1), ("ended", 6)):
        if attack.count[name] < least:
            raise Failed(f"the attack shows little: {name} {attack.count[name]}, at least {least} expected")


def oversized(held):
    """Frames at and beyond what is taken."""
    tree = parse(held[0])
    yield encode(tree * 400)
    yield encode(tree) + field(9, [field(3, "x" * 4000)] * 16)
    yield field(7, [field(1, b"\0" * 32), field(2, 1)]) * 25000
    yield field(8, [field(1, "label/cn-example"), field(3, b"\0" * 32)]) * 18000
    yield b"\x3a" * (1 << 20)
    yield field(10, [field(3, b"x" * (1 << 20))])
    yield field(3, [field(1, "x" * (2 << 20))])
    yield field(5, b"") * 400000


def attack_size(world, held):
    """Some of these are floods to the guard, and bar the authority: each meets a daemon that was just started."""
    for frame in oversized(held):
        world.cn.stop()
        world.cn.start()
        attack = PeerAttack(world)
        attack.connect()
        attack.judge(attack.client.call(http2.DELIVER, http2.message(frame)))
        world.cn.check_alive()
        if world.cn.log.stat().st_size > 1 << 20:
            raise Failed("the log was filled")


def deliver(world, frames, expected, waiting):
    """The good peer again: its frames as it sent them, until everything has its effect."""
    world.cn.stop()
    world.cn.start()
    PeerAttack(world).send(b"".join(map(http2.message, frames)))

    def settled():
        got = [view["id"] for view in trial.box(world.cn, "inbox") if view["originator"] == world.kz.name]
        stages = [delivery["stage"] for view in trial.box(world.cn, "outbox") if view["id"] in waiting
                  for delivery in view["deliveries"]]
        return sorted(got) == sorted(expected) and stages == ["delivered"] * len(waiting)
    wait_for(settled, "the held frames had their effect, once", 60)
    for view in trial.box(world.cn, "inbox"):
        world.cn.must("show", view["id"], context="wang")


# ---- the Desk

def draft(recipient, number, label="open", more=()):
    text = field(19, [field(1, "ru"), field(2, 1), field(3, f"Notice {number}"), field(4, "Text " * 20)])
    return [field(1, recipient), field(2, "sco-2009"), field(3, "threat-notice"), field(4, "sco-2009/3/5"),
            field(5, "sco-2009/2/3"), field(6, label), text, *more]


def good_requests(world, rng):
    """(method, person, request) of a kind the daemon takes, so that what is mutated gets far."""
    wang, li, admin = "people/wang", "people/li", "admin/administrator"
    known = rng.choice(trial.box(world.cn, "inbox"))["id"]
    bundle = (world.kz.directory / "keys/designation.bundle").read_bytes()
    people = (world.cn.directory / "people/li.pem").read_bytes()
    indicator = field(20, [field(1, "ipv4"), field(2, "192.0.2.7"), field(3, "seen")])
    source = field(17, [field(1, known), field(2, "quotes"), field(3, "all")])

    def submit(number, **how):
        return [field(1, draft("ru-example", number, **how)), field(2, rng.randbytes(16))]
    return [
        ("Preview", wang, field(1, draft("ru-example", 1, more=[indicator, source]))),
        ("Submit", wang, b"".join(submit(2))),
        ("Submit", wang, b"".join(submit(3, more=[indicator, source, field(7, "2030-01-01")]))),
        ("Submit", wang, b"".join(submit(4, label="restricted"))),
        ("SubmitMany", wang, b"".join(field(1, submit(number)) for number in (5, 6, 7))),
        ("Approve", li, field(1, "DRAFT-1") + field(4, 1)),
        ("Approve", li, field(1, "DRAFT-1") + field(3, 1)),
        ("List", wang, field(1, 1) + field(2, 10)),
        ("List", li, field(1, 3) + field(4, known)),
        ("Read", wang, field(1, known)),
        ("Acknowledge", wang, field(1, known)),
        ("Handle", wang, field(1, known) + field(2, "restricted") + field(3, "2027-01-01") + field(4, "judicial")),
        ("Export", wang, field(1, known) + field(2, "delivered") + field(3, "cn-example")),
        ("Status", wang, b""),
        ("AddUser", admin, field(1, "li") + field(2, "approver") + field(3, "state-secret") + field(4, people)),
        ("AddPeer", admin, field(1, bundle)),
        ("VerifyPeer", admin, field(1, "kz-example") + field(2, "sha256:" + "0" * 64)),
        ("CheckLabel", wang, field(1, "restricted") + field(3, "ru-example") + field(4, "sco-2009")),
    ]


def judge_desk(world, method, client, answer, counts):
    if not answer.over:
        world.cn.check_alive()
        raise Failed(f"{method}: no answer")
    counts[answer.status] = counts.get(answer.status, 0) + 1
    if answer.status not in ("0", *REFUSALS, *OF_GRPC) or "daemon" in answer.text or client.ended_by_them:
        raise Failed(f"{method}: {answer.status} {answer.text}")
    if answer.status == "0" and any(parse(message) is None for message in answer.messages()):
        raise Failed(f"{method}: the answer is no message")


def attack_desk(world, rng):
    methods = re.findall(r"rpc (\w+)", (ROOT / "proto/chancery/v1/desk.proto").read_text(encoding="utf-8"))
    good = good_requests(world, rng)
    mutator = Mutator(rng, [request for _, _, request in good])
    clients, counts, calls = {}, {}, 0
    for person in {person for _, person, _ in good}:
        clients[person] = http2.Client(world.cn.socket(), http2.identity_of(world.cn.directory / person), 30)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and calls < CALLS:
        method, person, request = rng.choice(good)
        how = rng.random()
        if how < 0.1:
            method = rng.choice(methods)
        elif how < 0.15:
            person = rng.choice(list(clients))
        payload = http2.message(mutator.mutate(request)) if how < 0.9 else lies(rng, request)
        if method == "SubmitMany" and how < 0.9:
            payload = b"".join(http2.message(mutator.mutate(request)) for _ in range(rng.randrange(4))) + payload
        calls += 1
        answer = clients[person].call(f"/chancery.v1.Desk/{method}", payload)
        judge_desk(world, method, clients[person], answer, counts)
    for method, person, request in good:  # more than is taken, and every call as it should be
        answer = clients[person].call(f"/chancery.v1.Desk/{method}", http2.message(request * 2 + b"\x7a" + b"\x80" * 20))
        judge_desk(world, method, clients[person], answer, counts)
    huge = field(1, draft("ru-example", 9, more=[field(19, [field(1, "en"), field(4, "x" * (17 << 20))])]))
    judge_desk(world, "Submit", clients["people/wang"],
               clients["people/wang"].call("/chancery.v1.Desk/Submit", http2.message(huge)), counts)
    print(f"calls {calls} by status {counts}", flush=True)
    if calls < 30 or counts.get("0", 0) < 4 or counts.get("3", 0) < 4:
        raise Failed("the attack shows little")


def check_log(authority):
    if re.search(r"Sanitizer|runtime error|code internal|code corrupt|<[0-2]>", authority.log.read_text(errors="replace")):
        raise Failed(f"{authority.name}'s log shows an error of its own")


def attack_all(base, running, build, seed):
    rng = random.Random(seed)
    world = World(base, build, running)
    arrived, held, expected, waiting = record(world)
    attack_peer(world, rng, arrived, held)
    world.serves()
    attack_size(world, held)
    deliver(world, arrived + held, expected, waiting)
    attack_desk(world, rng)
    world.serves()
    trial.box(world.cn, "outbox")
    trial.check_stores(world.cn, world.ru)
    check_log(world.cn)


def main():
    build, seed = Path(sys.argv[1]).resolve(), trial.seed_of(sys.argv[2:])
    return trial.play("malformed", lambda base, running: attack_all(base, running, build, seed))


if __name__ == "__main__":
    sys.exit(main())
