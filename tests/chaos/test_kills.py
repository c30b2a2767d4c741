"""Processes that are killed or ended in the middle of a fan-out, and what the next ones make of it."""

import time
from pathlib import Path

from outage_service.domain.deliveries import DeliveryState
from tests.chaos import ledger
from tests.chaos.checks import (
    check_copies_are_identical,
    check_nobody_is_lost,
    check_repeats,
)
from tests.chaos.installation import declare_at, installation, until
from tests.chaos.relay import running_relay

PEOPLE = 600
ANSWER_AFTER = 0.004
"""Seconds the relay takes for a message: slow enough that a kill comes in the middle."""
RESTING_SECONDS = 2.0


def test_a_service_killed_three_times_loses_nobody(sqlite_url: str, tmp_path: Path) -> None:
    """P2, P7, P8, P15: with the answer given and nothing sent, a third of the way, and near the end."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(sqlite_url, relay.url, tmp_path) as one,
    ):
        people, token, crashes = one.subscribe(PEOPLE), one.token(), []
        serving = one.serve()
        declared = declare_at(serving.url, token)
        assert declared.status_code == 201, declared.text
        crashes.append(serving.kill())
        for kill_at in (PEOPLE // 3, PEOPLE - 60):
            serving = one.serve()
            relay.wait_for(kill_at)
            crashes.append(serving.kill())
        one.serve()
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
        assert one.read(ledger.broken_bulletins) == []
    check_nobody_is_lost(relay, people, outage_id=declared.json()["id"], sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, crashes)} of {PEOPLE} messages repeated by three kills")


def test_a_killed_worker_is_replaced_by_the_others(postgresql_url: str, tmp_path: Path) -> None:
    """P7, P8, P9: what it held goes to those that live; its 60 seconds of silence are let pass by hand."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(postgresql_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        doomed = one.worker()
        until(lambda: one.read(ledger.workers), "the first worker is known")
        (doomed_id,) = one.read(ledger.workers)
        one.worker()
        until(lambda: len(one.read(ledger.workers)) == 2, "the second worker is known")
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        killed_at = doomed.kill()
        one.write(lambda tx: ledger.age_worker(tx, doomed_id))
        one.worker()
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    check_repeats(relay, [killed_at])


def test_a_service_that_is_told_to_end_leaves_nothing_in_hand(database_url: str, tmp_path: Path) -> None:
    """P8: without a crash nothing comes twice, wherever the fan-out was when SIGTERM came.

    The next sender finishes and then rests: it asks the ledger about once a second, not as fast as it can.
    """
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(database_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        sending = one.worker()
        sending.wait_for_log("working")
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        assert sending.stop(seconds=20) == 0
        assert DeliveryState.CLAIMED not in one.read(ledger.states)
        assert one.read(ledger.workers) == []
        assert len(relay.accepted) < PEOPLE
        resting = one.worker()
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
        time.sleep(0.5)
        used = resting.cpu_seconds()
        time.sleep(RESTING_SECONDS)
        assert resting.cpu_seconds() - used < RESTING_SECONDS / 5
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    assert check_repeats(relay, []) == 0
