"""What the tests of faults share: their command line, short and long figures, and the proof that they can fail.

SCRIPT BUILD [--long] [--unprotected] [SEED]: `--long` takes the figures of `./run faults`. `--unprotected` takes away the
protection that the test is about; the run then has to end with a broken promise, soon, and passes when it does.
"""

import argparse
import contextlib
import ctypes
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

import trial  # noqa: E402  pylint: disable=wrong-import-position
from authorities import Failed  # noqa: E402  pylint: disable=wrong-import-position

SKIPPED = 77  # SKIP_RETURN_CODE of CTest
LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_NETWORK = 0x00020000, 0x40000000  # CLONE_NEWNS, CLONE_NEWNET


class Broken(Failed):
    """A promise does not hold. A floor that was not reached is only a `Failed`."""


class Missing(Exception):
    """What the test needs of the machine is not there."""


class Options:
    def __init__(self, arguments):
        self.build = Path(arguments.build).resolve()
        self.long, self.unprotected = arguments.long, arguments.unprotected
        self.chance = random.Random(trial.seed_of(arguments.seed))

    def figure(self, short, long, unprotected=None):
        if self.unprotected and unprotected is not None:
            return unprotected
        return long if self.long else short

    def faulty(self, library, **plan):
        """The environment of a daemon with the faults of `tests/support/<library>.cpp`."""
        preload = self.build / f"tests/support/lib{library}.so"
        if not preload.exists():
            raise Missing(f"{preload.name} is not built (no part of the sanitizer builds)")
        return {"LD_PRELOAD": str(preload), **{f"FAULTY_{name.upper()}": str(value) for name, value in plan.items()}}


@contextlib.contextmanager
def promised(what):
    """Whatever fails inside is a broken promise."""
    try:
        yield
    except Broken:
        raise
    except Failed as failure:
        raise Broken(f"{what}: {failure}") from failure


def need_root(why):
    if os.geteuid() != 0:
        raise Missing(f"root: {why}")


def apart(flags, why):
    """This process goes into namespaces of its own, which go with it."""
    need_root(why)
    if LIBC.unshare(flags) != 0:
        raise Missing(f"namespaces ({os.strerror(ctypes.get_errno())}): {why}")


def main(name, act):
    """The exit code of `act(base, running, options)`."""
    parser = argparse.ArgumentParser(description=name)
    parser.add_argument("build")
    parser.add_argument("seed", nargs="*")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--unprotected", action="store_true")
    options = Options(parser.parse_args())

    def run(base, running):
        if not options.unprotected:
            return act(base, running, options)
        try:
            act(base, running, options)
        except Broken as broken:
            return print(f"unprotected, and noticed: {str(broken).splitlines()[0]}")
        raise Failed("unprotected, and nobody noticed")

    try:
        return trial.play(name, run)
    except Missing as missing:
        print(f"SKIPPED: {name} needs {missing}", flush=True)
        return SKIPPED
