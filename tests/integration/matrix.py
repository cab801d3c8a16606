#!/usr/bin/python3
"""The consent matrix (protocol section 8) between real daemons: whatever ru-example may try to pass on to kz-example of what
cn-example wrote, by the daemon that ships and by the same with its gate removed (chanceryd-patched).

matrix.py BUILD: each row of matrix_rows.py and matrix_ends.py, twice. Nothing is delivered to kz-example and nothing of it is in
its store, read without any code of the daemon; the refusal has its code and article; cn-example hears of what reached somebody.
All rows are played by the honest daemon, then by the patched one, then those that need other clocks.
"""

import sys
from pathlib import Path

import authorities
import erasure
import opened_store
import trial
from authorities import ROOT, Failed, wait_for
from consent import TEXT, approved, data, expect
from matrix_ends import REPLAYED, REVOKED, play_with_other_clocks
from matrix_rows import PASTED, ROWS

RETRY = '\n[retry]\nfirst = "1s"\ncap = "1s"\n'  # what was rejected comes again soon
NOTICE = ROOT / "config/demo/notice-for-ru.md"


def bring_up(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    second = erasure.SecondOfItsParty(base, "cn-second", build)
    running.append(second)
    authorities.settle(second)
    for other in by_code.values():
        authorities.acquaint(second, other)
    cn, ru, kz = (by_code[code] for code in ("cn", "ru", "kz"))
    with open(ru.directory / "daemon.toml", "a", encoding="utf-8") as settings:
        settings.write(RETRY)  # as of its next start
    everybody = [cn, ru, kz, second]
    connect(everybody)
    authorities.agree_crypto_policy(cn, [ru, kz], [second])
    return everybody


def connect(everybody):
    for one in everybody:
        wait_for(lambda a=one: authorities.connected(a, len(everybody) - 1), f"{one.name} connected to its peers", 60)


def holds(authority, message):
    return authority.run("inbox", message, context="wang").code == 0


class Story:
    """The four of them, and what the rows do and look at."""

    def __init__(self, base, cn, ru, kz, second):
        self.base, self.cn, self.ru, self.kz, self.second = base, cn, ru, kz, second
        self.everybody = [cn, ru, kz, second]
        self.given, self.withheld = set(), set()  # of kz-example, forwards and what is in them
        for holder in (ru, second):
            holder.env["CHANCERY_GATE_ORDERS"] = str(holder.directory / "orders")

    # ---- daemons

    def orders(self, *lines):
        """What the gate of the patched ru-example is told; it reads this at each look."""
        file = self.ru.directory / "orders"
        new = file.with_suffix(".new")
        new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        new.rename(file)

    def restart(self, *which, program=None, ahead=None):
        """Perhaps as another program, under a clock so many seconds ahead."""
        for one in which:
            one.stop()
        for one in which:
            one.daemon = program or one.daemon
            if ahead is not None:
                one.env["CHANCERY_CLOCK_AHEAD"] = str(ahead)
            one.start()
        connect(self.everybody)

    # ---- acts; each gives the id of what it made

    def id_of(self, authority, number):
        return data(authority, "outbox", number)["messages"][0]["id"]

    def notice(self, *to, draft=NOTICE):
        """Restricted, of cn-example; everybody it is for has it."""
        number = approved(self.cn, "send", draft, "--to", ",".join(one.name for one in to), "--again")
        return self.arrived(self.id_of(self.cn, number), to)

    def arrived(self, message, at):
        for one in at:
            wait_for(lambda a=one: holds(a, message), f"{message[:12]} at {one.name}", 30)
        return message

    def grant(self, original, holder, to, *words, by=None):
        """Of its provider; whoever it is for has it. Or `by` another, whose word its holder does not take."""
        provider = by or self.cn
        names = [getattr(one, "name", one) for one in to]
        number = approved(provider, "consent", "grant", "--original", original, "--holder", holder.name, "--to", ",".join(names),
                          "--again", *words)
        at = [one for one in self.everybody if one.name in names or (one is holder and by is None)]
        return self.arrived(self.id_of(provider, number), at)

    def revoke(self, grant):
        self.arrived(self.id_of(self.cn, approved(self.cn, "consent", "revoke", grant)), [self.ru, self.kz])

    def forward(self, original, to=None, *words, holder=None):
        """On its way, to kz-example unless said otherwise."""
        holder = holder or self.ru
        names = ",".join(one.name for one in to or [self.kz])
        return self.id_of(holder, approved(holder, "forward", original, "--to", names, "--again", *words))

    # ---- what became of it

    def sent(self, message, receiver=None, holder=None):
        (view,) = data(holder or self.ru, "outbox", message)["messages"]
        (found,) = [one for one in view["deliveries"] if one["recipient"] == (receiver or self.kz).name]
        return view, found

    def stage(self, message, receiver=None, holder=None):
        return self.sent(message, receiver, holder)[1]["stage"]

    def waits_for(self, message, code, receiver=None):
        wait_for(lambda: self.sent(message, receiver)[1].get("waitingFor", "") == code, f"{message[:12]} waits: {code}", 60)

    def delivered(self, message, receiver=None, holder=None):
        """What is permitted goes: the same daemons refuse the rest."""
        wait_for(lambda: self.stage(message, receiver, holder) == "delivered", f"{message[:12]} delivered", 60)
        if receiver in (None, self.kz):
            self.given |= {message, *(source["id"] for source in self.sent(message)[0]["sources"])}
        return message

    def steps(self, original, carrier):
        """What cn-example knows of it."""
        steps = data(self.cn, "dissemination", original).get("transfers", [])
        return [(step["holder"], step["receiver"], step["state"], step.get("reason", ""))
                for step in steps if step["carrier"] == carrier and step["receiver"] == self.kz.name]

    def refused_at_the_desk(self, original, code, article, *command, holder=None):
        """Before anything is signed: nothing left, so there is nothing to tell."""
        def known():
            steps = data(self.cn, "dissemination", original).get("transfers", [])
            return {step["carrier"] for step in steps if step["receiver"] == self.kz.name}, trial.ids(self.kz, "inbox")

        before = known()
        confirmed = () if command[0] == "label" else ("--yes",)
        result = (holder or self.ru).run(*command, *confirmed, context="wang")
        if result.code != 5 or code not in result.err or f", {article}," not in result.err:
            raise Failed(f"{command}: {result.code} {result.out}{result.err}, expected {code} of {article}")
        expect("known at cn-example and kz-example", known(), before)

    def refused_by_its_provider(self, original, forward, code):
        """It was asked, and its answer closes the number."""
        wait_for(lambda: self.stage(forward) == "void", f"{forward[:12]} void", 60)
        self.says(forward, [code])
        self.is_not_at_kz(forward)
        expect("known at cn-example", self.steps(original, forward), [])
        self.withheld |= {forward, original}

    def refused_by_its_receiver(self, original, forward, codes, told):
        """kz-example signs all its reasons and tells cn-example."""
        wait_for(lambda: self.stage(forward) == "refused", f"{forward[:12]} refused", 60)
        self.says(forward, codes)
        self.is_not_at_kz(forward)
        wait_for(lambda: self.steps(original, forward) == [("ru-example", "kz-example", "refused", told)],
                 f"cn-example hears of {forward[:12]}: {told}", 60)
        self.withheld |= {forward, original}

    def says(self, forward, codes):
        reasons = self.sent(forward)[1]["reasons"]
        expect(f"{forward[:12]}", [(reason["code"], reason["article"]) for reason in reasons], [(code, "6(3)") for code in codes])

    def is_not_at_kz(self, message):
        result = self.kz.run("show", message, context="wang")
        if result.code != 4 or "E-NOT-FOUND" not in result.err:
            raise Failed(f"{message[:12]} at kz-example: {result.code} {result.err}")


def check_store_of_the_receiver(story):
    """No row about what was refused, and no piece of its sealed parts as ru-example has them; the same search finds what was permitted."""
    def rows(authority, query):
        state, key = authority.directory / "state", opened_store.key_of(authority.directory)
        return opened_store.rows(state, key, story.base / "opened.db", query)

    refused = story.withheld - story.given
    known = {value.hex() for (value,) in rows(story.kz, "SELECT id FROM message UNION SELECT carrier FROM permit")}
    content = opened_store.everything(story.kz.directory / "state", opened_store.key_of(story.kz.directory))
    sealed = rows(story.ru, "SELECT m.id, b.ciphertexts FROM message m JOIN body b USING (ordinal)")
    found = {message.hex() for message, parts in sealed if erasure.count_in(content, [parts])}
    expect("of what was permitted, not found", story.given - known, set())
    expect("of what was refused, rows", refused & known, set())
    expect("of what was refused, sealed parts", refused & found, set())
    if not story.given & found or len(refused & {message.hex() for message, _ in sealed}) < len(ROWS):
        raise Failed("the search would prove nothing")


def play(story, row, column):
    getattr(row, column)(story)
    print(f"ok {column}: {row.name}", flush=True)


def act(build, base, running):
    story = Story(base, *bring_up(build, base, running))
    for row in (*ROWS, REVOKED, REPLAYED):
        play(story, row, "honest")
    story.restart(story.ru, story.second, program="chanceryd-patched")
    for row in (*ROWS, REVOKED):
        play(story, row, "patched")
    play_with_other_clocks(story, play)
    play(story, REPLAYED, "patched")
    trial.check_logs([TEXT, PASTED], *story.everybody)
    trial.check_stores(*story.everybody)
    check_store_of_the_receiver(story)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("matrix", lambda base, running: act(BUILD, base, running)))
