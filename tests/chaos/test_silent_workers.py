"""Workers that fall silent, for good or for a while, with the real 60 seconds until they count as dead."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage import Connection, DatabaseError
from outage_service.storage.state import touch
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import Installation, installation, until
from tests.chaos.programs import Program
from tests.chaos.relay import running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PEOPLE = 1500
LOCKED_AT_MOST = 30.0
"""Seconds for which a process that says nothing may keep others from their work."""
ANSWER_AFTER = 0.01
TAKEN_OVER_WITHIN = 120.0
"""Seconds; reliability.md, "Numbers to hold"."""
BARELY_ALIVE_SECONDS = 50.0
"""Longer than a sender goes on without a heartbeat (45), shorter than it takes to be held for dead (60)."""


def two_workers(one: Installation) -> tuple[Program, Program]:
    first = one.worker()
    until(lambda: one.read(ledger.workers), "the first worker is known")
    second = one.worker()
    until(lambda: len(one.read(ledger.workers)) == 2, "the second worker is known")
    return first, second


def test_a_dead_worker_is_noticed_and_replaced(postgresql_url: str, tmp_path: Path) -> None:
    """P7, P8: nobody tells the other worker, and it takes over within two minutes."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(postgresql_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        doomed, _ = two_workers(one)
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        killed_at = doomed.kill()
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=TAKEN_OVER_WITHIN)
        print(f"taken over {time.monotonic() - killed_at:.0f} s after the kill")
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, [killed_at])} of {PEOPLE} messages repeated")


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(postgresql_url: str, tmp_path: Path) -> None:
    """P9: stopped for longer than it takes to be held for dead, then let go on."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(postgresql_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        frozen, _ = two_workers(one)
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        frozen.freeze()
        frozen_at = time.monotonic()
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=TAKEN_OVER_WITHIN)
        recorded = one.read(ledger.deliveries)
        thawed_at = time.monotonic()
        frozen.thaw()
        frozen.wait_for_log("worker_was_silent", seconds=30)
        time.sleep(5)
        assert one.read(ledger.deliveries) == recorded
        assert frozen.stop() == 0
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, [frozen_at, thawed_at])} of {PEOPLE} messages repeated")


def test_a_worker_that_was_silent_and_alone_goes_on_by_itself(database_url: str, tmp_path: Path) -> None:
    """P7: it drops what others might have taken over, and nobody has: it must find it again by itself."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(database_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        frozen = one.worker()
        frozen.wait_for_log("working")
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        frozen.freeze()
        time.sleep(BARELY_ALIVE_SECONDS)
        thawed_at = time.monotonic()
        frozen.thaw()
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=60)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    check_repeats(relay, [thawed_at])


def test_a_frozen_process_does_not_hold_up_the_others(postgresql_url: str, tmp_path: Path) -> None:
    """P1, P9: one that is stopped inside a transaction keeps its locks, but not for as long as it likes."""
    is_holding, may_end = threading.Event(), threading.Event()

    def freeze(tx: Connection) -> None:
        touch(tx)
        is_holding.set()
        may_end.wait(LOCKED_AT_MOST + 10)

    def be_frozen() -> None:
        with suppress(DatabaseError):  # the database will have ended it
            one.write(freeze)

    with installation(postgresql_url, "smtp://127.0.0.1:9", tmp_path) as one:
        holder = threading.Thread(target=be_frozen)
        holder.start()
        try:
            assert is_holding.wait(10)
            until(lambda: can_declare(one), "somebody else can declare", seconds=LOCKED_AT_MOST)
        finally:
            may_end.set()
            holder.join(20)


def can_declare(one: Installation) -> bool:
    """Returns whether a declaration got through; False where it waited for a lock in vain."""
    try:
        one.declare()
    except DatabaseError:
        return False
    return True


def test_the_second_service_on_an_sqlite_file_takes_over_from_the_first(
    sqlite_url: str, tmp_path: Path
) -> None:
    """P7, P8: only one of them sends; when it is killed, the lock it held for life is the other's."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(sqlite_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        first = one.serve()
        until(lambda: one.read(ledger.workers), "the first one sends")
        second = one.serve()
        assert second.url != first.url
        assert len(one.read(ledger.workers)) == 1
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        killed_at = first.kill()
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    check_repeats(relay, [killed_at])
