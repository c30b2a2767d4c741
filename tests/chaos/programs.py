"""`outage-service` as real processes of the operating system, to be killed, frozen and ended in order."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

START_SECONDS = 60.0
"""A start takes about two seconds; much longer on two cores that are shared."""
STOP_SECONDS = 60.0
_URL = re.compile(r'"url": "(http://[^"]+)"')


class Program:
    """One running command. It never outlives the test: whoever starts it kills it in the end.

    Args:
        prefix: a command to run it under, such as strace.
    """

    def __init__(
        self, arguments: Sequence[str], *, settings: Mapping[str, str], log: Path, prefix: Sequence[str] = ()
    ) -> None:
        command = [*prefix, sys.executable, "-m", "outage_service", *arguments]
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=log.parent,
                env=_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def cpu_seconds(self) -> float:
        """Returns how much processor time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def logged(self) -> str:
        """Returns what it has written so far."""
        return self._log.read_text(errors="replace")

    def wait_for_log(self, event: str, *, seconds: float = START_SECONDS) -> None:
        """Waits until it has logged `event`."""
        self._wait(lambda: f'"event": "{event}"' in self.logged(), event, seconds)

    @property
    def url(self) -> str:
        """The address it serves at, once it answers there."""
        self._wait(lambda: _URL.search(self.logged()), "its address", START_SECONDS)
        found = _URL.search(self.logged())
        assert found
        self._wait(lambda: _answers(found[1]), "an answer", START_SECONDS)
        return found[1]

    def _wait(self, is_so: object, what: str, seconds: float) -> None:
        assert callable(is_so)
        give_up_at = time.monotonic() + seconds
        while not is_so():
            assert self.is_running, f"it ended before {what}:\n{self.logged()[-3000:]}"
            assert time.monotonic() < give_up_at, f"{what} did not come:\n{self.logged()[-3000:]}"
            time.sleep(0.01)

    def kill(self) -> float:
        """Kills it with SIGKILL and returns the monotonic instant at which it was dead."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)
        return time.monotonic()

    def wait(self, *, seconds: float = STOP_SECONDS) -> int:
        """Returns its exit code once it has ended."""
        return self._process.wait(seconds)

    def stop(self, *, seconds: float = STOP_SECONDS) -> int:
        """Ends it with SIGTERM and returns its exit code; tells where it was if it does not end."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self.wait(seconds=seconds)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)
            self.wait()
            raise AssertionError(
                f"it did not end; where its threads were:\n{self.logged()[-12_000:]}"
            ) from None

    def freeze(self) -> None:
        """Stops it as a suspended machine is stopped: between two instructions."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen one go on."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Kills it if it still runs; a frozen one, too."""
        if self.is_running:
            self.kill()


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    return (
        others
        | {"PYTHONFAULTHANDLER": "1"}
        | {f"OUTAGE_{name.upper()}": value for name, value in settings.items()}
    )


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
