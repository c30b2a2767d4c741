"""One host's clock is wrong: nobody is flooded, nobody waits, and operators hear which it is (P5, P22)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Update
from sqlalchemy import update as sql_update
from structlog.testing import capture_logs

from outage_service.clock import Clock, VirtualClock, system_clock
from outage_service.domain.bulletins import BulletinKind
from outage_service.services import alerts, due_bulletins, sending
from outage_service.services.engine import Engine
from outage_service.services.host_clock import HostClock
from outage_service.services.outages import Done
from outage_service.storage.alerts import open_alerts
from outage_service.storage.database import Database, open_database
from outage_service.storage.schema import worker
from outage_service.storage.workers import DEAD_AFTER
from tests.builders import SUNDAY_6H, THURSDAY_10H, a_delay, at
from tests.engines import an_engine
from tests.services.acts import announce, declare, set_clock, stored, story, tick, update

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SLOTS = [at("2026-11-26 14:00"), at("2026-11-26 18:00")]
EVENING = at("2026-11-26 19:00")
wrong_by = pytest.mark.parametrize("by", [-4 * HOUR, 4 * HOUR, -2 * DAY, 2 * DAY], ids=str)


def showing(ahead: timedelta) -> Clock:
    return lambda: system_clock() + ahead


@dataclass
class Host:
    """A host with a worker, whose clock is so far ahead of the right time, and of the database's."""

    engine: Engine
    worker_id: str
    wrong_by: timedelta

    def tick(self, now: datetime) -> int:
        return tick(self.engine, now + self.wrong_by)

    def beat(self) -> None:
        sending.beat(self.engine, self.worker_id)

    def was_seen(self, seen_at: datetime) -> None:
        """Makes its last heartbeat one of another time."""
        self._set(sql_update(worker).values(seen_at=seen_at))

    def is_of_the_release_before(self) -> None:
        self._set(sql_update(worker).values(clock_ahead_seconds=None))

    def _set(self, change: Update) -> None:
        self.engine.db.write(lambda tx: tx.execute(change.where(worker.c.id == self.worker_id)))


class Hosts:
    """Several hosts and the database that they share."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: list[Database] = []

    def add(self, name: str, *, wrong_by: timedelta = timedelta(0), ahead: timedelta | None = None) -> Host:
        """Starts a host; the database's clock is right unless `ahead` says otherwise."""
        self._open.append(open_database(self._url))
        shown = wrong_by if ahead is None else ahead
        engine = an_engine(self._open[-1], VirtualClock(THURSDAY_10H + wrong_by))
        engine = replace(engine, host_clock=HostClock(showing(shown), host=name))
        return Host(engine, sending.register(engine), wrong_by)

    def close(self) -> None:
        for database in self._open:
            database.close()


@pytest.fixture
def hosts(postgresql_url: str) -> Iterator[Hosts]:
    """An SQLite file is on one host alone."""
    found = Hosts(postgresql_url)
    yield found
    found.close()


def run(end: datetime, *there: Host, step: timedelta = 5 * MINUTE) -> None:
    """Lets time go on from Thursday at 10 while every host ticks, each by its own clock."""
    now = THURSDAY_10H
    while now < end:
        now += step
        for host in there:
            host.tick(now)


def periodic(host: Host, done: Done) -> list[datetime]:
    return [when for kind, when in story(host.engine, done) if kind is BulletinKind.PERIODIC]


def agrees(host: Host) -> bool:
    with host.engine.db.read() as tx:
        return host.engine.host_clock.agrees(tx)


def alerted(host: Host) -> set[tuple[str, str]]:
    alerts.watch(host.engine)
    with host.engine.db.read() as tx:
        return open_alerts(tx)


@wrong_by
def test_one_host_whose_clock_is_wrong_floods_nobody(hosts: Hosts, by: timedelta) -> None:
    """P1, P5: without the others' word the wrong one brings back what the right one has timed, or issues
    ahead of it, over and over."""
    right, wrong = hosts.add("a"), hosts.add("b", wrong_by=by)
    done = declare(right.engine, a_delay())
    run(EVENING, wrong, right)
    assert periodic(right, done) == SLOTS


@pytest.mark.parametrize("ahead", [-4 * HOUR, 4 * HOUR], ids=str)
def test_where_the_database_s_clock_is_the_wrong_one_bulletins_are_in_time(
    hosts: Hosts, ahead: timedelta
) -> None:
    """P5: the hosts agree with one another."""
    first, second = hosts.add("a", ahead=ahead), hosts.add("b", ahead=ahead)
    done = declare(first.engine, a_delay())
    run(EVENING, first, second)
    assert periodic(first, done) == SLOTS


def test_a_host_alone_issues_by_its_own_clock_whatever_the_database_s_shows(hosts: Hosts) -> None:
    """P5: nobody else would."""
    alone = hosts.add("a", ahead=-9 * HOUR)
    done = declare(alone.engine, a_delay())
    run(EVENING, alone, step=HOUR)
    assert periodic(alone, done) == SLOTS


def test_a_host_is_left_alone_by_one_that_died(hosts: Hosts) -> None:
    """P5: once the right one is dead, late or early bulletins are better than none."""
    right, wrong = hosts.add("a"), hosts.add("b", wrong_by=-4 * HOUR)
    assert not agrees(wrong)
    right.was_seen(system_clock() - DEAD_AFTER - MINUTE)
    assert agrees(wrong)


def test_a_clock_that_is_set_counts_from_the_next_look(hosts: Hosts) -> None:
    """P5: before the next heartbeat tells of it; the log says so once each way."""
    right, host = hosts.add("a"), hosts.add("b")
    with capture_logs() as log:
        for ahead in (timedelta(0), 4 * HOUR, 4 * HOUR, timedelta(0), timedelta(0)):
            host.engine.host_clock.now = showing(ahead)
            assert agrees(host) == (not ahead)
            assert agrees(right)
    assert [entry["event"] for entry in log] == ["clock_differs", "clock_agrees_again"]
    assert log[0]["seconds_ahead_of_database"] == pytest.approx(4 * 3600, abs=60)


def test_a_worker_of_the_release_before_says_nothing_of_its_clock(hosts: Hosts) -> None:
    """P24: it is not taken for right."""
    host, old = hosts.add("a", ahead=4 * HOUR), hosts.add("b")
    assert not agrees(host)
    old.is_of_the_release_before()
    assert agrees(host)


def test_who_is_seen_in_the_future_says_nothing_until_the_next_heartbeat(hosts: Hosts) -> None:
    """P5: the database's clock was set back; what hosts showed was compared with what it had been."""
    host, other = hosts.add("a", ahead=4 * HOUR), hosts.add("b")
    other.was_seen(system_clock() + 4 * HOUR)
    assert agrees(host)
    sending.rescue(host.engine)  # counts it as seen now
    assert agrees(host)
    other.beat()
    assert not agrees(host)


def test_operators_may_act_on_a_host_whose_clock_is_wrong(hosts: Hosts) -> None:
    """Only what the clock does by itself is left to others."""
    right, wrong = hosts.add("a"), hosts.add("b", wrong_by=-4 * HOUR)
    assert wrong.tick(THURSDAY_10H) == 0
    done = declare(wrong.engine, a_delay())
    update(wrong.engine, done)
    assert stored(right.engine, done).sequence == 2


def test_operators_hear_of_the_wrong_clock_until_it_is_right(hosts: Hosts) -> None:
    """P22: whoever looks tells; the host itself too."""
    right, wrong = hosts.add("a"), hosts.add("b", wrong_by=-4 * HOUR)
    assert alerted(wrong) == alerted(right) == {("clock_differs", "b")}
    wrong.engine.host_clock.now = system_clock
    wrong.beat()
    assert alerted(right) == set()


def test_operators_hear_of_a_database_whose_clock_is_another_until_it_agrees(hosts: Hosts) -> None:
    """P22: all hosts agree, so none of them stands back, and what the database times is wrong."""
    one, other = hosts.add("a", wrong_by=3 * HOUR), hosts.add("b", wrong_by=3 * HOUR)
    assert alerted(one) == alerted(other) == {("database_clock_differs", "")}
    for host in (one, other):
        host.engine.host_clock.now = system_clock
        host.beat()
    assert alerted(one) == set()


def test_a_wrong_clock_raises_no_alarm_and_ends_none(hosts: Hosts) -> None:
    """P5, P22: else the hosts would tell operators the opposite of each other every few seconds."""
    right, wrong = hosts.add("a"), hosts.add("b", wrong_by=4 * HOUR)
    declare(right.engine, a_delay())
    set_clock(wrong.engine, SLOTS[0] + HOUR)
    assert alerted(wrong) == {("clock_differs", "b")}
    set_clock(right.engine, SLOTS[0] + HOUR)
    overdue = {("clock_differs", "b"), ("overdue", "TCC26-0001")}
    assert alerted(right) == overdue
    set_clock(wrong.engine, THURSDAY_10H)
    assert alerted(wrong) == overdue


def test_an_overrun_is_told_by_a_host_whose_clock_is_right(hosts: Hosts) -> None:
    """P5, R17."""
    right, wrong = hosts.add("a"), hosts.add("b", wrong_by=2 * DAY)
    announce(right.engine)
    assert wrong.tick(SUNDAY_6H - DAY) == 0
    assert alerts.alert_overruns(wrong.engine) == 0
    set_clock(right.engine, SUNDAY_6H + HOUR)
    due_bulletins.issue_due(right.engine)
    assert alerts.alert_overruns(right.engine) == 1
