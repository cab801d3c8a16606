#!/usr/bin/python3
"""A signing key in a token of SoftHSM, between real daemons: cn-example signs by it, ru-example has its key in a file.

token_key.py BUILD: the key is made in the token with standard tools and never leaves it; what cn-example signs verifies with openssl
under the key that the token gives out. The daemon is killed and started again; the token is taken away from it while it runs and given
back: meanwhile nothing is signed or taken in, and nothing is lost. A wrong PIN, object, token or library stops a start with its reason.
The key is rotated to another one in the token under load: nothing is lost, and what the old one signed still verifies.
Says that it is skipped, with exit 77, where a package is missing or the daemon is built with the address sanitizer.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import authorities
import trial
from authorities import Failed, wait_for
from consent import delivery, expect

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PROVIDER = Path("/usr/lib/x86_64-linux-gnu/ossl-modules/pkcs11.so")
URI, LATER = "pkcs11:token=chancery;object=sign", "pkcs11:token=chancery;object=later"
PIN, SO_PIN, WRONG_PIN = "271828", "31415926", "000000"
TYPES = {"p256": "EC:prime256v1", "ed25519": "EC:edwards25519"}
TEXT = "линия связи учебной сети отключается"


def missing(build):
    """What this machine lacks. The provider loads a library with RTLD_DEEPBIND, which ends a process under the address sanitizer."""
    tools = [tool for tool in ("softhsm2-util", "pkcs11-tool", "curl") if shutil.which(tool) is None]
    sanitized = b"__asan_init" in (build / "daemon/chanceryd").read_bytes()
    return tools + [str(path) for path in (MODULE, PROVIDER) if not path.exists()] + ["a daemon without sanitizer"] * sanitized


def pkcs11_tool(*words, label="chancery"):
    return subprocess.run(["pkcs11-tool", "--module", MODULE, "--token-label", label, *words], check=True, capture_output=True).stdout


class Token:
    def __init__(self, base):
        self.folder, self.away, self.pin = base / "tokens", base / "away", base / "pin"
        self.folder.mkdir()
        settings = base / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {self.folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(settings)
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "chancery", "--pin", PIN, "--so-pin", SO_PIN],
                       check=True, capture_output=True)
        for label, suite, key in (("sign", "p256", "01"), ("edwards", "ed25519", "02"), ("later", "p256", "03")):
            pkcs11_tool("--login", "--pin", PIN, "--keypairgen", "--key-type", TYPES[suite], "--usage-sign", "--label", label, "--id", key)
        self.pin.write_text(PIN + "\n")
        self.pin.chmod(0o600)

    def take_away(self):
        self.folder.rename(self.away)
        self.folder.mkdir()

    def give_back(self):
        self.folder.rmdir()
        self.away.rename(self.folder)


class Story:
    def __init__(self, token, cn, ru, base):
        self.token, self.cn, self.ru, self.base = token, cn, ru, base
        self.draft = base / "draft.md"
        notice = (authorities.ROOT / "config/demo/notice-open.md").read_text()
        self.draft.write_text(notice.replace("kz-example", "ru-example").replace("{number}", "1"))

    def sent(self):
        result = self.cn.run("send", self.draft, "--yes", "--again", context="wang")
        return result.code, result.err

    def health(self):
        return subprocess.run([self.cn.build / "daemon/chanceryd", "health", "--config", self.cn.directory / "daemon.toml"],
                              capture_output=True, check=False, env=self.cn.env).returncode

    def doctor(self):
        """Codes of errors and warnings."""
        done = subprocess.run([self.cn.build / "daemon/chanceryd", "doctor", "--config", self.cn.directory / "daemon.toml"],
                              capture_output=True, text=True, check=False, env=self.cn.env)
        return set(re.findall(r"\bD-[A-Z-]+", done.stdout)), done.stdout

    def metric(self, name, labels=""):
        text = subprocess.run(["curl", "-sS", "--unix-socket", self.cn.directory / "metrics.sock", "http://local/metrics"],
                              capture_output=True, text=True, check=True).stdout
        return float(re.search(rf"^{name}{labels} (\S+)$", text, re.M).group(1))

    def told(self, event):
        return self.cn.log.read_text().count(f'event="{event}"')


def keeps_its_key_in_the_token(story):
    keys = story.cn.directory / "keys"
    expect("sign.key", (keys / "sign.key").exists(), False)
    expect("the PIN", ((keys / "token.pin").read_text(), (keys / "token.pin").stat().st_mode & 0o777), (PIN + "\n", 0o600))
    process = Path(f"/proc/{story.cn.process.pid}")
    for place in (story.cn.directory / "daemon.toml", process / "cmdline", process / "environ"):
        expect(f"the PIN in {place}", PIN.encode() in place.read_bytes(), False)
    expect("doctor", "D-TOKEN" in story.doctor()[0], False)


def signs_what_openssl_verifies(story):
    for sender, recipient in ((story.cn, story.ru), (story.ru, story.cn)):
        for number in trial.submit(sender, recipient, 20, per_frame=20):
            wait_for(lambda a=sender, n=number: delivery(a, n)[0] == "delivered", f"delivered by {recipient.name}", 30)
    (story.number,) = trial.submit(story.cn, story.ru, 1)
    is_signed_by(story, story.number, "sign")


def is_signed_by(story, number, label):
    """The evidence of a message verifies, under the certificate of this key of the token."""
    folder = Path(tempfile.mkdtemp(dir=story.base)) / "evidence"
    story.cn.must("export", number, "--out", folder, context="wang")
    checked = subprocess.run(["sh", folder / "verify.sh"], cwd=folder, capture_output=True, text=True, check=False)
    expect(f"verify.sh: {checked.stdout}{checked.stderr}", checked.returncode, 0)
    expect("the key of the certificate is that of the token", public_key(folder / "certificate.pem"), exported_key(label))


def exported_key(label):
    return pkcs11_tool("--read-object", "--type", "pubkey", "--label", label)


def public_key(certificate):
    shown = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True)
    return subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=shown.stdout, check=True, capture_output=True).stdout


def is_killed_and_starts_again(story):
    load = trial.Load(story.cn, story.ru, 200, next(trial.SEEDS), per_frame=4)
    load.await_answers(20)
    story.cn.kill()
    load.end(30)
    kept = set(load.answers()[0].values())
    story.cn.start()
    wait_for(lambda: trial.answered(story.cn), "everything answered", 60)
    expect("acknowledged and lost", kept - set(trial.ids(story.cn, "outbox")), set())


def stops_signing_without_the_token_and_goes_on(story):
    received = len(trial.ids(story.cn, "inbox"))
    story.token.take_away()
    wait_for(lambda: story.sent()[0] != 0, "a refusal", 10)
    code, said = story.sent()
    expect(f"refused: {said}", (code, "E-SIGN-KEY-AWAY" in said), (7, True))
    wait_for(lambda: story.health() == 10, "NOT_SERVING", 10)
    expect("the metric", story.metric("chancery_signing_key_reachable"), 0.0)
    expect("doctor", "D-TOKEN" in story.doctor()[0], True)
    came = trial.ids(story.cn, "inbox")[0]
    answer = story.cn.run("ack", came, context="wang")
    expect(f"ack: {answer.err}", (answer.code, "E-SIGN-KEY-AWAY" in answer.err), (7, True))
    expect("what is there is read", story.cn.run("show", came, context="wang").code, 0)
    before = set(trial.ids(story.cn, "outbox"))
    waiting = trial.submit(story.ru, story.cn, 5)
    wait_for(lambda: all(delivery(story.ru, number)[2] == "E-NOT-NOW" for number in waiting), "deferred", 30)
    expect("taken in meanwhile", len(trial.ids(story.cn, "inbox")), received)
    expect("kept of what was refused", set(trial.ids(story.cn, "outbox")), before)
    story.token.give_back()
    wait_for(lambda: story.health() == 0, "SERVING", 15)
    wait_for(lambda: all(delivery(story.ru, number)[0] == "delivered" for number in waiting), "delivered", 60)
    expect("sent again", story.sent()[0], 0)
    expect("ack again", story.cn.run("ack", came, context="wang").code, 0)
    expect("the metric", story.metric("chancery_signing_key_reachable"), 1.0)
    for event in ("signer.lost", "signer.back"):
        expect(event, (story.told(event), story.metric("chancery_log_events_total", f'{{event="{event}"}}')), (1, 1.0))


def refusal(story, *changes, pin=None, mode=0o600):
    """Exit code and words of a start under other settings or another PIN."""
    settings, file = story.cn.directory / "daemon.toml", story.cn.directory / "keys/token.pin"
    good = settings.read_text()
    text = good
    for old, new in changes:
        expect(f"{old} in the settings", old in text, True)
        text = text.replace(old, new)
    settings.write_text(text)
    file.write_text((pin or PIN) + "\n")
    file.chmod(mode)
    done = subprocess.run([story.cn.build / "daemon/chanceryd", "--config", settings], capture_output=True, text=True, check=False,
                          env=story.cn.env, timeout=60)
    doctor = story.doctor()[0]
    settings.write_text(good)
    file.write_text(PIN + "\n")
    file.chmod(0o600)
    return done.returncode, done.stderr, doctor


def says_what_is_wrong(story):
    story.cn.stop()
    for words, code, found, changes, pin, mode in (
            ("the token refuses the PIN", 3, "D-TOKEN", [], WRONG_PIN, 0o600),
            ("mode must be 0600", 3, "D-TOKEN", [], PIN, 0o644),
            ("no such private key", 3, "D-TOKEN", [("object=sign", "object=other")], PIN, 0o600),
            ("is not the certificate of pkcs11:", 3, "D-TOKEN", [("object=sign", "object=edwards")], PIN, 0o600),
            ("no such token", 1, "D-TOKEN", [("token=chancery", "token=other")], PIN, 0o600),
            ("cannot open shared object", 3, "D-TOKEN", [(str(MODULE), "/nowhere/module.so")], PIN, 0o600),
            ("must be a pkcs11: URI", 3, "D-SETTINGS", [(URI, f"{URI}?pin-value={WRONG_PIN}")], PIN, 0o600)):
        got, said, codes = refusal(story, *changes, pin=pin, mode=mode)
        if got != code or words not in said or found not in codes or PIN in said or WRONG_PIN in said:
            raise Failed(f"{words}: exit {got}, {codes}, {said}")
    story.cn.start()
    trial.submit(story.cn, story.ru, 1)


def is_refused_by_init_where_it_does_not_fit(story):
    for words, options in (("is of suite ed25519, not p256", ("--sign-key", URI.replace("sign", "edwards"))),
                           ("no such token", ("--sign-key", URI.replace("chancery", "other")))):
        folder = story.base / "never"
        result = story.cn.run("init", "--authority", "cn-second", "--party", "CN", "--agreement", "sco-2009", "--endpoint",
                              "127.0.0.1:1", "--data", authorities.ROOT / "config", "--directory", folder, *options, "--pkcs11-module",
                              MODULE, "--pin-file", story.token.pin)
        if result.code != 3 or "E-TOKEN-KEY" not in result.err or words not in result.err or folder.exists():
            raise Failed(f"{options}: {result.code} {result.err}")


def rotates_to_no_key_in_a_file(story):
    before = {path: path.stat().st_mtime_ns for path in story.cn.directory.rglob("*") if "state" not in path.parts}
    result = story.cn.run("designation", "next", "--directory", story.cn.directory, "--rotate", "tls,sign")
    expect(result.err, (result.code, "E-TOKEN-IN-USE" in result.err), (3, True))
    after = {path: path.stat().st_mtime_ns for path in story.cn.directory.rglob("*") if "state" not in path.parts}
    expect("what was written", {path for path in before | after if before.get(path) != after.get(path)} - {story.cn.log}, set())


def rotates_to_another_key_in_the_token(story):
    directory, settings = story.cn.directory, story.cn.directory / "daemon.toml"
    story.cn.must("designation", "next", "--directory", directory, "--rotate", "sign", "--sign-key", LATER, "--pkcs11-module", MODULE,
                  "--pin-file", story.token.pin)
    story.cn.must("designation", "sign", "--directory", directory)
    story.cn.process.send_signal(signal.SIGHUP)
    wait_for(lambda: known_serial(story) == "2", "ru-example knows the next designation", 30)
    kept = [*trial.submit(story.cn, story.ru, 50), *trial.submit(story.ru, story.cn, 50)]
    story.cn.stop()
    said = story.cn.must("designation", "switch", "--directory", directory)
    section = said[said.index("[token]\n"):]
    settings.write_text(settings.read_text().split("[token]")[0] + section)
    expect("the settings", (LATER in section, str(MODULE) in section, (directory / "keys/sign.key").exists()), (True, True, False))
    story.cn.start()
    (number,) = later = trial.submit(story.cn, story.ru, 1)
    kept += [*later, *trial.submit(story.cn, story.ru, 49), *trial.submit(story.ru, story.cn, 50)]
    wait_for(lambda: trial.answered(story.cn, story.ru), "everything answered", 60)
    there = {one for authority in (story.cn, story.ru) for one in trial.ids(authority, "outbox")}
    expect("acknowledged and lost", set(kept) - there, set())
    is_signed_by(story, number, "later")
    is_signed_by(story, story.number, "sign")


def moves_from_a_file_into_the_token(story):
    folder = story.base / "files"
    keys, previous = folder / "keys", folder / "keys/previous"
    story.cn.must("init", "--authority", "cn-second", "--party", "CN", "--agreement", "sco-2009", "--endpoint", "127.0.0.1:1", "--data",
                  authorities.ROOT / "config", "--directory", folder)
    story.cn.must("designation", "sign", "--directory", folder)
    before = (keys / "sign.key").read_bytes(), public_key(keys / "sign.pem")
    story.cn.must("designation", "next", "--directory", folder, "--rotate", "sign", "--sign-key", LATER, "--pkcs11-module", MODULE,
                  "--pin-file", story.token.pin)
    story.cn.must("designation", "sign", "--directory", folder)
    # Cut off before its last file, and called again: it says the same.
    certificate = (keys / "next/sign.pem").read_bytes()
    said = story.cn.must("designation", "switch", "--directory", folder)
    (previous / "sign.pem").rename(keys / "sign.pem")
    (keys / "next/sign.pem").write_bytes(certificate)
    expect("said again", story.cn.must("designation", "switch", "--directory", folder), said)
    expect("the key of before", ((previous / "sign.key").read_bytes(), public_key(previous / "sign.pem")), before)
    expect("the key now", (public_key(keys / "sign.pem"), (keys / "sign.key").exists()), (exported_key("later"), False))
    expect("the PIN", ((keys / "token.pin").read_text(), (keys / "token.pin").stat().st_mode & 0o777), (PIN + "\n", 0o600))


def known_serial(story):
    (peer,) = story.ru.status()["peers"]
    return str(peer["serial"])


def act(build, base, running):
    token = Token(base)
    by_code = authorities.bring_up(base, ["cn-example", "ru-example"], build, keep=running, init_options={
        "cn-example": ("--sign-key", URI, "--pkcs11-module", MODULE, "--pin-file", token.pin)})
    story = Story(token, by_code["cn"], by_code["ru"], base)
    trial.tell(story, keeps_its_key_in_the_token, signs_what_openssl_verifies, is_killed_and_starts_again,
               stops_signing_without_the_token_and_goes_on, says_what_is_wrong, is_refused_by_init_where_it_does_not_fit,
               rotates_to_no_key_in_a_file, rotates_to_another_key_in_the_token, moves_from_a_file_into_the_token)
    wait_for(lambda: trial.answered(story.cn, story.ru), "everything answered", 30)
    trial.check_logs([PIN, WRONG_PIN, TEXT], story.cn, story.ru)
    trial.check_stores(story.cn, story.ru)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    if LACK := missing(BUILD):
        print(f"SKIPPED: not here: {', '.join(LACK)}")
        sys.exit(77)
    sys.exit(trial.play("token-key", lambda base, running: act(BUILD, base, running)))
