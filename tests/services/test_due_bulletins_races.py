"""Many schedulers on one database: a due slot gives exactly one bulletin (P1)."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from outage_service.domain.systems import System
from outage_service.services import due_bulletins
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.storage.schema import bulletin
from tests.builders import an_impact, at
from tests.services.acts import bulletins, declare, resolve, set_clock, stored, tick, update

NOON = at("2026-11-26 12:00")
DAY = timedelta(days=1)
SCHEDULERS = 6
RUN = """
import sys
from datetime import datetime
from outage_service.clock import VirtualClock
from outage_service.services.due_bulletins import issue_due
from tests.engines import an_engine
clock = VirtualClock(datetime.fromisoformat(sys.argv[2]))
engine = an_engine(sys.argv[1], clock)
print("ready", flush=True)
for instant in sys.argv[2:]:
    sys.stdin.readline()
    clock.set(datetime.fromisoformat(instant))
    print(issue_due(engine), flush=True)
engine.db.close()
"""


def declare_all(engine: Engine) -> list[Done]:
    """One outage of each system."""
    return [declare(engine, an_impact(system)) for system in System]


def together(count: int, work: Callable[[], int]) -> int:
    """Runs `work` in so many threads at once and returns the sum."""
    ready = threading.Barrier(count)

    def run(_: int) -> int:
        ready.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(run, range(count)))


def slots(engine: Engine) -> Counter[object]:
    """Counts the bulletins of each slot."""
    wanted = select(bulletin.c.outage_id, bulletin.c.slot_at).where(bulletin.c.slot_at.is_not(None))
    with engine.db.read() as tx:
        return Counter((row.outage_id, row.slot_at) for row in tx.execute(wanted))


def test_threads_that_find_the_same_slots_issue_each_once(engine: Engine) -> None:
    """P1: they all see them due; the row's lock and its due time decide."""
    all_of_them = declare_all(engine)
    set_clock(engine, NOON)
    assert together(SCHEDULERS, lambda: due_bulletins.issue_due(engine)) == len(all_of_them)
    assert set(slots(engine).values()) == {1}
    for done in all_of_them:
        assert [one.sequence for one in bulletins(engine, done)] == [1, 2]


def test_processes_that_find_the_same_slots_issue_each_once(engine: Engine, database_url: str) -> None:
    """P1: with nothing between them but the database; their clocks agree, as those of hosts do."""
    all_of_them = declare_all(engine)
    instants = [at(f"2026-11-{day} {hour:02}:00").isoformat() for day in (26, 27) for hour in range(12, 23)]
    command = [sys.executable, "-c", RUN, database_url, *instants]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    issued = 0
    for _ in instants:
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in running:
            assert process.stdout is not None
            issued += int(process.stdout.readline())
    for process in running:
        process.communicate(timeout=100)
        assert process.returncode == 0
    found = slots(engine)
    assert set(found.values()) == {1}
    assert issued == len(found) == len(all_of_them) * 10
    for done in all_of_them:
        assert [one.sequence for one in bulletins(engine, done)] == list(range(1, 12))


def at_once(*works: Callable[[], object]) -> None:
    """Runs each in a thread of its own, all at the same instant."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        ready.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


def test_a_slot_and_news_at_once_are_one_after_the_other(engine: Engine) -> None:
    """Whoever comes first: no sequence is lost, and the slot is issued once or replaced by the news."""
    done = declare(engine)
    set_clock(engine, NOON)
    at_once(lambda: update(engine, done), lambda: due_bulletins.issue_due(engine))
    kinds = [one.kind.value for one in bulletins(engine, done)]
    assert kinds in (["initial", "update"], ["initial", "periodic", "update"])
    assert stored(engine, done).next_due_at == NOON + timedelta(hours=2)


def test_a_slot_and_a_resolution_at_once_end_the_clock(engine: Engine) -> None:
    """The resolved bulletin is the last one, whichever came first (R10)."""
    done = declare(engine)
    set_clock(engine, NOON)
    at_once(lambda: resolve(engine, done), lambda: due_bulletins.issue_due(engine))
    kinds = [one.kind.value for one in bulletins(engine, done)]
    assert kinds in (["initial", "resolved"], ["initial", "periodic", "resolved"])
    assert stored(engine, done).next_due_at is None
    assert tick(engine, NOON + DAY) == 0
