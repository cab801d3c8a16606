#!/usr/bin/python3
"""Files that go with messages, between real daemons: cn-example sends to ru-example, ru-example passes on to kz-example.

attachments.py BUILD: what arrives is what was sent, byte for byte; a second person looks at it before it goes; an upload and a transfer
that are killed go on where they were; what came before comes no second time; small messages pass a large attachment; a forward takes
along what its parts name and nothing else; a file that is held is noticed when it is sent on without its source; erased, it is on no disk; fsck finds one byte that changed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import authorities
import trial
from authorities import Failed, wait_for
from authorities import release as approved
from consent import consents, data, delivery, expect

LARGE = 96 * 2**20 + 12345
CHUNK = 262144 + 16
NOTICE = trial.HEAD + """\
## ru
# Учение {title}

Текст номер {title}.
"""


class Story:
    def __init__(self, cn, ru, kz, base):
        self.cn, self.ru, self.kz, self.base = cn, ru, kz, base
        self.large, self.small, self.empty = base / "traffic.pcap", base / "образец.bin", base / "empty"
        self.large.write_bytes(os.urandom(LARGE))
        self.small.write_bytes(os.urandom(300_000))
        self.empty.write_bytes(b"")

    def draft(self, title, to="ru-example", label="restricted"):
        file = self.base / f"{title}.md"
        file.write_text(NOTICE.format(title=title, to=to, label=label))
        return file


def folder(authority):
    return authority.directory / "state/attachments"


def sealed(authority):
    """Complete ones: named by their root, without a suffix."""
    return sorted(path.name for path in folder(authority).iterdir() if not path.suffix)


def saved(story, authority, name, person="wang"):
    """File names and contents of all attachments of a message."""
    out = story.base / f"out-{authority.code}-{time.monotonic_ns()}"
    authority.must("attachment", "save", name, "-O", out, context=person)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def unfinished(authority, suffix=".part"):
    return sum(path.stat().st_size for path in folder(authority).iterdir() if path.suffix == suffix)


def newest(authority, kind):
    return next((view["number"] for view in trial.box(authority, "inbox") if view["kind"] == kind), None)


def arrives_as_it_was_sent(story):
    cn, ru = story.cn, story.ru
    draft = story.draft("один")
    waiting = cn.must("send", draft, "--attach", f"{story.small},{story.empty}", "--yes", "-o", "id", context="wang").strip()
    expect("what the second person sees", saved(story, cn, waiting, "li"),
           {"образец.bin": story.small.read_bytes(), "empty": b""})
    # Sent once more, because an answer may have been lost, it is the same message.
    again = cn.must("send", draft, "--attach", f"{story.small},{story.empty}", "--yes", "-o", "id", context="wang").strip()
    expect("sent once more", again, waiting)
    story.notice = cn.must("approve", waiting, "--yes", "-o", "id", context="li").strip()
    wait_for(lambda: delivery(cn, story.notice)[0] == "delivered", "it is delivered", 60)
    story.held = newest(ru, "threat-notice")
    expect("what ru-example has", saved(story, ru, story.held),
           {"образец.bin": story.small.read_bytes(), "empty": b""})
    expect("sealed alike", sealed(cn), sealed(ru))
    wait_for(lambda: unfinished(ru, ".whole") == 0, "nothing is left over", 20)
    for shown in (ru.must("show", story.held, context="wang"), ru.must("show", story.held, "-o", "json", context="wang")):
        if "образец.bin" not in shown or '"key"' in shown and '"key": ""' not in shown and '"key":""' not in shown:
            raise Failed(f"shown: {shown}")
    result = ru.run("attachment", "save", story.held, "-O", story.base, context="zhao")
    expect("an auditor", result.code, 6)


def comes_once_in_two_messages(story):
    """What came before is not sent again: the file stays the one that it was."""
    cn, ru = story.cn, story.ru
    before = {path.name: path.stat().st_ino for path in folder(ru).iterdir()}
    again = cn.must("send", story.draft("ещё"), "--attach", story.small, "--yes", "-o", "id", context="wang").strip()
    again = cn.must("approve", again, "--yes", "-o", "id", context="li").strip()
    wait_for(lambda: delivery(cn, again)[0] == "delivered", "the second message", 60)
    held = next(view["number"] for view in trial.box(ru, "inbox") if view["theirNumber"] == again)
    expect("with the second message", saved(story, ru, held), {"образец.bin": story.small.read_bytes()})
    wait_for(lambda: unfinished(ru, ".whole") == 0, "nothing is left over", 20)
    expect("the files", {path.name: path.stat().st_ino for path in folder(ru).iterdir()}, before)


def is_not_sent_on_as_a_text_of_ones_own(story):
    """The same bytes in another message that does not name where they come from."""
    own = story.draft("два", "kz-example")
    result = story.ru.run("send", own, "--attach", story.small, "--yes", context="wang")
    if result.code != 5 or "E-QUOTE-UNDECLARED" not in result.err:
        raise Failed(f"a held file in a message of its own: {result.code} {result.err}")
    other = story.base / "own.bin"
    other.write_bytes(os.urandom(300_000))
    story.ru.must("send", own, "--attach", other, "--dry-run", context="wang")


def is_saved_whatever_it_is_called(story):
    """Two of one name, one as long as a name can be; nothing is written over."""
    cn = story.cn
    twin, long = story.base / "twin", story.base / ("y" * 251 + ".txt")
    twin.mkdir()
    (twin / story.small.name).write_bytes(b"twin")
    long.write_bytes(b"long")
    waiting = cn.must("send", story.draft("имена"), "--attach", f"{story.small},{twin / story.small.name},{long}", "--yes",
                      "-o", "id", context="wang").strip()
    out = story.base / "names"
    out.mkdir()
    (out / "образец.bin.chancery-part").write_bytes(b"mine")
    cn.must("attachment", "save", waiting, "-O", out, context="li")
    expect("what is saved", {path.name: path.read_bytes() for path in out.iterdir()},
           {"образец.bin": story.small.read_bytes(), "1-образец.bin": b"twin", long.name: b"long",
            "образец.bin.chancery-part": b"mine"})
    again = cn.run("attachment", "save", waiting, "-O", out, context="li")
    if again.code != 9 or "E-FILE-EXISTS" not in again.err:
        raise Failed(f"saved over: {again.code} {again.err}")
    wrong = os.fsencode(str(story.base)) + b"/\xff\xfe"
    with open(wrong, "wb"):
        result = cn.run("send", story.draft("имена"), "--attach", os.fsdecode(wrong), "--yes", context="wang")
    if result.code != 2 or "E-FILE-NAME" not in result.err:
        raise Failed(f"a name that is no text: {result.code} {result.err}")
    cn.must("approve", waiting, "--decline", "--yes", context="li")


def upload_goes_on(story):
    """The client is killed in the middle; the next one sends the rest."""
    cn = story.cn
    story.big_draft = story.draft("три")
    command = [cn.build / "client/chancery", "-c", "cn-wang", "send", story.big_draft, "--attach", story.large, "--yes"]
    with subprocess.Popen(command, env=cn.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        wait_for(lambda: unfinished(cn) > 10 * CHUNK, "some of it is there", 60)
        client.kill()
    # The daemon takes what was on its way, and no more.
    wait_for(lambda: size_is_steady(cn), "the upload has ended", 30)
    there = unfinished(cn)
    if not 10 * CHUNK < there < LARGE:
        raise Failed(f"{there} bytes were there")
    part = next(path for path in folder(cn).iterdir() if path.suffix == ".part")
    before = part.read_bytes()[:there // CHUNK * CHUNK]
    story.big = cn.must("send", story.big_draft, "--attach", story.large, "--yes", "-o", "id", context="wang",
                        timeout=300).strip()
    whole = next(path for path in folder(cn).iterdir() if not path.suffix and path.stat().st_size > LARGE)
    expect("what was there went in unchanged", whole.read_bytes()[:len(before)] == before, True)


def size_is_steady(authority):
    before = unfinished(authority)
    time.sleep(0.3)
    return unfinished(authority) == before


def transfer_goes_on(story):
    """Both ends are killed while chunks go; what is there is not sent again, and a small message passes."""
    cn, ru = story.cn, story.ru
    big = cn.must("approve", story.big, "--yes", "-o", "id", context="li").strip()
    wait_for(lambda: unfinished(ru) > 8 * CHUNK, "chunks arrive", 60)
    ru.kill()
    there = unfinished(ru)
    if there > LARGE // 2:
        raise Failed("nearly all of it was there already: this shows nothing")
    ru.start()
    wait_for(lambda: unfinished(ru) > there + CHUNK, "it goes on", 90)
    cn.kill()
    later = unfinished(ru)
    small = story.draft("четыре", label="open")
    cn.start()
    number = cn.must("send", small, "--yes", "-o", "id", context="wang").strip()
    wait_for(lambda: delivery(cn, number)[0] == "delivered", "a small message", 90)
    if newest(ru, "threat-notice") is None or unfinished(ru, ".whole") + unfinished(ru) < later:
        raise Failed("what was there began anew")
    wait_for(lambda: delivery(cn, big)[0] == "delivered", "the large one", 300)
    held = next(view["number"] for view in trial.box(ru, "inbox") if view["theirNumber"] == big)
    expect("the large file", saved(story, ru, held), {"traffic.pcap": story.large.read_bytes()})


def passes_on_what_its_parts_name(story):
    cn, ru, kz = story.cn, story.ru, story.kz
    approved(cn, "consent", "grant", "--original", story.notice, "--holder", "ru-example", "--to", "kz-example", "--uses", "2")
    wait_for(lambda: consents(ru, "consent-grant"), "the grant at ru-example", 30)
    forward = approved(ru, "forward", story.held, "--to", "kz-example", "--extent", "0,1")
    wait_for(lambda: delivery(ru, forward)[0] == "delivered", "parts of it", 90)
    at_kz = newest(kz, "forward")
    original = data(kz, "show", at_kz)["body"]["original"]["message"]["id"]
    expect("of the parts", saved(story, kz, original), {"образец.bin": story.small.read_bytes()})
    expect("and no other file", len(sealed(kz)), 1)
    forward = approved(ru, "forward", story.held, "--to", "kz-example")
    wait_for(lambda: delivery(ru, forward)[0] == "delivered", "all of it", 90)
    expect("of the whole", saved(story, kz, original), {"образец.bin": story.small.read_bytes(), "empty": b""})


def is_gone_when_it_is_erased(story):
    kz = story.kz
    for forward in [view["number"] for view in trial.box(kz, "inbox") if view["kind"] == "forward"]:
        kz.must("erase", forward, "--yes", context="wang")
        kz.must("erase", forward, "--yes", context="li")
    expect("files at kz-example", list(folder(kz).iterdir()), [])
    result = kz.run("attachment", "save", newest(kz, "forward"), "-O", story.base, context="wang")
    if result.code != 5 or "E-NO-LONGER-HELD" not in result.err:
        raise Failed(f"an erased attachment: {result.code} {result.err}")


def is_checked_on_disk(story):
    ru = story.ru
    ru.stop()
    file = folder(ru) / sealed(ru)[-1]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    report = ru.fsck()
    if report.code == 0 or "is not what was sealed" not in report.out + report.err:
        raise Failed(f"fsck of one changed byte: {report.code} {report.out}{report.err}")
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    ru.start()


def act(build, base, running):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
    everybody = [by_code[code] for code in ("cn", "ru", "kz")]
    authorities.agree_crypto_policy(everybody[0], everybody[1:])
    story = Story(*everybody, base)
    trial.tell(story, arrives_as_it_was_sent, comes_once_in_two_messages, is_not_sent_on_as_a_text_of_ones_own,
               is_saved_whatever_it_is_called, upload_goes_on, transfer_goes_on, passes_on_what_its_parts_name, is_gone_when_it_is_erased, is_checked_on_disk)
    trial.check_logs(["образец", "traffic"], *everybody)
    trial.check_stores(*everybody)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    sys.exit(trial.play("attachments", lambda base, running: act(BUILD, base, running)))
