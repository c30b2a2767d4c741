"""The archive: found by number, by words, by system, by when it was; nothing of operators' notes."""

from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from outage_service.domain.outages import OutageState
from outage_service.domain.subscriptions import SubscriptionKind, kinds_mask, systems_mask
from outage_service.domain.systems import Condition, System
from outage_service.services import archive
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage.archive import ArchiveFilter
from outage_service.storage.notes import insert_note
from tests.builders import THURSDAY_10H, a_delay, an_impact, at
from tests.services.acts import CCP_OUT, CERS_OUT, announce, cancel, declare, resolve, set_clock, update

DAY = timedelta(days=1)


def numbers(
    engine: Engine, wanted: ArchiveFilter, *, before_id: int | None = None, limit: int = 50
) -> list[str]:
    with engine.db.read() as tx:
        found = archive.search(engine, tx, wanted, before_id=before_id, limit=limit)
    return [one.outage.number[-4:] for one in found]


@pytest.fixture
def past(engine: Engine) -> Engine:
    """1: EDI, resolved after two hours. 2: CERS planned for Sunday. 3: the CCP, open since the next day."""
    over = declare(engine)
    announce(engine, CERS_OUT)
    set_clock(engine, THURSDAY_10H + timedelta(hours=2))
    resolve(engine, over)
    set_clock(engine, THURSDAY_10H + DAY)
    declare(engine, CCP_OUT)
    return engine


# One database for all: nothing is written between two searches.
SEARCHES: list[tuple[ArchiveFilter, list[str]]] = [
    (ArchiveFilter(), ["0003", "0002", "0001"]),
    (ArchiveFilter(systems=[System.EDI]), ["0001"]),
    (ArchiveFilter(systems=[System.EDI, System.CCP]), ["0003", "0001"]),
    (ArchiveFilter(states=[OutageState.SCHEDULED]), ["0002"]),
    (ArchiveFilter(states=[OutageState.OPEN, OutageState.RESOLVED]), ["0003", "0001"]),
    (ArchiveFilter(since=THURSDAY_10H + DAY), ["0003", "0002"]),
    (ArchiveFilter(since=THURSDAY_10H + timedelta(hours=2)), ["0003", "0002", "0001"]),
    (ArchiveFilter(before=THURSDAY_10H + DAY), ["0001"]),
    (ArchiveFilter(since=at("2026-11-30 00:00")), ["0003", "0002"]),
    (ArchiveFilter(words=["tcc26-0002"]), ["0002"]),
    (ArchiveFilter(words=["26-000", "CARM"]), ["0003"]),
    (ArchiveFilter(words=["amélior"]), ["0001"]),
    (ArchiveFilter(words=["AMÉLIOR"]), ["0001"]),  # a database's own `lower` may know no accents
    (ArchiveFilter(words=["Better"]), ["0001"]),
    (ArchiveFilter(words=["better", "nowhere"]), []),
    (ArchiveFilter(words=["%"]), []),
    (ArchiveFilter(words=["_"]), []),
    (ArchiveFilter(words=["'; --"]), []),
]


def test_outages_are_found(past: Engine) -> None:
    for wanted, found in SEARCHES:
        assert numbers(past, wanted) == found, wanted


def test_a_list_goes_on_where_it_stopped(past: Engine) -> None:
    assert numbers(past, ArchiveFilter(), limit=2) == ["0003", "0002"]
    assert numbers(past, ArchiveFilter(), before_id=2, limit=2) == ["0001"]


def test_what_operators_note_is_not_found(engine: Engine) -> None:
    done = declare(engine)
    engine.db.write(
        lambda tx: insert_note(tx, done.outage.id, at=engine.clock(), actor="desk", text="a secret")
    )
    assert numbers(engine, ArchiveFilter(words=["secret"])) == []


def test_a_record_names_what_it_is_related_to(engine: Engine) -> None:
    first = declare(engine)
    resolve(engine, first)
    again = declare(engine, relapse_of=first.outage.id)
    with engine.db.read() as tx:
        one = archive.find_record(tx, first.outage.number)
        other = archive.find_record(tx, again.outage.number)
    assert (one.relapse_of, one.relapsed_by) == (None, (again.outage.number,))
    assert (other.relapse_of, other.relapsed_by) == (first.outage.number, ())
    assert one.message is not None
    assert one.message.en == "It is getting better."
    assert [bulletin.sequence for bulletin in one.bulletins] == [1, 2]


def test_a_number_that_nobody_has_is_not_found(engine: Engine) -> None:
    with engine.db.read() as tx, pytest.raises(NotFound):
        archive.find_record(tx, "TCC26-0001")


def test_the_history_is_made_of_what_reached_into_it(engine: Engine, clock: VirtualClock) -> None:
    long_ago = declare(engine)
    resolve(engine, long_ago)
    cancel(engine, announce(engine, CERS_OUT))
    clock.advance(91 * DAY)
    declare(engine, a_delay(System.SWI))
    clock.advance(timedelta(hours=1))
    with engine.db.read() as tx:
        found = archive.history(engine, tx)
    worst = {system: [day.worst for day in days if day.worst] for system, days in found.items()}
    assert worst == {system: [Condition.DELAY] if system is System.SWI else [] for system in System}


@pytest.mark.parametrize(
    ("systems", "kinds", "found"),
    [
        ((), (), ["TCC26-0002", "TCC26-0001"]),
        ((System.EDI,), (), ["TCC26-0001"]),
        ((), (SubscriptionKind.SCHEDULED,), []),
        ((System.SWI,), (), []),
    ],
)
def test_somebody_new_is_told_of_what_the_next_bulletins_are_about(
    engine: Engine,
    systems: tuple[System, ...],
    kinds: tuple[SubscriptionKind, ...],
    found: list[str],
) -> None:
    """R14: whoever the next bulletin reaches."""
    update(engine, declare(engine))
    declare(engine, an_impact(System.CCP))
    resolve(engine, declare(engine, CERS_OUT))
    with engine.db.read() as tx:
        told = archive.current_for(tx, systems=systems_mask(systems), kinds=kinds_mask(kinds))
    assert [one.outage.number for one in told] == found
    assert [one.bulletin_id for one in told] == [3, 2][-len(found) :] if found else told == []
