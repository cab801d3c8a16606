"""Authorities whose daemons have clocks of their own, by libfaketime; their people and programs keep the right one."""

from pathlib import Path

from authorities import Authority
from fault_trial import Missing

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
SEEN_AFTER = 1.5  # seconds until a process follows the file
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400


class Clocked(Authority):
    def launch(self, preload=None, prepare=None):
        if not LIBRARY.exists():
            raise Missing(f"libfaketime ({LIBRARY})")
        self.clock = self.directory / "clock"
        if not self.clock.exists():
            self.set_clock(0)
        preload = dict(preload or {})
        preload["LD_PRELOAD"] = ":".join(filter(None, (preload.get("LD_PRELOAD"), str(LIBRARY))))
        super().launch({"FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_CACHE_DURATION": "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC": "1", **preload}, prepare)

    def set_clock(self, seconds):
        """Ahead by so many; a running daemon follows."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.rename(self.clock)
