"""A row of the consent matrix, and those in which something was permitted once: revoked, run out, by a clock that is behind."""

import shutil
from datetime import datetime, timedelta, timezone

import trial
from authorities import Failed, wait_for
from consent import expect


def from_now(**ahead):
    return (datetime.now(timezone.utc) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Row:
    """`desk`: the code with which the honest holder's daemon refuses under `article`, before anything is signed. `codes`: all reasons
    of the receiver; `told`: the one that the provider hears. `words` are those of the forward."""

    name = ""
    desk, article = "E-CONSENT-REQUIRED", "6(3)"
    codes, told = [], ""
    words = ()
    original = None

    def prepare(self, story):
        self.original = story.notice(story.ru)

    def honest(self, story):
        self.prepare(story)
        self.is_refused_at_the_desk(story)

    def is_refused_at_the_desk(self, story):
        story.refused_at_the_desk(self.original, self.desk, self.article, "forward", self.original, "--to", "kz-example",
                                  *self.words)

    def orders(self, story):  # pylint: disable=unused-argument
        """What the patched holder does and shows; nothing: it makes no wrap, asks for no permit, and has none."""
        return []

    def patched(self, story):
        story.orders(*self.orders(story))
        self.is_refused_at_kz(story, story.forward(self.original, None, *self.words))

    def is_refused_at_kz(self, story, forward):
        story.refused_by_its_receiver(self.original, forward, self.codes, self.told)


def held_back(story, original):
    """A forward that has its permit, and that kz-example has not taken in: what came was spoiled."""
    story.orders("ask", "hold")
    forward = story.forward(original)
    story.waits_for(forward, "E-MALFORMED")
    return forward


class Revoked(Row):
    """With the very permit that was given for this step while the consent lived."""

    name = "revoked"
    desk = "E-CONSENT-REVOKED"
    codes, told = ["E-CONSENT-REVOKED"], "E-CONSENT-REVOKED"

    def prepare(self, story):
        super().prepare(story)
        story.revoke(story.grant(self.original, story.ru, [story.kz]))

    def patched(self, story):
        grant = story.grant(self.original, story.ru, [story.kz])
        forward = held_back(story, self.original)
        story.revoke(grant)
        story.orders()
        self.is_refused_at_kz(story, forward)


class RevokedAndReplayed(Revoked):
    """kz-example had it, locked it, and starts again. Then comes what was held back; and ru-example, on an older copy of its own store,
    sends once more what it has sent, bit for bit: it has the same answer again, and nothing is unlocked."""

    name = "revoked and replayed after the receiver's restart"

    def honest(self, story):
        Row.prepare(self, story)
        grant = story.grant(self.original, story.ru, [story.kz])
        forward = story.delivered(story.forward(self.original))
        story.revoke(grant)
        story.restart(story.kz, story.ru)
        self.is_refused_at_the_desk(story)
        self.is_locked(story, forward)

    def is_locked(self, story, forward):
        wait_for(lambda: [step[2] for step in story.steps(self.original, forward)] == ["locked"], "cn-example hears of the lock", 60)
        shown = story.kz.run("show", forward, context="wang")
        if shown.code != 5 or "E-COPY-LOCKED" not in shown.err:
            raise Failed(f"{forward[:12]} at kz-example: {shown.code} {shown.err}")

    def patched(self, story):
        Row.prepare(self, story)
        grant = story.grant(self.original, story.ru, [story.kz], "--uses", "2")
        forward = held_back(story, self.original)
        story.ru.stop()
        state, checkpoint, older = story.ru.directory / "state", story.ru.directory / "checkpoint", story.base / "older"
        shutil.copytree(state, older)
        shutil.copy2(checkpoint, story.base / "older-checkpoint")
        story.restart(story.ru)
        story.orders()
        story.delivered(forward)
        late = held_back(story, self.original)
        story.revoke(grant)
        story.restart(story.kz)
        story.orders()
        self.is_refused_at_kz(story, late)
        story.ru.stop()
        shutil.rmtree(state)
        older.rename(state)
        (story.base / "older-checkpoint").rename(checkpoint)
        before = trial.ids(story.kz, "inbox")
        story.restart(story.ru)
        story.delivered(forward)
        expect("inbox of kz-example", trial.ids(story.kz, "inbox"), before)
        self.is_locked(story, forward)


class HoldersClockSlow(Row):
    """The permission has ended, and the permit at hand; by the holder's clock both run. Its provider says no, or its receiver."""

    name = "holder's clock slow"
    codes, told = ["E-PERMIT-EXPIRED"], "E-PERMIT-EXPIRED"

    def before(self, story):
        self.prepare(story)
        story.grant(self.original, story.ru, [story.kz], "--until", from_now(minutes=20), "--uses", "2")
        self.forward = held_back(story, self.original)

    def patched(self, story):
        story.orders()
        self.is_refused_at_kz(story, self.forward)

    def honest(self, story):
        story.refused_by_its_provider(self.original, story.forward(self.original), "E-CONSENT-EXPIRED")


class Expired(Row):
    """The permission has ended; of the patched holder the permit, which he did not use in time."""

    name = "expired"
    desk = "E-CONSENT-EXPIRED"
    codes, told = ["E-PERMIT-EXPIRED"], "E-PERMIT-EXPIRED"

    def before(self, story):
        self.prepare(story)
        story.grant(self.original, story.ru, [story.kz], "--until", from_now(minutes=20))

    def honest(self, story):
        self.is_refused_at_the_desk(story)

    def hold(self, story):
        story.grant(self.original, story.ru, [story.kz])
        self.forward = held_back(story, self.original)

    def patched(self, story):
        story.orders()
        self.is_refused_at_kz(story, self.forward)


REVOKED, REPLAYED, SLOW, EXPIRED = Revoked(), RevokedAndReplayed(), HoldersClockSlow(), Expired()


def play_with_other_clocks(story, play):
    """The others' clocks go half an hour ahead of ru-example's, then its own with them, then all once more."""
    EXPIRED.before(story)
    SLOW.before(story)
    story.restart(story.cn, story.kz, story.second, program="chanceryd-later", ahead=1800)
    play(story, SLOW, "patched")
    story.restart(story.ru, program="chanceryd")
    play(story, SLOW, "honest")
    story.restart(story.ru, program="chanceryd-later", ahead=1800)
    play(story, EXPIRED, "honest")
    story.restart(story.ru, program="chanceryd-patched")
    EXPIRED.hold(story)
    story.restart(*story.everybody, ahead=3600)
    play(story, EXPIRED, "patched")
