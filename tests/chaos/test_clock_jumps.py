"""A clock that is set while the service runs, its own or PostgreSQL's: days ahead and back, an hour back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outage_service.domain.cadence import latest_due
from outage_service.domain.calendar import eastern
from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.workers import DEAD_AFTER
from outage_service.worker.sender import RESCUE_SECONDS
from tests.chaos import ledger
from tests.chaos.checks import (
    check_copies_are_identical,
    check_nobody_is_lost,
    check_repeats,
    check_sequence_never_goes_back,
)
from tests.chaos.clock import ShiftedClock
from tests.chaos.installation import Installation, declare_at, installation, until
from tests.chaos.listening import Answer, listening
from tests.chaos.programs import Program
from tests.chaos.relay import running_relay
from tests.support.database_clock import movable_database_clock

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PEOPLE = 20
DAYS_AHEAD = timedelta(days=3)
WHILE = timedelta(minutes=10)
HOUR = timedelta(hours=1)
MORNING = 10
"""An hour of the day, in the east, long before and after which bulletins are due."""
SOME_TICKS_SECONDS = 2.0
NO_TICKS_SECONDS = 12.0
"""Longer than it takes to notice that APScheduler has stopped ticking (10), as it does when set back."""
ISSUED_WITHIN = 20.0
MANY = 1000
"""So many that each of two senders holds 500 of them."""
HALF_A_SECOND = 0.5
"""What the relay takes for a message then: a sender has claims in hand for half a minute."""
A_LOOK = RESCUE_SECONDS + 2
DRAINED_WITHIN = DEAD_AFTER.total_seconds() + 2 * A_LOOK + 30


@dataclass
class Life:
    """A service with one open outage, and the clock it goes by."""

    clock: ShiftedClock
    one: Installation
    serving: Program
    outage_id: int
    heard: list[Answer]

    @property
    def issued(self) -> list[datetime]:
        """The due times of the bulletins that the clock has issued."""
        return [due for _, due in self.one.read(ledger.slots)]

    @property
    def due(self) -> datetime:
        """When the next bulletin is due."""
        found = self.one.read(lambda tx: ledger.due_of(tx, self.outage_id))
        assert found
        return found

    def wait_for_bulletin(self, number: int) -> None:
        """Waits for the clock's bulletin of this number, until everybody has it, and whether more come."""
        until(lambda: len(self.issued) >= number, f"bulletin {number} is issued", seconds=ISSUED_WITHIN)
        until(lambda: self.one.read(ledger.is_drained), "everybody is written to")
        self.nothing_comes(number, seconds=SOME_TICKS_SECONDS)

    def nothing_comes(self, number: int, *, seconds: float = NO_TICKS_SECONDS) -> None:
        """Looks on: there are no more than so many bulletins of the clock."""
        time.sleep(seconds)
        assert len(self.issued) == number


def next_morning(now: datetime) -> datetime:
    """Returns the next time that it is 10 o'clock in the east."""
    today = eastern(now).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


@contextmanager
def living(database_url: str, folder: Path) -> Iterator[Life]:
    """Returns a service whose initial bulletin is sent; checks in the end what everybody got and heard."""
    clock = ShiftedClock(folder)
    clock.set(next_morning(clock.now()))
    with running_relay() as relay, installation(database_url, relay.url, folder) as one:
        people, token = one.subscribe(PEOPLE), one.token()
        serving = one.serve(prefix=clock.prefix)
        outage_id = declare_at(serving.url, token).json()["id"]
        relay.wait_for(PEOPLE)
        with listening(serving.url) as heard:
            life = Life(clock, one, serving, outage_id, heard)
            yield life
        issued = life.issued
        assert one.read(ledger.broken_bulletins) == []
    assert len(issued) == len(set(issued))
    for sequence in range(1, len(issued) + 2):
        check_nobody_is_lost(relay, people, outage_id=outage_id, sequence=sequence)
    check_copies_are_identical(relay)
    check_sequence_never_goes_back(relay)
    assert check_repeats(relay, []) == 0
    assert {one.status for one in heard} == {200}
    assert not [one.text for one in heard if "EDI" not in one.text]


def test_a_clock_that_was_days_ahead_silences_nobody(database_url: str, tmp_path: Path) -> None:
    """P5: one bulletin while it is ahead, none when it is right again, and the next within the cadence."""
    with living(database_url, tmp_path) as life:
        life.clock.jump(WHILE)
        life.clock.jump(DAYS_AHEAD)
        life.wait_for_bulletin(1)
        assert life.due > life.clock.now()
        life.clock.jump(-DAYS_AHEAD)
        right_at = life.clock.now()
        until(lambda: life.due <= latest_due(right_at), "it is brought back", seconds=ISSUED_WITHIN)
        life.nothing_comes(1)
        life.clock.set(life.due + timedelta(seconds=1))
        life.wait_for_bulletin(2)
        assert life.due > life.clock.now()


def test_a_clock_set_back_by_an_hour_issues_nothing_again_and_ticks_go_on(
    database_url: str, tmp_path: Path
) -> None:
    """P5, decision 7: what was issued stays issued, and what becomes due meanwhile is issued in time."""
    with living(database_url, tmp_path) as life:
        life.clock.set(life.due + timedelta(seconds=1))
        life.wait_for_bulletin(1)
        life.clock.jump(-HOUR)
        life.nothing_comes(1)
        assert life.clock.now() < life.due <= latest_due(life.clock.now())
        soon = life.clock.now() + timedelta(seconds=3)
        life.one.write(lambda tx: ledger.set_due(tx, life.outage_id, soon))
        life.wait_for_bulletin(2)
        assert soon in life.issued


def test_a_database_clock_that_was_days_ahead_repeats_nothing_and_leaves_nobody_with_the_dead(
    postgresql_url: str, tmp_path: Path
) -> None:
    """P5, P7, P8: set ahead, all senders seem dead; set back, one that was killed meanwhile seems alive."""
    with (
        movable_database_clock(postgresql_url) as advance,
        running_relay(answer_after=HALF_A_SECOND) as relay,
        installation(postgresql_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(MANY)
        doomed, _ = one.worker(), one.worker()
        until(lambda: len(one.read(ledger.workers)) == 2, "both workers are known")
        time.sleep(A_LOOK)
        done = one.declare()
        relay.wait_for(MANY // 10)
        advance(DAYS_AHEAD)
        time.sleep(A_LOOK)
        assert check_repeats(relay, []) == 0
        killed_at = doomed.kill()
        assert one.read(ledger.states).get(DeliveryState.CLAIMED, 0) > 0
        advance(-DAYS_AHEAD)
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=DRAINED_WITHIN)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: MANY}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    check_repeats(relay, [killed_at])
