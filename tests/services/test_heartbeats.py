"""Who is dead when the database's own clock jumps: nobody who lives, and the dead within minutes (P5, P9)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from outage_service.domain.deliveries import DeliveryState
from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.services.heartbeats import Heartbeats
from outage_service.storage.workers import DEAD_AFTER, living_workers
from outage_service.worker.sender import HEARTBEAT_SECONDS, RESCUE_SECONDS
from tests.engines import an_engine
from tests.services.acts import declare, subscribe
from tests.storage.rows import states
from tests.support.database_clock import Advance, movable_database_clock

ROUND = timedelta(seconds=RESCUE_SECONDS)
BEAT = timedelta(seconds=HEARTBEAT_SECONDS)
DAYS, HOUR = timedelta(days=3), timedelta(hours=1)
CLAIMED = {DeliveryState.CLAIMED.value: 1}
jumps = pytest.mark.parametrize("jump", [DAYS, HOUR, -HOUR, -DAYS], ids=str)


@dataclass
class Scene:
    """A worker that holds a claim, another that looks after the dead, and the time that passes for both."""

    engine: Engine
    set_database_clock: Advance
    own_seconds: float = 0.0
    heartbeats: Heartbeats = field(init=False)

    def __post_init__(self) -> None:
        self.heartbeats = Heartbeats(lambda: self.own_seconds)
        subscribe(self.engine)
        declare(self.engine)
        self.worker_id = sending.register(self.engine)
        assert len(sending.claim(self.engine, self.worker_id, limit=10)) == 1

    def pass_time(self, time: timedelta) -> None:
        """Time goes on as it should, for the database and for the one that looks."""
        self.own_seconds += time.total_seconds()
        self.set_database_clock(time)

    def beat(self) -> None:
        sending.beat(self.engine, self.worker_id)

    def rescue(self) -> int:
        return sending.rescue(self.engine, heartbeats=self.heartbeats)

    def rounds_until_freed(self, *, most: int = 20) -> int:
        """Looks every 15 s while the worker says nothing; returns how often until its claim is freed."""
        for number in range(most):
            if self.rescue():
                return number
            self.pass_time(ROUND)
        return most

    def living(self) -> int:
        with self.engine.db.read() as tx:
            return living_workers(tx)


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """The database's clock is right until the test sets it."""
    with movable_database_clock(database_url) as advance:
        engine = an_engine(database_url)
        yield Scene(engine, advance)
        engine.db.close()


def test_a_worker_that_died_while_the_databases_clock_was_ahead_is_dead_a_minute_after_it_came_back(
    scene: Scene,
) -> None:
    """P5, P7: its claim is not stuck for the three days until the time comes that it was seen at."""
    scene.set_database_clock(DAYS)
    scene.beat()
    scene.rescue()
    scene.set_database_clock(-DAYS)
    assert DEAD_AFTER / ROUND <= scene.rounds_until_freed() <= DEAD_AFTER / ROUND + 2
    assert states(scene.engine.db) == {DeliveryState.QUEUED.value: 1}
    assert scene.living() == 0


def test_so_it_is_for_one_that_has_only_just_begun_to_look(scene: Scene) -> None:
    """P5, P7: a sender that starts when the clock is right again, and knows of nothing."""
    scene.set_database_clock(-DAYS)
    assert DEAD_AFTER / ROUND <= scene.rounds_until_freed() <= DEAD_AFTER / ROUND + 2


@jumps
def test_a_worker_that_lives_is_never_taken_for_dead_however_the_databases_clock_jumps(
    scene: Scene, jump: timedelta
) -> None:
    """P5, P8, P9: what it holds would be sent twice. It beats every 10 s; others look every 15 s."""
    for _ in range(3):
        scene.pass_time(BEAT)
        scene.beat()
        scene.pass_time(ROUND - BEAT)
        assert scene.rescue() == 0
    scene.pass_time(BEAT)
    scene.beat()
    scene.set_database_clock(jump)  # at the worst time: its next heartbeat comes after the look
    scene.pass_time(ROUND - BEAT)
    assert scene.rescue() == 0
    scene.pass_time(BEAT / 2)
    scene.beat()
    scene.pass_time(BEAT)
    assert scene.rescue() == 0
    assert states(scene.engine.db) == CLAIMED


@pytest.mark.parametrize("jump", [-HOUR, HOUR], ids=["back and ahead again", "ahead and back again"])
def test_a_worker_that_beats_while_the_clock_is_wrong_for_a_moment_lives(
    scene: Scene, jump: timedelta
) -> None:
    """P5, P9: between two looks; its heartbeat is an hour off."""
    scene.beat()
    assert scene.rescue() == 0
    scene.set_database_clock(jump)
    scene.pass_time(BEAT)
    scene.beat()
    scene.set_database_clock(-jump)
    scene.pass_time(ROUND - BEAT)
    assert scene.rescue() == 0
    assert states(scene.engine.db) == CLAIMED


@jumps
def test_a_worker_that_died_before_the_databases_clock_jumped_is_dead_within_two_minutes(
    scene: Scene, jump: timedelta
) -> None:
    """P6, P7: a jump delays the rescue by a minute at most."""
    scene.beat()
    assert scene.rescue() == 0
    scene.pass_time(ROUND)
    assert scene.rescue() == 0
    scene.set_database_clock(jump)
    assert scene.rounds_until_freed() * ROUND <= timedelta(minutes=2)


def test_a_look_of_long_ago_proves_nothing(scene: Scene) -> None:
    """P7: the database could not be reached meanwhile; whoever has been silent for a minute is dead."""
    assert scene.rescue() == 0
    scene.pass_time(BEAT)
    scene.beat()
    scene.pass_time(DEAD_AFTER + BEAT)
    assert scene.rescue() == 1
