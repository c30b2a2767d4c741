"""Workers killed at each commit to PostgreSQL in turn: each begins with what the last one left."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from outage_service.clock import system_clock
from tests.chaos import ledger
from tests.chaos.checks import (
    check_copies_are_identical,
    check_nobody_is_lost,
    check_repeats,
    check_sequence_never_goes_back,
)
from tests.chaos.installation import Installation, installation, port_of, through, until
from tests.chaos.proxy import ChaosProxy, Strike, running_proxy
from tests.chaos.relay import ChaosRelay, running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

PEOPLE = 30
ANSWER_AFTER = 0.01
COMMITS_AT_MOST = 60
"""More than a worker makes: the sweep ends with the first one that is not killed in time."""
LEAST_COMMITS = 10
RESTING_SECONDS = 2.0


@contextmanager
def commits_seen(
    url: str, folder: Path
) -> Iterator[tuple[ChaosRelay, ChaosProxy, Installation, Installation]]:
    """Returns a relay, a proxy, and one database as this test reaches it and as the workers do."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        running_proxy(port_of(url)) as proxy,
        installation(url, relay.url, folder) as one,
        installation(through(url, proxy.port), relay.url, folder) as beyond,
    ):
        yield relay, proxy, one, beyond


@pytest.mark.parametrize("is_made", [False, True], ids=["not made", "made and not answered"])
def test_a_worker_killed_at_any_commit_loses_nothing(
    postgresql_url: str, tmp_path: Path, is_made: bool
) -> None:
    """P1, P2, P7, P8, P9: there always is a bulletin to issue, to fan out, to send and to record."""
    with commits_seen(postgresql_url, tmp_path) as (relay, proxy, one, beyond):
        people, first = one.subscribe(PEOPLE), one.declare().outage.id
        later = [system_clock() + timedelta(hours=1)] * COMMITS_AT_MOST
        outages = one.write(lambda tx: ledger.multiply_outage(tx, first, later))
        due: dict[int, datetime] = {}
        crashes: list[float] = []
        for number, outage_id in enumerate(outages, start=1):
            due[outage_id] = system_clock()
            one.write(partial(ledger.set_due, outage_id=outage_id, due=due[outage_id]))
            dead_at = killed_at(number, proxy, one, beyond, is_made=is_made, slots=len(due))
            if dead_at is None:
                break
            crashes.append(dead_at)
        assert Counter(one.read(ledger.slots)) == Counter(due.items())
        assert one.read(ledger.broken_bulletins) == []
    for outage_id in due:
        check_nobody_is_lost(relay, people, outage_id=outage_id, sequence=2)
    check_copies_are_identical(relay)
    check_sequence_never_goes_back(relay)
    repeats = check_repeats(relay, crashes)
    print(f"{len(crashes)} kills; {repeats} of {len(people) * (1 + len(due))} messages repeated")
    assert LEAST_COMMITS <= len(crashes) < COMMITS_AT_MOST


def killed_at(
    number: int, proxy: ChaosProxy, one: Installation, beyond: Installation, *, is_made: bool, slots: int
) -> float | None:
    """Lets a worker live until its commit of this number, and returns when it was dead.

    None, and it ends in order, if everything was done before that commit came.
    """
    doomed = beyond.worker()  # it connects only after a second or two
    proxy.strike(Strike(number, is_made=is_made, blow=doomed.kill))

    def is_over() -> bool:
        if not doomed.is_running:
            return True
        return len(one.read(ledger.slots)) == slots and one.read(ledger.is_drained)

    until(is_over, f"it is killed at commit {number}, or done")
    time.sleep(RESTING_SECONDS if doomed.is_running else 0)
    proxy.spare()  # to end in order takes a commit as well
    if doomed.is_running:
        assert doomed.stop() == 0
        return None
    dead_at = time.monotonic()
    for worker_id in one.read(ledger.workers):
        one.write(partial(ledger.age_worker, worker_id=worker_id))
    return dead_at
