"""A disk under an SQLite file that takes no more writes: for a while, or until it was repaired."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from outage_service.domain.deliveries import DeliveryState
from tests.chaos import ledger
from tests.chaos.checks import (
    WINDOW,
    check_copies_are_identical,
    check_nobody_is_lost,
    check_repeats,
)
from tests.chaos.installation import Installation, declare_at, installation, until
from tests.chaos.programs import Program
from tests.chaos.relay import ChaosRelay, running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PEOPLE = 1500
ANSWER_AFTER = 0.01
DISK = 32 * 2**20
LOOKING_SECONDS = 35.0
"""Longer than what was last read is told as known (30)."""
NOTICED_WITHIN = 5.0
"""Seconds until the service names it itself, once an act was refused."""

NAMED = "database_not_writable"


class Disk(Protocol):
    """A folder that can become read-only under a running program."""

    folder: Path

    def protect(self, program: Program) -> None:
        """Lets no write through any more."""

    def repair(self) -> None:
        """Makes it writable again; no program has a file of it open."""

    def remove(self) -> None:
        """Leaves nothing behind."""


class FailedFileSystem:
    """A file system of its own that found an error in itself, as a disk that dies makes it: EROFS for all.

    An ordinary change to read-only is refused while files are open. Only root may do this.
    """

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder, self._image = folder, image
        with image.open("wb") as file:
            file.truncate(DISK)
        _run("mkfs.ext4", "-q", str(image))
        self._mount()

    def _mount(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.folder))

    def protect(self, program: Program) -> None:  # noqa: ARG002 - it is read-only for everybody
        device = _run("findmnt", "-n", "-o", "SOURCE", str(self.folder)).strip()
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")

    def repair(self) -> None:
        self.remove()
        subprocess.run(["fsck.ext4", "-fy", str(self._image)], capture_output=True, check=False, timeout=30)
        self._mount()

    def remove(self) -> None:
        _run("umount", "--lazy", str(self.folder))


class LockedFolder:
    """A folder without the right to write: what anybody can make who is not root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def protect(self, program: Program) -> None:
        forbid_writes(program)
        for path in (*self.folder.iterdir(), self.folder):
            path.chmod(0o555)

    def repair(self) -> None:
        for path in (self.folder, *self.folder.iterdir()):
            path.chmod(0o755)

    def remove(self) -> None:
        self.repair()


def forbid_writes(program: Program) -> None:
    """Lets no file be written to by a program: whatever is open, from the first octet on (EFBIG)."""
    # Python ignores SIGXFSZ, so that a write beyond the limit is an error and no end.
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def allow_writes(program: Program) -> None:
    """Takes `forbid_writes` back."""
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, timeout=30, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A folder on a disk that can fail."""
    folder = tmp_path / "disk"
    folder.mkdir()
    is_root = os.geteuid() == 0
    made: Disk = FailedFileSystem(folder, tmp_path / "image") if is_root else LockedFolder(folder)
    try:
        yield made
    finally:
        made.remove()


@contextmanager
def half_told(
    folder: Path, logs: Path, template: Path
) -> Iterator[tuple[ChaosRelay, Installation, Program, str]]:
    """Returns a service that has told a part of its subscribers of an outage of EDI, and a token."""
    url = f"sqlite:///{shutil.copyfile(template, folder / 'outage.db')}"
    with running_relay(answer_after=ANSWER_AFTER) as relay, installation(url, relay.url, logs) as one:
        one.subscribe(PEOPLE)
        token, serving = one.token(), one.serve()
        assert declare_at(serving.url, token).status_code == 201
        relay.wait_for(PEOPLE // 5)
        yield relay, one, serving, token


def reasons(url: str) -> list[str]:
    """Returns what the service says does not work."""
    found: list[str] = httpx.get(f"{url}/readyz", timeout=10).json()["reasons"]
    return found


def check_truth(url: str) -> None:
    """P21: whoever asks is answered, and EDI is never said to work."""
    said = httpx.get(f"{url}/v1/broadcast/tccu/both.txt", timeout=2)
    assert said.status_code == 200
    assert "EDI" in said.text
    systems = httpx.get(f"{url}/v1/status", timeout=2).json()["systems"]
    assert {one["condition"] for one in systems if one["code"] == "edi"} <= {"outage", "unknown"}
    assert httpx.get(f"{url}/en/outages", timeout=5).status_code == 200


def check_refusal(url: str, token: str) -> None:
    """P17: what cannot be kept is not answered as done."""
    refused = declare_at(url, token, key="while-read-only", system="swi")
    assert refused.status_code == 503, refused.text
    assert refused.json()["code"] == "database_unavailable"


def check_end(
    one: Installation, relay: ChaosRelay, url: str, token: str, crashes: list[float], window: int = WINDOW
) -> None:
    """P7, P8: everybody is told, of what was refused as well once it is asked for again."""
    until(lambda: one.read(ledger.is_drained), "everybody is written to")
    assert declare_at(url, token, key="while-read-only", system="swi").status_code == 201
    until(lambda: one.read(ledger.states) == {DeliveryState.ACCEPTED: 2 * PEOPLE}, "of both outages")
    people = [f"person{number}@example.org" for number in range(PEOPLE)]
    for outage_id in {outage_id for outage_id, _, _ in relay.copies()}:
        check_nobody_is_lost(relay, people, outage_id=outage_id, sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, crashes, window=window)} of {2 * PEOPLE} messages repeated")


def test_a_service_that_may_not_write_for_a_while_goes_on_by_itself(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """P7, P8, P17, P21, P22: acts are refused, whoever asks is answered, and nothing is forgotten."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with half_told(folder, tmp_path, sqlite_template) as (relay, one, serving, token):
        forbid_writes(serving)
        began = time.monotonic()
        check_refusal(serving.url, token)
        while time.monotonic() < began + LOOKING_SECONDS:
            check_truth(serving.url)
            time.sleep(0.5)
        until(lambda: reasons(serving.url) == [NAMED], "it is noticed", seconds=NOTICED_WITHIN)
        print(f"noticed {time.monotonic() - began:.0f} s after it began")
        check_truth(serving.url)
        check_refusal(serving.url, token)
        assert len(relay.accepted) < PEOPLE
        allow_writes(serving)
        until(lambda: reasons(serving.url) == [], "it is ready again")
        check_end(one, relay, serving.url, token, [])


def test_a_file_system_that_failed_is_repaired_and_nobody_is_lost(
    disk: Disk, sqlite_template: Path, tmp_path: Path
) -> None:
    """P7, P8, P17, P21: also a service started on it tells what is there, and nothing that is not so."""
    with half_told(disk.folder, tmp_path, sqlite_template) as (relay, one, serving, token):
        disk.protect(serving)
        check_refusal(serving.url, token)
        check_truth(serving.url)
        told_at = time.monotonic()
        assert serving.stop() == 0
        ended_at = time.monotonic()
        print(f"ended {ended_at - told_at:.0f} s after it was told to")
        beside = one.serve()
        check_truth(beside.url)
        check_refusal(beside.url, token)
        until(lambda: reasons(beside.url) == [NAMED], "it is noticed", seconds=NOTICED_WITHIN)
        beside.kill()
        disk.repair()
        # A file system may acknowledge the sync of the very moment at which it fails, and keep nothing of it.
        check_end(one, relay, one.serve().url, token, [ended_at], window=2 * WINDOW)
