"""A disk without room under an SQLite file."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from outage_service.domain.deliveries import DeliveryState
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import declare_at, installation, until
from tests.chaos.programs import Program
from tests.chaos.relay import running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PEOPLE = 1500
ANSWER_AFTER = 0.01
DISK = 8 * 2**20
PIECE = 4096
FULL_SECONDS = 10.0


class Disk(Protocol):
    """A folder whose room can be used up and given back."""

    folder: Path

    def fill(self, program: Program) -> None:
        """Leaves no room for `program`."""

    def free(self, program: Program) -> None:
        """Gives the room back."""


class SmallDisk:
    """A small file system in memory, filled up by a file: writes fail with ENOSPC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, program: Program) -> None:  # noqa: ARG002 - it is full for everybody
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * PIECE)

    def free(self, program: Program) -> None:  # noqa: ARG002
        (self.folder / "filler").unlink()


class LimitedFiles:
    """An ordinary folder where no file of the program may grow: writes fail with EFBIG."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, program: Program) -> None:
        # Python ignores SIGXFSZ, so that a write beyond the limit is an error and no end.
        largest = max(path.stat().st_size for path in self.folder.iterdir() if path.is_file())
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(self, program: Program) -> None:
        free = resource.RLIM_INFINITY
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (free, free))


@pytest.fixture(params=["no space", "no longer files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A folder on a disk that can be made full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "no longer files":
        yield LimitedFiles(folder)
        return
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system; the other disk is tested all the same")
    options = ["-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True, timeout=10)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)


def test_a_full_disk_refuses_acts_and_loses_nothing(disk: Disk, sqlite_template: Path) -> None:
    """P7, P8, P17, P21: no 201 without room, prompt broadcasts, and work goes on once there is room."""
    url = f"sqlite:///{shutil.copyfile(sqlite_template, disk.folder / 'outage.db')}"
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(url, relay.url, disk.folder) as one,
    ):
        people, token = one.subscribe(PEOPLE), one.token()
        serving = one.serve()
        at = serving.url
        done = declare_at(at, token)
        relay.wait_for(PEOPLE // 5)
        disk.fill(serving)
        full_at = time.monotonic()
        refused = declare_at(at, token, key="while-full", system="swi")
        assert 500 <= refused.status_code < 600
        assert refused.headers["content-type"] == "application/problem+json"
        while time.monotonic() < full_at + FULL_SECONDS:
            said = httpx.get(f"{at}/v1/broadcast/tccu/both.txt", timeout=1)
            assert said.status_code == 200
            time.sleep(0.25)
        assert len(relay.accepted) < PEOPLE
        disk.free(serving)
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=60)
        again = declare_at(at, token, key="while-full", system="swi")
        assert again.status_code == 201, again.text
        until(lambda: len(relay.accepted) >= 2 * PEOPLE, "the second bulletin, too", seconds=60)
        until(lambda: one.read(ledger.is_drained), "all of it is recorded", seconds=60)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: 2 * PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.json()["id"], sequence=1)
    check_nobody_is_lost(relay, people, outage_id=again.json()["id"], sequence=1)
    check_copies_are_identical(relay)
    assert check_repeats(relay, []) == 0
