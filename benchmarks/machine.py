"""Processes: started, measured from outside, and always ended by whoever started them."""

import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_RUN_SECONDS = 300.0
"""A run that has not ended by then never will: the benchmark ends with an error."""
END_WITHIN_SECONDS = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchmarkError(Exception):
    """A run could not be made; says which and why."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run cost: seconds on the wall, and of CPU in the process measured (not in the sink)."""

    wall: float
    cpu: float


def described() -> dict[str, str | int]:
    """Returns what the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.system(),
        "load_of_the_last_minute": f"{os.getloadavg()[0]:.1f}",
    }


@contextmanager
def scratch(place: Path | None = None) -> Iterator[Path]:
    """Gives a folder, in `place` if that is there, that is gone afterwards."""
    at = place if place and place.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="outage-bench-", dir=at, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sync_milliseconds(folder: Path) -> float:
    """Returns how long the disk takes to keep 8 KB: what every commit waits for. The median of 50."""
    taken = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"x" * 8192)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def run(command: Sequence[object], *, env: Mapping[str, str] | None = None) -> Spent:
    """Runs a command to its end and returns what it cost, its own start included."""
    cpu_before, began = _cpu_of_ended_children(), time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        capture_output=True,
        timeout=LONGEST_RUN_SECONDS,
        check=False,
    )
    spent = Spent(time.monotonic() - began, _cpu_of_ended_children() - cpu_before)
    if done.returncode:
        raise BenchmarkError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")
    return spent


def _cpu_of_ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_seconds(pid: int) -> float:
    """Returns the CPU time a living process has used, in user and kernel mode, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_memory_mb(pid: int) -> float:
    """Returns the most memory a process ever had resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


class Sink:
    """A running `benchmarks.sink`."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def url(self) -> str:
        """The SMTP_URL that leads there."""
        return f"smtp://127.0.0.1:{self.port}?starttls=never"

    def zero(self) -> None:
        """Begins to count anew."""
        self._ask(b"XZERO")

    def tally(self) -> tuple[int, float, float]:
        """Returns how many messages came, and the monotonic instants of the first and of the last."""
        _, count, first, last = self._ask(b"XSTAT").split()
        return int(count), float(first), float(last)

    def _ask(self, command: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            reader = line.makefile("rb")
            reader.readline()
            line.sendall(command + b"\r\n")
            return reader.readline()

    def wait_for(self, count: int, *, at_most: float = LONGEST_RUN_SECONDS) -> None:
        """Waits until so many messages came, or for so many seconds."""
        give_up_at = time.monotonic() + at_most
        while self.tally()[0] < count and time.monotonic() < give_up_at:
            time.sleep(0.02)


@contextmanager
def running(*command: object, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Runs a process while the block lasts; its standard output can be read, its errors are ours."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        _end(process)
        if process.stdout:
            process.stdout.close()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a process and, by its own means, those it has started: nginx's workers outlive a kill."""
    process.terminate()
    try:
        process.wait(END_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def a_sink(delay_seconds: float = 0.0) -> Iterator[Sink]:
    """Runs a sink while the block lasts."""
    with running(sys.executable, "-m", "benchmarks.sink", str(delay_seconds)) as process:
        assert process.stdout
        yield Sink(int(process.stdout.readline()))
