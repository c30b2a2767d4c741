"""The time of day of one program, set while it runs: its own alone, not this process's, not PostgreSQL's."""

import shutil
import struct
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outage_service.clock import system_clock

_SOURCE = Path(__file__).with_name("clock_shift.c")
_BUILD = ("-shared", "-fPIC", "-O1", "-nostdlib", "-fno-builtin")


class ShiftedClock:
    """A clock that programs under `prefix` take for the machine's. Fails where there is no C compiler."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.fail("a C compiler is missing: apt-get install gcc (or what your system calls it)")
        self._library = folder / "clock_shift.so"
        subprocess.run([compiler, *_BUILD, "-o", self._library, _SOURCE], check=True, timeout=60)
        self._file = folder / "clock_shift"
        self._file.write_bytes(bytes(8))
        self._shift = timedelta()

    @property
    def prefix(self) -> list[str]:
        """Returns the command to run a program under."""
        return ["env", f"LD_PRELOAD={self._library}", f"CLOCK_SHIFT_FILE={self._file}"]

    def now(self) -> datetime:
        """Returns what those programs take for the present instant."""
        return system_clock() + self._shift

    def jump(self, by: timedelta) -> None:
        """Sets the clock ahead, or back."""
        self._shift += by
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", round(self._shift / timedelta(microseconds=1)) * 1000))

    def set(self, instant: datetime) -> None:
        """Sets the clock to an instant."""
        self.jump(instant - self.now())
