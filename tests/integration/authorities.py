"""Example authorities on loopback: each with its own anchor, certificates, keys, database, daemon and people.

Everything is done with the programs a person would use; nothing here knows a file format.
"""

import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import log_lines

ROOT = Path(__file__).resolve().parent.parent.parent
PARTY_STATUS = ROOT / "config/demo/party_status.toml"


def free_port():
    """None of those that the kernel gives to connections: a daemon that starts again finds its port as it left it, whatever
    runs beside it."""
    given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    while True:
        port = random.randrange(10000, max(given, 20000))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Failed(Exception):
    """A command did not do what it was expected to."""


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


class Authority:
    """One authority: `cn-example` of Party CN, with an administrator, an officer, an approver and an auditor."""

    HOST = "127.0.0.1"
    PEOPLE = {"wang": "officer", "li": "approver", "zhao": "auditor"}
    # What the C++ library says when a fault of a test ends the process.
    FOREIGN = ("terminate called", "  what():")

    def __init__(self, base, name, build, port=None, env=None):
        self.name = name
        self.code = name.split("-")[0]
        self.party = self.code.upper()
        self.directory = Path(base) / self.code
        self.build = Path(build)
        self.port = port or free_port()
        self.process = None
        self.daemon = "chanceryd"
        self.init_options = ()  # beyond those that everybody gets
        self.log = self.directory / "daemon.log"
        self.env = {**os.environ, "CHANCERY_CONFIG": str(Path(base) / "contexts.toml"), "CHANCERY_LANG": "en",
                    "NO_COLOR": "1", **(env or {})}

    # ---- programs

    def run(self, *args, context=None, stdin=subprocess.DEVNULL, env=None, timeout=60):
        """`chancery` as this authority's person; context "wang" is cn-wang."""
        command = [self.build / "client/chancery"]
        if context:
            command += ["-c", f"{self.code}-{context}"]
        done = subprocess.run([*command, *args], capture_output=True, text=True, check=False, stdin=stdin,
                              env={**self.env, **(env or {})}, timeout=timeout)
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *args, **kwargs):
        result = self.run(*args, **kwargs)
        if result.code != 0:
            raise Failed(f"chancery {' '.join(map(str, args))}: exit {result.code}\n{result.out}{result.err}")
        return result.out

    def as_officer(self, *args, **kwargs):
        return self.run(*args, context=self.person("officer"), **kwargs)

    def as_approver(self, *args, **kwargs):
        return self.run(*args, context=self.person("approver"), **kwargs)

    def person(self, role):
        return next(name for name, has in self.people().items() if has == role)

    def people(self):
        return self.PEOPLE

    # ---- life

    def initialise(self, party_status):
        """Keys, anchor, certificates, settings, a designation signed by the anchor, the administrator."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.must("init", "--authority", self.name, "--party", self.party, "--agreement", "sco-2009,cn-ru-2015"
                  if self.party in ("CN", "RU") else "sco-2009", "--endpoint", f"{self.HOST}:{self.port}",
                  "--data", ROOT / "config", "--party-status", party_status, "--directory", self.directory, *self.init_options)
        self.must("designation", "sign", "--directory", self.directory)

    def add_context(self, person, stem):
        self.must("context", "add", f"{self.code}-{person}", "--socket", self.socket(), "--server-certificate",
                  self.directory / "keys/tls.pem", "--key", f"{stem}.key", "--certificate", f"{stem}.pem",
                  "--data", ROOT / "config")

    def start(self, wait=60.0, preload=None, prepare=None):
        """Until it serves its people."""
        self.launch(preload, prepare)
        self.await_ready(wait)

    def launch(self, preload=None, prepare=None):
        """`prepare` runs in the new process, before the daemon does."""
        env = dict(self.env)
        if preload:
            env.update(preload)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.build / self.daemon_path(), "--config", self.directory / "daemon.toml"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True, preexec_fn=prepare)

    def await_ready(self, wait):
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"{self.name}: daemon ended with {self.process.returncode}\n{self.tail()}")
            if self.ready():
                return
            time.sleep(0.02)
        raise Failed(f"{self.name}: daemon not ready after {wait} s\n{self.tail()}")

    def daemon_path(self):
        return {"chanceryd": "daemon/chanceryd"}.get(self.daemon, f"tests/{self.daemon}")

    def ready(self):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket()))
                return True
            except OSError:
                return False

    def socket(self):
        return self.directory / "desk.sock"

    def tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def stop(self, wait=20.0):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failed(f"{self.name}: daemon did not stop on SIGTERM") from None
            self.check_log()
        self.process = None

    def kill(self):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def check_log(self):
        """Whatever it wrote so far is an event of its table."""
        strange = [line for line in log_lines.strange(self.log.read_text(errors="replace"))
                   if not line.startswith(self.FOREIGN)]
        if strange:
            raise Failed(f"{self.name}: {len(strange)} lines of the log are no events of the table:\n"
                         + "\n".join(strange[:10]))

    def check_alive(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name}: daemon ended with {self.process.returncode}")

    def status(self):
        """What `chancery status` tells the administrator; None while the daemon does not answer."""
        answer = self.run("status", "-o", "json", context="admin")
        return json.loads(answer.out)["data"] if answer.code == 0 else None

    def fsck(self):
        """Exit code and report; the daemon must not run."""
        done = subprocess.run([self.build / "daemon/chanceryd", "fsck", "--config", self.directory / "daemon.toml"],
                              capture_output=True, text=True, check=False, env=self.env)
        return Result(done.returncode, done.stdout, done.stderr)


def settle(authority, party_status=PARTY_STATUS):
    """Initialised and running, with its people."""
    authority.initialise(party_status)
    authority.start()
    authority.add_context("admin", authority.directory / "admin/administrator")
    people = authority.directory / "people"
    for person, role in authority.people().items():
        authority.must("user", "key", person, "--directory", people)
        authority.must("user", "add", person, "--role", role, "--clearance", "state-secret",
                       "--certificate", people / f"{person}.pem", context="admin")
        authority.add_context(person, people / person)


def bring_up(base, names, build, party_status=PARTY_STATUS, keep=None, init_options=None):
    """All of them running, known to each other, verified, with their people; returns them by code. `keep` gets each as soon as
    it exists, for whoever has to stop them when this fails. `init_options`: of some of them, by name."""
    all_of_them = {}
    for name in names:
        authority = Authority(base, name, build)
        authority.init_options = (init_options or {}).get(name, ())
        if keep is not None:
            keep.append(authority)
        settle(authority, party_status)
        all_of_them[authority.code] = authority
    for one, other in itertools.combinations(all_of_them.values(), 2):
        acquaint(one, other)
    for one in all_of_them.values():
        wait_for(lambda a=one: connected(a, len(all_of_them) - 1), f"{one.name} connected to its peers", 30)
    return all_of_them


def acquaint(one, other):
    introduce(one, other)
    introduce(other, one)


def introduce(one, other):
    """`one` learns of `other` and its administrator confirms the anchor compared out of band."""
    bundle = other.directory / "keys/designation.bundle"
    shown = one.must("designation", "show", bundle)
    anchor = re.search(r"sha256:[0-9a-f]{64}", shown).group(0)
    one.must("peer", "add", bundle, context="admin")
    one.must("peer", "verify", other.name, "--anchor", anchor, context="admin")


def agree_crypto_policy(proposer, others, witnesses=(), agreement="sco-2009", suites=()):
    """Proposed and accepted by two persons each, of each Party one authority; in force at all of them, and at those that hear of it.
    Electronic consent rests on it."""
    release(proposer, "policy", "propose", agreement, *(("--suites", ",".join(suites)) if suites else ()))
    for other in others:
        wait_for(lambda a=other: versions(a), f"the proposal at {other.name}", 30)
        release(other, "policy", "accept", versions(other)[-1]["number"])
    for one in (proposer, *others, *witnesses):
        wait_for(lambda a=one: (versions(a) or [{}])[-1].get("state") == "in-force", f"the policy in force at {one.name}", 30)


def versions(authority):
    """Of every joint act, as its officer sees them."""
    subjects = json.loads(authority.must("policy", "show", "-o", "json", context=authority.person("officer")))["data"]
    return [version for subject in subjects.get("subjects", []) for version in subject["versions"]]


def release(authority, *words):
    """Written by the officer, released by the approver: the number it got."""
    draft = authority.must(*words, "--yes", "-o", "id", context=authority.person("officer")).split()[-1]
    return authority.must("approve", draft, "--yes", "-o", "id", context=authority.person("approver")).split()[-1]


def connected(authority, peers):
    views = (authority.status() or {}).get("peers", [])
    return sum(1 for view in views if view.get("connected") and view.get("sealKeyUntil")) >= peers


def wait_for(condition, what, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise Failed(f"not within {seconds} s: {what}")
