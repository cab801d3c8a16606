"""Rows of the consent matrix that one look at grant, permit, statement or wrap decides; those of time are in matrix_ends.py.

Each says what the holder's own daemon answers, and what the receiver answers to a patched one. Where an honest daemon has no way to
try what a row says, its column is the nearest that its officer can do.
"""

from authorities import ROOT, wait_for
from consent import approved, data, expect
from matrix_ends import Row, from_now

OTHER_TEXT = ROOT / "config/demo/notice.md"
QUOTE = """---
agreement: sco-2009
threats: sco-2009/2/3
directions: sco-2009/3/5
label: restricted
to: kz-example
---
## ru
# Сообщение
{text}
{more}
"""
PASTED = "регистрационные данные управляющих узлов передаются только для вашей проверки"  # of the notice


class NoGrant(Row):
    name = "no grant"
    codes, told = ["E-CONSENT-REQUIRED", "E-WRAP-FOREIGN"], "E-CONSENT-REQUIRED"

    def orders(self, story):
        return ["wrap"]


class NoPermit(Row):
    """An honest holder waits for its provider; what waited goes in the end, as no other row may."""

    name = "no permit"
    codes, told = ["E-PERMIT-REQUIRED", "E-WRAP-FOREIGN"], "E-PERMIT-REQUIRED"

    def honest(self, story):
        self.prepare(story)
        story.grant(self.original, story.ru, [story.kz], "--uses", "9")
        story.cn.stop()
        forward = story.forward(self.original)
        story.waits_for(forward, "E-PERMIT-AWAITED")
        story.is_not_at_kz(forward)
        story.cn.start()
        story.delivered(forward)


class PermitReused(Row):
    """The honest daemon asks for every use, and none is left."""

    name = "permit reused"
    codes, told = ["E-PERMIT-MISMATCH"], "E-PERMIT-MISMATCH"
    first = None

    def honest(self, story):
        self.prepare(story)
        story.grant(self.original, story.ru, [story.kz], "--uses", "1")
        self.first = story.delivered(story.forward(self.original))
        story.refused_by_its_provider(self.original, story.forward(self.original), "E-CONSENT-USED-UP")

    def orders(self, story):
        return [f"show-permits {self.first} kz-example"]


REUSED = PermitReused()


class UsedUp(PermitReused):
    """How many uses are left its provider alone knows: of one without a permit the receiver says that it has none."""

    name = "used up"
    codes, told = NoPermit.codes, NoPermit.told

    def orders(self, story):
        return []


class WrongMessage(Row):
    name = "wrong message"
    codes, told = ["E-CONSENT-REQUIRED", "E-PERMIT-MISMATCH", "E-WRAP-FOREIGN"], "E-PERMIT-MISMATCH"

    def prepare(self, story):
        self.original = story.notice(story.ru, draft=OTHER_TEXT)

    def orders(self, story):
        return REUSED.orders(story)


class OlderDigest(Row):
    """The text that was permitted, sent anew by its provider: permitted is a message, not what it says."""

    name = "older digest"
    codes, told = WrongMessage.codes, WrongMessage.told

    def orders(self, story):
        return REUSED.orders(story)


class OtherReceiver(Row):
    """Permitted is cn-second, and has its permit: of the very carrier that goes to kz-example, too."""

    name = "other receiver"
    desk = "E-CONSENT-SCOPE"
    codes, told = ["E-CONSENT-SCOPE", "E-PERMIT-MISMATCH"], "E-PERMIT-MISMATCH"

    def prepare(self, story):
        super().prepare(story)
        self.grant = story.grant(self.original, story.ru, [story.second])

    def patched(self, story):
        story.orders("ask", "hold")
        forward = story.forward(self.original, [story.kz, story.second])
        story.waits_for(forward, "E-MALFORMED", story.second)
        story.orders(f"show-permits {forward} cn-second", f"show-grant {self.grant}")
        self.is_refused_at_kz(story, forward)
        wait_for(lambda: story.stage(forward, story.second) == "refused", "cn-second does not share it with kz-example", 60)


class OtherHolder(Row):
    """cn-second is permitted to pass it on, and has: to ru-example, which keeps the permit it came by."""

    name = "other holder"
    desk = "E-CONSENT-SCOPE"
    codes, told = ["E-CONSENT-REQUIRED", "E-CONSENT-SCOPE", "E-PERMIT-MISMATCH"], "E-CONSENT-REQUIRED"

    def prepare(self, story):
        self.original = story.notice(story.second)
        story.grant(self.original, story.second, [story.kz, story.ru])
        self.came = story.delivered(story.forward(self.original, [story.ru], holder=story.second), story.ru, story.second)

    def orders(self, story):
        return [f"show-permits {self.came} ru-example"]


class OtherVerb(Row):
    """It may be made public, and was."""

    name = "other verb"
    desk = "E-CONSENT-SCOPE"
    codes, told = ["E-CONSENT-SCOPE", "E-PERMIT-MISMATCH", "E-WRAP-FOREIGN"], "E-PERMIT-MISMATCH"

    def prepare(self, story):
        super().prepare(story)
        self.grant = story.grant(self.original, story.ru, ["public:press"])
        number = approved(story.ru, "disclose", self.original, "--to", "public:press")
        story.ru.must("publish", number, "-O", story.base / "public.txt", context="wang")
        self.disclosure = story.id_of(story.ru, number)

    def orders(self, story):
        return [f"show-permits {self.disclosure} -", f"show-grant {self.grant}"]


class PartOutsideExtent(Row):
    """Permitted is part 0, and has gone."""

    name = "part outside extent"
    desk = "E-CONSENT-SCOPE"
    words = ("--extent", "0,1")
    codes, told = ["E-CONSENT-SCOPE", "E-PERMIT-MISMATCH"], "E-PERMIT-MISMATCH"

    def prepare(self, story):
        super().prepare(story)
        story.grant(self.original, story.ru, [story.kz], "--extent", "0")
        self.part = story.delivered(story.forward(self.original, None, "--extent", "0"))

    def orders(self, story):
        return [f"show-permits {self.part} kz-example"]


class NotYetValid(Row):
    name = "not yet valid"
    desk = "E-CONSENT-NOT-YET"
    codes, told = ["E-CONSENT-NOT-YET", "E-WRAP-FOREIGN"], "E-CONSENT-NOT-YET"

    def prepare(self, story):
        super().prepare(story)
        story.grant(self.original, story.ru, [story.kz], "--from", from_now(days=2), "--until", from_now(days=9))


class SignedByTheRelay(Row):
    """cn-second, by which ru-example has it, permits in its own name, and signs a permit when it is asked."""

    name = "signed by the relay"
    codes, told = ["E-CONSENT-REQUIRED", "E-WRAP-FOREIGN"], "E-CONSENT-REQUIRED"

    def prepare(self, story):
        self.original = story.notice(story.second)
        story.grant(self.original, story.second, [story.ru])
        story.delivered(story.forward(self.original, [story.ru], holder=story.second), story.ru, story.second)

    def honest(self, story):
        super().honest(story)
        story.refused_at_the_desk(self.original, "E-CONSENT-TERMS", self.article, "consent", "grant", "--original", self.original,
                                  "--holder", "ru-example", "--to", "kz-example", holder=story.second)

    def orders(self, story):
        grant = story.grant(self.original, story.ru, [story.kz], by=story.second)
        wait_for(lambda: story.stage(grant, story.ru, story.second) == "refused", "ru-example refuses that permission", 60)
        return [f"ask-of cn-second {grant}"]


class SignedByAColleague(SignedByTheRelay):
    """cn-second, of the provider's Party and in the audience."""

    name = "signed by a colleague authority"

    def prepare(self, story):
        self.original = story.notice(story.ru, story.second)


class LabelAltered(Row):
    """It is nobody's word any more: rejected, with nobody's signature, and its provider hears nothing, until it comes with its own
    label. The honest daemon lets its officers write no laxer mark."""

    name = "label altered"
    desk = "E-LABEL-LAXER"
    codes, told = NoGrant.codes, NoGrant.told

    def is_refused_at_the_desk(self, story):
        story.refused_at_the_desk(self.original, self.desk, self.article, "label", "handle", self.original, "--label", "open")

    def patched(self, story):
        story.orders("relabel")
        forward = story.forward(self.original)
        story.waits_for(forward, "E-VERIFY-SIGNATURE")
        story.is_not_at_kz(forward)
        expect("told", story.steps(self.original, forward), [])
        story.orders()
        self.is_refused_at_kz(story, forward)


class WithoutItsProof(Row):
    """A text of its own that names its source. The honest daemon sends every proof it has, and asks first whether it may."""

    name = "source named without its proof"
    codes, told = ["E-SOURCE-UNPROVEN"], "E-SOURCE-UNPROVEN"

    def draft(self, story):
        file = story.base / "draft.md"
        source = f"## sources\n- {self.original[12:22]} quotes"
        file.write_text(QUOTE.format(text="Узлы указаны в сообщении.", more=source), encoding="utf-8")
        return file

    def is_refused_at_the_desk(self, story):
        story.refused_at_the_desk(self.original, self.desk, self.article, "send", self.draft(story))

    def patched(self, story):
        story.orders("unproven")
        number = approved(story.ru, "send", self.draft(story), "--again")
        self.is_refused_at_kz(story, story.id_of(story.ru, number))


class TextNotNamed(WithoutItsProof):
    """Noticed by its holder's own daemon alone. Of a patched one nothing is promised: who does not hold the source cannot know its
    text, and who does, as kz-example from other rows, compares nothing that comes in. It comes, in the name of ru-example alone, and
    its provider hears nothing."""

    name = "text of a held source not named (not promised of a patched holder)"
    desk = "E-QUOTE-UNDECLARED"

    def draft(self, story):
        file = story.base / "draft.md"
        file.write_text(QUOTE.format(text=f"Партнёры пишут: {PASTED}.", more=""), encoding="utf-8")
        return file

    def patched(self, story):
        sent = story.id_of(story.ru, approved(story.ru, "send", self.draft(story), "--again"))
        story.delivered(sent)
        (view,) = data(story.kz, "inbox", sent)["messages"]
        expect("whose word", (view["originator"], view["sources"], view["providers"]), ("ru-example", [], ["ru-example"]))
        expect("told", story.steps(self.original, sent), [])


class WrapMadeByTheHolder(Row):
    """Permission, permit and its wrap are there; one of the holder's beside them is too much. The honest daemon makes none of what is
    protected, and refuses without a permission."""

    name = "wrap made by the holder"
    codes, told = ["E-WRAP-FOREIGN"], "E-WRAP-FOREIGN"

    def patched(self, story):
        story.grant(self.original, story.ru, [story.kz])
        super().patched(story)

    def orders(self, story):
        return ["wrap", "ask"]


ROWS = [NoGrant(), NoPermit(), REUSED, WrongMessage(), OlderDigest(), OtherReceiver(), OtherHolder(), OtherVerb(),
        PartOutsideExtent(), NotYetValid(), UsedUp(), SignedByTheRelay(), SignedByAColleague(), LabelAltered(), WithoutItsProof(),
        TextNotNamed(), WrapMadeByTheHolder()]
