"""A service killed at every sync of its database file in turn, from its start to the last recipient."""

import shutil
import time
from pathlib import Path

import httpx
import pytest

from outage_service.domain.deliveries import DeliveryState
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import Installation, declare_at, installation, until
from tests.chaos.programs import Program
from tests.chaos.relay import ChaosRelay, running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]

PEOPLE = 200
ANSWER_AFTER = 0.01
SYNCS_AT_MOST = 60
"""More than there are: the sweep ends with the first service that is not killed in time."""


def killed_at_sync(number: int) -> list[str]:
    """Returns the command under which a program is killed as it begins its sync of this number."""
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: apt-get install strace (or what your system calls it)")
    # -D: strace is nobody's parent, so that the program is ours to wait for and to kill.
    syncs = "fdatasync,fsync"
    inject = f"inject={syncs}:signal=SIGKILL:when={number}"
    return ["strace", "-D", "-f", "-q", "-o", "/dev/null", "-e", f"trace={syncs}", "-e", inject]


def test_a_kill_at_any_sync_loses_nothing(sqlite_template: Path, tmp_path: Path) -> None:
    """P2, P7, P8, P17, P18: whatever was answered 201 is there; what was not is declared once by a retry."""
    repeats = []
    for number in range(1, SYNCS_AT_MOST):
        folder = tmp_path / str(number)
        folder.mkdir()
        url = f"sqlite:///{shutil.copyfile(sqlite_template, folder / 'outage.db')}"
        with (
            running_relay(answer_after=ANSWER_AFTER) as relay,
            installation(url, relay.url, folder) as one,
        ):
            repeated = repeated_after_kill(one, relay, number)
        if repeated is None:
            break
        repeats.append(repeated)
    assert len(repeats) >= 12
    print(f"killed at {len(repeats)} syncs; repeated at most {max(repeats)} of {PEOPLE} messages")


def repeated_after_kill(one: Installation, relay: ChaosRelay, number: int) -> int | None:
    """Checks one kill and its aftermath and returns how many messages were repeated; None if everything was
    done before that sync came."""
    people, token = one.subscribe(PEOPLE), one.token()
    doomed = one.serve(prefix=killed_at_sync(number))
    answer = declare_if_it_lives(doomed, token)
    killed_at = end_of(doomed, relay)
    if killed_at is None:
        return None
    repeated = declare_at(one.serve().url, token)
    assert repeated.status_code == 201, repeated.text
    assert answer is None or answer.json()["id"] == repeated.json()["id"]
    until(lambda: one.read(ledger.is_drained), f"all is sent after a kill at sync {number}")
    assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    assert one.read(ledger.broken_bulletins) == []
    check_nobody_is_lost(relay, people, outage_id=repeated.json()["id"], sequence=1)
    check_copies_are_identical(relay)
    return check_repeats(relay, [killed_at])


def declare_if_it_lives(program: Program, token: str) -> httpx.Response | None:
    """Declares an outage; None where the program was killed before it answered."""
    try:
        answer = declare_at(program.url, token)
    except (httpx.TransportError, AssertionError):
        assert program.wait(seconds=10) != 0
        return None
    assert answer.status_code == 201, answer.text
    return answer


def end_of(program: Program, relay: ChaosRelay) -> float | None:
    """Returns when the program was dead; None, and it is killed, if everybody was written to before."""
    give_up_at = time.monotonic() + 30
    while program.is_running:
        assert time.monotonic() < give_up_at, f"{len(relay.accepted)} were written to"
        if len(relay.accepted) >= PEOPLE:
            time.sleep(2)
            if program.is_running:
                program.kill()
                return None
        time.sleep(0.01)
    return time.monotonic()
