"""Runs `outage-service` as its users do, in a folder of its own."""

import io
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from outage_service import cli
from tests.support.logging import log_plainly

PATIENCE_SECONDS = 60
KEY = "a key that only tests use, long enough"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on standard error."""
        return self.err.splitlines()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Returns this environment with `settings`, named without their prefix, and no other of the service."""
    ours = {f"OUTAGE_{name}": value for name, value in settings.items()}
    return {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")} | ours


def run(folder: Path, *arguments: str, **settings: str) -> Ended:
    """Returns how `outage-service` ended; run in this process, for a new one takes a second."""
    out, err = io.StringIO(), io.StringIO()
    with ExitStack() as stack:
        stack.callback(restore_logging())
        stack.enter_context(chdir(folder))
        stack.enter_context(mock.patch.dict(os.environ, environment(settings), clear=True))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            cli.main(arguments)
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Ended(status, out.getvalue(), err.getvalue())


def restore_logging() -> Callable[[], None]:
    """Returns what undoes that a command sets up the logs of the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def restore() -> None:
        root.handlers[:] = handlers
        root.setLevel(level)
        log_plainly()

    return restore


def run_apart(folder: Path, *arguments: str, **settings: str) -> Ended:
    """The same in a process of its own."""
    ended = subprocess.run(
        command(arguments),
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "outage_service", *arguments]


class Running:
    """A command that serves until it is ended; its standard error goes to a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    def log(self) -> str:
        """Returns what it has said so far."""
        return self._log.read_text(encoding="utf-8")

    def says(self, text: str) -> str:
        """Returns the first line with `text`, once it is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            lines = [line for line in self.log().splitlines() if text in line]
            if lines:
                return lines[0]
            assert self.process.poll() is None, self.log()
            time.sleep(0.02)
        raise AssertionError(f"it never said {text}: {self.log()}")

    def terminate(self) -> int:
        """Returns the status with which SIGTERM ends it."""
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running(folder: Path, *arguments: str, **settings: str) -> Iterator[Running]:
    """Starts a command and makes sure that it does not outlive the test."""
    log = folder / "log"
    with log.open("wb") as err:
        process = subprocess.Popen(
            command(arguments), cwd=folder, env=environment(settings), stdout=err, stderr=err
        )
    try:
        yield Running(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_SECONDS)
