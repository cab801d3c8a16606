#!/usr/bin/python3
"""chanceryd as the system and its operator see it: signals, exit codes, files, keys, what it leaves in the open.

process.py BUILD [Class.test]: real daemons, started, told and stopped as an operator would.
"""

import base64
import contextlib
import ctypes
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import authorities
import log_lines
import trial
from authorities import ROOT, Authority, wait_for
from trial import Load

BUILD = None  # set by main
CANARY = "kanarienvogel-7f3a91"

NOTICE = f"""---
agreement: sco-2009
threats: sco-2009/2/6
directions: sco-2009/3/16
label: open
to: ru-example
exercise: yes
---
## ru
# Проверка {CANARY}

Текст {CANARY} сообщения.
"""


def daemon(authority, *arguments):
    """Exit code and output of a daemon that is expected to end by itself."""
    done = subprocess.run([BUILD / "daemon/chanceryd", "--config", authority.directory / "daemon.toml", *arguments],
                          capture_output=True, text=True, check=False, env=authority.env, timeout=60)
    return done.returncode, done.stdout + done.stderr


class Frozen:
    """Single threads of a process stopped, by name, as a debugger stops them; the others go on."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, pid, only=None, but=()):
        self.threads = []
        for task in Path(f"/proc/{pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            if int(task.name) != pid and name == only or only is None and int(task.name) != pid and name not in but:
                self.threads.append(int(task.name))
        assert self.threads, "no such thread"
        self.libc = ctypes.CDLL(None, use_errno=True)

    def ptrace(self, request, thread):
        if self.libc.ptrace(request, thread, None, None) < 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")

    def __enter__(self):
        for thread in self.threads:
            self.ptrace(self.SEIZE, thread)
            self.ptrace(self.INTERRUPT, thread)
            os.waitpid(thread, 0x40000000)  # __WALL
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            self.ptrace(self.DETACH, thread)


class Alone(unittest.TestCase):
    """One authority that is initialised but knows nobody; its data is a copy of its own."""

    def setUp(self):
        self.base = tempfile.TemporaryDirectory(prefix="chancery-process-")
        self.addCleanup(self.base.cleanup)
        self.cn = Authority(self.base.name, "cn-example", BUILD)
        self.addCleanup(self.cn.kill)
        self.data = Path(self.base.name) / "data"
        shutil.copytree(ROOT / "config", self.data)
        self.cn.initialise(self.data / "demo/party_status.toml")
        self.settings = self.cn.directory / "daemon.toml"
        text = self.settings.read_text(encoding="utf-8")
        self.settings.write_text(text.replace(str(ROOT / "config"), str(self.data)), encoding="utf-8")

    def start(self):
        self.cn.start()
        self.cn.add_context("admin", self.cn.directory / "admin/administrator")

    def status(self):
        return self.cn.status()

    def log_holds(self, pattern):
        return re.search(pattern, self.cn.log.read_text(errors="replace"))

    def refused_to_start(self, code, *patterns):
        got, said = daemon(self.cn)
        self.assertEqual(got, code, said)
        for pattern in patterns:
            self.assertRegex(said, pattern)
        return said


class Reload(Alone):
    def hang_up(self, pattern):
        before = len(re.findall(pattern, self.cn.log.read_text(errors="replace")))
        self.cn.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(re.findall(pattern, self.cn.log.read_text(errors="replace"))) > before, pattern, 10)

    def test_new_data_is_in_force_at_once(self):
        self.start()
        before = self.status()["data"]
        with open(self.data / "agreements/sco-2009.toml", "a", encoding="utf-8") as file:
            file.write("\n# another edition\n")
        self.hang_up('event="agreements.loaded"')
        after = self.status()["data"]
        self.assertNotEqual(after, before)
        self.assertTrue(self.log_holds(f'agreements.loaded" data="{after}"'))

    def test_a_fault_is_named_by_file_line_and_key_and_the_old_data_stays(self):
        self.start()
        before = self.status()["data"]
        file = self.data / "labels/cn-example.toml"
        good = file.read_text(encoding="utf-8")
        file.write_text("surprise = 1\n" + good, encoding="utf-8")
        self.hang_up('event="agreements.kept"')
        self.assertTrue(self.log_holds(r'agreements.fault" detail="[^"]*labels/cn-example.toml:1: surprise: '))
        self.assertTrue(self.log_holds(f'agreements.kept" data="{before}"'))
        self.assertEqual(self.status()["data"], before)
        file.write_text(good, encoding="utf-8")
        self.hang_up('event="agreements.loaded"')
        self.assertEqual(self.status()["data"], before)

    def test_the_same_faults_stop_a_start(self):
        with open(self.data / "agreements/sco-2009.toml", "a", encoding="utf-8") as file:
            file.write("\nsurprise = 1\n")
        self.refused_to_start(3, r"agreements/sco-2009.toml:[0-9]+: .*surprise")

    def test_settings_are_not_read_again(self):
        self.start()
        self.settings.write_text("nonsense", encoding="utf-8")
        self.hang_up('event="agreements.loaded"')
        self.assertEqual(self.status()["authority"], "cn-example")

    def test_a_hundred_reloads_in_a_row_change_nothing(self):
        self.start()
        before = self.status()["data"]
        for _ in range(100):
            self.cn.process.send_signal(signal.SIGHUP)
            time.sleep(0.001)
        self.hang_up('event="agreements.loaded"')
        self.assertEqual(self.status()["data"], before)


class InAFilesPlace(Alone):
    """A directory, a named pipe, or what cannot be read (EIO) stands where a file belongs."""

    KINDS = (Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/proc/self/mem"))

    @contextlib.contextmanager
    def instead_of(self, path):
        """Each in its turn; then the file again."""
        away = path.with_name(path.name + ".away")
        path.rename(away)

        def each():
            for kind in self.KINDS:
                kind(path)
                yield
                if path.is_symlink() or not path.is_dir():
                    path.unlink()
                else:
                    path.rmdir()

        yield each()
        away.rename(path)

    def faults(self, event, path):
        return len(re.findall(rf'event="{event}" [^\n]*{re.escape(str(path))}', self.cn.log.read_text(errors="replace")))

    def test_a_reload_tells_it_and_the_daemon_serves_on(self):
        lists = Path(self.base.name) / "revocation"
        lists.mkdir()
        with open(self.settings, "a", encoding="utf-8") as file:
            file.write(f'\n[revocation]\ndirectory = "{lists}"\n')
        self.start()
        for path, event in ((self.cn.directory / "keys/designation.bundle", "designation.fault"),
                            (self.data / "agreements/sco-2009.toml", "agreements.fault"),
                            (self.data / "labels/cn-example.toml", "agreements.fault"),
                            (self.data / "demo/party_status.toml", "agreements.fault")):
            with self.instead_of(path) as kinds:
                for _ in kinds:
                    before = self.faults(event, path)
                    self.cn.process.send_signal(signal.SIGHUP)
                    wait_for(lambda: self.faults(event, path) > before, f"{event} of {path}", 10)
                    self.assertEqual(self.status()["authority"], "cn-example")
        (lists / "peer.crl").symlink_to("/proc/self/mem")
        wait_for(lambda: self.faults("revocation.fault", lists / "peer.crl"), "the list that cannot be read is told", 10)
        self.assertEqual(self.status()["authority"], "cn-example")
        self.cn.stop()

    def test_a_start_and_the_doctor_name_it(self):
        for name in ("daemon.toml", "keys/sign.pem", "keys/tls.pem", "keys/sign.key", "keys/designation.bundle",
                     "admin/administrator.pem"):
            with self.instead_of(self.cn.directory / name) as kinds:
                for _ in kinds:
                    code, said = daemon(self.cn)
                    self.assertIn(code, (1, 3), said)  # unavailable, settings
                    self.assertRegex(said, re.escape(name) + r":\d*:? ")
                    doctor = subprocess.run([BUILD / "daemon/chanceryd", "doctor", "--config", self.settings],
                                            capture_output=True, text=True, check=False, env=self.cn.env, timeout=60)
                    self.assertEqual(doctor.returncode, 1, doctor.stdout + doctor.stderr)
                    self.assertIn(name, doctor.stdout)

    def test_the_client_names_it(self):
        self.start()
        path = Path(self.base.name) / "given"
        path.touch()
        with self.instead_of(path) as kinds:
            for _ in kinds:
                for words in (("peer", "add", path), ("send", path), ("designation", "show", path)):
                    said = self.cn.run(*words, context="admin", timeout=60)
                    self.assertEqual(said.code, 3, said.err)
                    self.assertIn("E-FILE", said.err)


class Supervised(Alone):
    """What the daemon tells a supervisor, on a socket of ours in systemd's place."""

    def setUp(self):
        super().setUp()
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.told.close)
        self.told.bind(self.base.name + "/notify")
        self.told.settimeout(30)

    def start_watched(self, seconds=1):
        self.cn.start(preload={"NOTIFY_SOCKET": self.base.name + "/notify", "WATCHDOG_USEC": str(seconds * 1000000)})

    def next(self):
        return self.told.recv(4096).decode().split("\n")

    def until(self, word):
        while True:
            said = self.next()
            if word in said:
                return said

    def silent_for(self, seconds):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not select.select([self.told], [], [], seconds)[0]:
                return True
            self.next()
        return False

    def health(self):
        done = subprocess.run([BUILD / "daemon/chanceryd", "health", "--config", self.settings],
                              capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout.strip()

    def test_it_is_ready_alive_reloads_and_stops(self):
        self.start_watched()
        said = self.next()
        self.assertEqual(said[0], "READY=1")
        self.assertIn(str(self.cn.socket()), said[1])
        self.until("WATCHDOG=1")
        self.until("WATCHDOG=1")
        self.assertEqual(self.health(), (0, "SERVING"))
        self.cn.process.send_signal(signal.SIGHUP)
        self.until("RELOADING=1")
        self.until("READY=1")
        self.cn.process.send_signal(signal.SIGTERM)
        self.until("STOPPING=1")
        self.assertEqual(self.cn.process.wait(20), 0)
        self.assertEqual(self.health(), (7, ""))

    def test_the_supervisors_socket_is_not_handed_on(self):
        os.environ["NOTIFY_SOCKET"] = self.base.name + "/notify"
        self.addCleanup(os.environ.pop, "NOTIFY_SOCKET")
        self.assertEqual(self.health()[0], 7)
        self.assertEqual(select.select([self.told], [], [], 0)[0], [], "a command is no daemon")

    def test_a_process_the_watchdog_is_not_for_does_not_answer_it(self):
        self.cn.start(preload={"NOTIFY_SOCKET": self.base.name + "/notify", "WATCHDOG_USEC": "1000000",
                               "WATCHDOG_PID": "1"})
        self.assertEqual(self.next()[0], "READY=1")
        self.assertEqual(select.select([self.told], [], [], 3)[0], [])

    def test_it_stays_alive_however_often_it_is_told_to_reload(self):
        self.start_watched(2)
        stop = threading.Event()
        self.addCleanup(stop.set)

        def hang_up():
            while not stop.wait(0.05):
                self.cn.process.send_signal(signal.SIGHUP)

        threading.Thread(target=hang_up, daemon=True).start()
        for _ in range(3):
            self.until("RELOADING=1")
            self.until("WATCHDOG=1")
        self.until("RELOADING=1")

    @unittest.skipUnless(os.geteuid() == 0, "needs root: the daemon is not traceable by others")
    def test_nothing_is_told_while_the_writer_stands_still(self):
        self.start_watched()
        self.until("WATCHDOG=1")
        with Frozen(self.cn.process.pid, "writer"):
            self.assertTrue(self.silent_for(3), "the watchdog is fed by a daemon that commits nothing")
            self.assertEqual(self.health(), (10, "NOT_SERVING"))
        self.until("WATCHDOG=1")
        self.assertEqual(self.health(), (0, "SERVING"))

    @unittest.skipUnless(os.geteuid() == 0, "needs root: the daemon is not traceable by others")
    def test_nothing_is_told_while_the_desk_does_not_answer(self):
        self.start_watched()
        self.until("WATCHDOG=1")
        with Frozen(self.cn.process.pid, but=("chanceryd", "writer")):
            self.assertTrue(self.silent_for(3), "the watchdog is fed by a daemon that answers nobody")
        self.until("WATCHDOG=1")


class Unit(unittest.TestCase):
    FILE = ROOT / "config/systemd/chanceryd.service"

    def test_it_is_confined(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", self.FILE],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-400:] + done.stderr)
        self.assertRegex(done.stdout, "Overall exposure level for chanceryd.service: [01][.]")

    def verify(self, *texts):
        """What systemd says of the lines of a unit."""
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / "chanceryd.service"
            unit.write_text("\n".join(texts), encoding="utf-8")
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
        return re.findall(r"chanceryd.service:[0-9]+: .*", done.stderr)

    def test_it_takes_keys_as_credentials(self):
        drop_in = (ROOT / "config/systemd/credentials.conf").read_text(encoding="utf-8")
        self.assertEqual(self.verify(self.FILE.read_text(encoding="utf-8"), drop_in), [])
        self.assertNotEqual(self.verify(self.FILE.read_text(encoding="utf-8"), drop_in + "LoadCredentail=x:y\n"), [])

    def test_every_line_of_it_is_known_to_systemd(self):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", self.FILE], capture_output=True, text=True,
                              check=False)
        others = ("is not executable", "Failed to", "SO_PASSCRED", "Unit ")
        faults = [line for line in done.stderr.splitlines() if not any(word in line for word in others)]
        self.assertEqual(faults, [])


class ExitCodes(Alone):
    def test_stopping_as_told_is_0(self):
        for by in (signal.SIGTERM, signal.SIGINT):
            self.cn.start()
            self.cn.process.send_signal(by)
            self.assertEqual(self.cn.process.wait(20), 0)
            self.assertFalse(self.cn.socket().exists(), "the socket goes with its daemon")

    def test_usage_is_2(self):
        for arguments in ([], ["--surprise"], ["fsck"], ["--config"]):
            done = subprocess.run([BUILD / "daemon/chanceryd", *arguments], capture_output=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)

    def test_a_fault_in_the_settings_is_3_by_file_line_and_key(self):
        with open(self.settings, "a", encoding="utf-8") as file:
            file.write("\nsurprise = 1\n")
        line = self.settings.read_text(encoding="utf-8").splitlines().index("surprise = 1") + 1
        self.refused_to_start(3, rf"daemon.toml:{line}: surprise: ")
        self.assertEqual(daemon(self.cn, "--check-config")[0], 3)

    def test_a_missing_key_is_3_and_named(self):
        (self.cn.directory / "keys/sign.key").unlink()
        self.refused_to_start(3, r"keys/sign.key")

    def test_an_address_in_use_is_1(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.cn.port))
            taken.listen()
            self.refused_to_start(1, "unavailable")

    def test_a_store_that_was_rolled_back_is_8(self):
        self.cn.start()
        self.cn.stop()
        old = self.cn.directory / "old"
        shutil.copy(self.cn.directory / "state/chancery.db", old)
        self.start()
        self.cn.must("user", "key", "wang", "--directory", self.cn.directory / "people")
        self.cn.must("user", "add", "wang", "--role", "officer", "--certificate",
                     self.cn.directory / "people/wang.pem", context="admin")
        self.cn.stop()
        shutil.copy(old, self.cn.directory / "state/chancery.db")
        self.refused_to_start(8, r"rolled back: checkpoint of [0-9]+ entries, database of [0-9]+")


class Keys(Alone):
    SECRETS = ("tls.key", "sign.key", "log.key", "storage.key", "database.key")

    def test_a_key_others_can_read_is_refused_and_named(self):
        for name in self.SECRETS:
            key = self.cn.directory / "keys" / name
            for mode in (0o640, 0o604, 0o620):
                key.chmod(mode)
                self.refused_to_start(3, re.escape(f"keys/{name}"))
            key.chmod(0o600)
        self.cn.start()

    def test_every_key_is_made_for_its_owner_alone(self):
        keys = list(self.cn.directory.rglob("*.key"))
        self.assertGreaterEqual(len(keys), len(self.SECRETS))
        for key in keys:
            self.assertEqual(key.stat().st_mode & 0o777, 0o600, key)

    def test_another_database_key_opens_nothing_and_spoils_nothing(self):
        self.cn.start()
        self.cn.stop()
        key = self.cn.directory / "keys/database.key"
        right = key.read_bytes()
        key.write_bytes(os.urandom(32))
        code, said = daemon(self.cn)
        self.assertNotIn(code, (0, 70), said)
        self.assertNotEqual(self.cn.fsck().code, 0)
        key.write_bytes(right)
        self.cn.start()
        self.cn.stop()
        self.assertEqual(self.cn.fsck().code, 0)

    def test_a_certificate_of_another_key_is_refused(self):
        keys = self.cn.directory / "keys"
        shutil.copy(keys / "evidence.key", keys / "sign.key")
        self.refused_to_start(3, "sign.pem")


class Credentials(Alone):
    """Keys as systemd hands them to a unit: in a folder that the environment names."""

    FILES = re.findall(r"^LoadCredential\w*=([a-z.]+):", (ROOT / "config/systemd/credentials.conf").read_text(), re.M)

    def setUp(self):
        super().setUp()
        text = self.settings.read_text(encoding="utf-8")
        self.settings.write_text(text.replace('keys_directory = "keys"', 'keys_directory = "$CREDENTIALS_DIRECTORY"'),
                                 encoding="utf-8")
        self.folder = Path(self.base.name) / "credentials"
        self.folder.mkdir(mode=0o700)
        for name in self.FILES:
            (self.cn.directory / "keys" / name).rename(self.folder / name)
            (self.folder / name).chmod(0o400)

    def test_they_are_all_that_it_needs(self):
        self.refused_to_start(3, "keys_directory: there are no credentials here")
        shutil.rmtree(self.cn.directory / "keys")
        self.cn.start(preload={"CREDENTIALS_DIRECTORY": str(self.folder)})
        self.cn.stop()
        os.environ["CREDENTIALS_DIRECTORY"] = str(self.folder)
        self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY")
        self.cn.env["CREDENTIALS_DIRECTORY"] = str(self.folder)
        self.assertEqual(self.cn.fsck().code, 0)

    def test_one_that_is_missing_is_named(self):
        (self.folder / "database.key").unlink()
        self.cn.env["CREDENTIALS_DIRECTORY"] = str(self.folder)
        self.refused_to_start(3, "credentials/database.key")

    @unittest.skipUnless(os.geteuid() == 0, "needs root: files of root, read by another user")
    def test_those_of_root_are_taken_where_only_root_lets_this_user_read(self):
        nobody = 65534
        for path in [Path(self.base.name), *Path(self.base.name).rglob("*")]:
            os.chown(path, nobody, nobody, follow_symlinks=False)
        for path in [self.folder, *self.folder.iterdir()]:
            os.chown(path, 0, 0)
        self.folder.chmod(0o750)
        for mode, code in ((0o440, None), (0o444, 3), (0o460, 3), (0o640, 3)):
            for path in self.folder.iterdir():
                path.chmod(mode)
            # In the group of root, in place of the ACL.
            with subprocess.Popen([BUILD / "daemon/chanceryd", "--config", self.settings], stderr=subprocess.PIPE, text=True,
                                  env={**self.cn.env, "CREDENTIALS_DIRECTORY": str(self.folder)}, extra_groups=[],
                                  group=0, user=nobody) as process:
                line = process.stderr.readline()
                process.terminate()
                self.assertEqual("daemon.ready" in line, code is None, f"{mode:o} {line}")
                self.assertEqual(process.wait(20), code or 0)


class OneStore(Alone):
    def test_a_second_daemon_is_refused_and_the_first_goes_on(self):
        self.start()
        code, said = daemon(self.cn)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, "another process has it open")
        other = self.settings.read_text(encoding="utf-8").replace("desk.sock", "other.sock")
        other = other.replace(f":{self.cn.port}", f":{authorities.free_port()}")
        self.settings.write_text(other, encoding="utf-8")
        code, said = daemon(self.cn)
        self.assertEqual(code, 1, said)
        self.assertEqual(self.status()["authority"], "cn-example")

    def test_fsck_is_refused_while_the_daemon_runs(self):
        self.start()
        self.assertNotEqual(self.cn.fsck().code, 0)
        self.assertEqual(self.status()["authority"], "cn-example")


class InTheOpen(Alone):
    """What any other process can see of a daemon."""

    def proc(self, name):
        return Path(f"/proc/{self.cn.process.pid}/{name}").read_bytes()

    def test_it_leaves_no_core_and_files_only_for_itself(self):
        self.cn.start()
        self.assertRegex(self.proc("limits").decode(), r"Max core file size\s+0\s+0")
        status = self.proc("status").decode()
        self.assertRegex(status, r"Umask:\s+0077")
        ignored = int(re.search(r"SigIgn:\s+([0-9a-f]+)", status).group(1), 16)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            self.assertTrue(ignored & 1 << (number - 1), number)
        for file in (self.cn.directory / "state").iterdir():
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)
        self.assertEqual(self.cn.socket().stat().st_mode & 0o777, 0o660)

    def test_a_crash_leaves_no_core(self):
        folder = Path(self.base.name) / "cores"
        folder.mkdir()
        self.cn.start(prepare=lambda: (resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30)), os.chdir(folder)))
        self.cn.process.send_signal(signal.SIGQUIT)
        self.assertEqual(self.cn.process.wait(20), -signal.SIGQUIT)
        self.assertEqual(list(folder.iterdir()), [])

    def test_no_key_is_in_arguments_environment_or_log(self):
        self.start()
        self.status()
        shown = self.proc("cmdline") + self.proc("environ") + self.cn.log.read_bytes()
        for key in (self.cn.directory / "keys").glob("*.key"):
            content = key.read_bytes()
            forms = [content, content.hex().encode(), base64.b64encode(content)]
            if content.startswith(b"-----BEGIN"):
                forms += [line for line in content.splitlines() if len(line) > 40]
            for form in forms:
                self.assertNotIn(form, shown, key.name)


class Exchange(unittest.TestCase):
    """Two authorities that know each other."""

    def setUp(self):
        self.base = tempfile.TemporaryDirectory(prefix="chancery-process-")
        self.addCleanup(self.base.cleanup)
        running = []
        self.addCleanup(lambda: [authority.kill() for authority in running])
        by_code = authorities.bring_up(self.base.name, ["cn-example", "ru-example"], BUILD, keep=running)
        self.cn, self.ru = by_code["cn"], by_code["ru"]

    def load(self, count, seed):
        return Load(self.cn, self.ru, count, seed)

    def outbox(self):
        return set(trial.ids(self.cn, "outbox"))

    def acknowledged(self, load):
        acknowledged, refused, _ = load.answers()
        self.assertEqual(refused, [])
        return set(acknowledged.values())

    def test_no_word_of_a_message_is_in_logs_or_files(self):
        draft = Path(self.base.name) / "notice.md"
        draft.write_text(NOTICE, encoding="utf-8")
        self.cn.must("send", draft, "--yes", context="wang")
        wait_for(self.received, "received", 20)
        self.assertIn(CANARY, self.ru.must("show", self.received(), context="wang"))
        self.ru.must("ack", self.received(), context="wang")
        self.cn.process.send_signal(signal.SIGHUP)
        forms = [CANARY.encode(), CANARY.encode().hex().encode(), CANARY.encode("utf-16-le"),
                 base64.b64encode(CANARY.encode()), base64.b64encode(b"x" + CANARY.encode())[4:-4]]
        searched = 0
        for authority in (self.cn, self.ru):
            for file in [authority.log, *(authority.directory / "state").rglob("*")]:
                if file.is_file():
                    searched += 1
                    for form in forms:
                        self.assertNotIn(form, file.read_bytes(), file)
        self.assertGreaterEqual(searched, 6, "logs, databases, checkpoints")

    def test_dialling_a_peer_logs_no_error(self):
        for authority in (self.cn, self.ru):
            authority.stop()
            authority.start(preload={"GRPC_VERBOSITY": "ERROR"})
        wait_for(lambda: authorities.connected(self.cn, 1), "connected again", 30)
        for authority in (self.cn, self.ru):
            self.assertEqual(list(log_lines.strange(authority.log.read_text())), [], authority.name)

    def test_a_stop_under_load_is_0_and_loses_nothing(self):
        load = self.load(20000, 7)
        wait_for(lambda: self.journal_size() > 200, "load is running", 20)
        self.cn.process.terminate()
        self.assertEqual(self.cn.process.wait(30), 0)
        acknowledged = self.acknowledged(load)
        self.assertGreater(len(acknowledged), 200)
        self.cn.start()
        self.assertEqual(acknowledged - self.outbox(), set())

    def received(self):
        return (self.ru.run("inbox", "-o", "id", context="wang").out.split() or [""])[0]

    def journal_size(self):
        return int(self.cn.status().get("journalSize", 0))

    # A file that may not grow is a device that fails: the write of the log ends with an error, not with "full".
    def test_a_store_that_fails_is_70_and_what_was_acknowledged_is_there(self):
        self.ru.stop()
        self.cn.stop()
        room = (self.cn.directory / "state/chancery.db").stat().st_size + (1 << 20)
        self.cn.start(prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
        load = self.load(20000, 8)
        self.assertEqual(self.cn.process.wait(60), 70)
        acknowledged = self.acknowledged(load)
        self.assertGreater(len(acknowledged), 50)
        self.assertIn('event="store.failed"', self.cn.log.read_text())
        self.cn.start()
        self.assertEqual(acknowledged - self.outbox(), set())
        self.cn.stop()
        self.assertEqual(self.cn.fsck().code, 0)


def main():
    global BUILD  # pylint: disable=global-statement
    BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
