"""One outage for one fault: what an unresolved outage covers is not declared again (409)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from outage_service.domain.lifecycle import News
from outage_service.domain.outages import Impact
from outage_service.domain.systems import Direction, System
from outage_service.services.engine import Engine
from outage_service.services.errors import AlreadyDeclared
from tests.builders import SUNDAY_2H, SUNDAY_6H, a_delay, an_impact, at
from tests.services.acts import (
    CERS_OUT,
    announce,
    cancel,
    declare,
    resolve,
    rows,
    set_clock,
    stored,
    update,
)

HOUR = timedelta(hours=1)
IN, OUT = an_impact(direction=Direction.INBOUND), an_impact(direction=Direction.OUTBOUND)
BOTH = an_impact(direction=Direction.BOTH)


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ((BOTH,), (BOTH,), True),
        ((IN,), (BOTH,), True),
        ((BOTH,), (OUT,), True),
        ((IN,), (OUT,), False),
        ((an_impact(),), (a_delay(),), True),
        ((CERS_OUT,), (BOTH,), False),
        ((CERS_OUT, BOTH), (an_impact(System.SWI), IN), True),
        ((an_impact(System.CCP),), (an_impact(System.CCP),), True),
    ],
    ids=[
        "both and both", "one way and both", "both and one way", "the two ways", "outage and delay",
        "other systems", "one system shared", "no directions",
    ],
)  # fmt: skip
def test_the_same_system_and_way_is_not_declared_twice(
    engine: Engine, first: tuple[Impact, ...], second: tuple[Impact, ...], is_refused: bool
) -> None:
    """The contract: `both` overlaps all; the answer names the other outage."""
    done = declare(engine, *first)
    if not is_refused:
        assert declare(engine, *second).outage.number == "TCC26-0002"
        return
    before = rows(engine)
    with pytest.raises(AlreadyDeclared) as caught:
        declare(engine, *second)
    assert (caught.value.outage_id, caught.value.number) == (done.outage.id, "TCC26-0001")
    assert rows(engine) == before


def test_what_was_resolved_or_cancelled_is_in_nobodys_way(engine: Engine) -> None:
    """A fault that returns is a new outage."""
    resolve(engine, declare(engine))
    cancel(engine, announce(engine))
    assert announce(engine).outage.number == "TCC26-0003"


def test_a_system_that_an_update_dropped_is_free_again(engine: Engine) -> None:
    """It was restored then."""
    first = declare(engine, BOTH, CERS_OUT)
    update(engine, first, BOTH)
    assert declare(engine, CERS_OUT).outage.number == "TCC26-0002"


def test_a_maintenance_to_come_never_blocks_an_outage_now(engine: Engine) -> None:
    """The contract; and on the night itself both go on."""
    planned = announce(engine)
    sudden = declare(engine)
    set_clock(engine, SUNDAY_2H)
    assert update(engine, sudden, a_delay()).outage.sequence == 2
    assert update(engine, planned).outage.sequence == 2


def test_an_outage_without_end_blocks_a_maintenance(engine: Engine) -> None:
    """Unscheduled: from its start without end."""
    declare(engine)
    with pytest.raises(AlreadyDeclared):
        announce(engine)


@pytest.mark.parametrize(
    ("start", "end", "is_refused"),
    [
        (SUNDAY_2H, SUNDAY_6H, True),
        (SUNDAY_2H - HOUR, SUNDAY_2H, False),
        (SUNDAY_6H, SUNDAY_6H + HOUR, False),
        (SUNDAY_2H - HOUR, SUNDAY_2H + timedelta(minutes=1), True),
        (SUNDAY_6H - timedelta(minutes=1), SUNDAY_6H + HOUR, True),
        (SUNDAY_2H + HOUR, SUNDAY_6H - HOUR, True),
    ],
)
def test_two_maintenances_must_not_overlap_in_time(
    engine: Engine, start: datetime, end: datetime, is_refused: bool
) -> None:
    """From the planned start to the planned end, which is not included."""
    announce(engine)
    if is_refused:
        with pytest.raises(AlreadyDeclared):
            announce(engine, start=start, end=end)
    else:
        assert announce(engine, start=start, end=end).outage.number == "TCC26-0002"


def test_a_maintenance_that_has_started_has_no_end(engine: Engine) -> None:
    """R11: nothing ever resolves itself, a passed planned end neither."""
    announce(engine)
    set_clock(engine, SUNDAY_6H + 5 * HOUR)
    with pytest.raises(AlreadyDeclared):
        declare(engine)


def test_an_update_cannot_take_in_what_another_outage_covers(engine: Engine) -> None:
    """A system, or a direction more."""
    one_way, cers = declare(engine, IN), declare(engine, CERS_OUT)
    declare(engine, OUT)
    before = rows(engine), stored(engine, one_way)
    for impacts in ((BOTH,), (IN, CERS_OUT)):
        with pytest.raises(AlreadyDeclared):
            update(engine, one_way, *impacts)
    assert (rows(engine), stored(engine, one_way)) == before
    resolve(engine, cers)
    assert update(engine, one_way, IN, CERS_OUT).outage.systems_ever == (System.EDI, System.CERS)


@pytest.mark.parametrize(
    "news",
    [News(planned_end_at=SUNDAY_6H + 2 * HOUR), News(planned_start_at=SUNDAY_6H + HOUR,
                                                     planned_end_at=SUNDAY_6H + 3 * HOUR)],
    ids=["a later end", "another window"],
)  # fmt: skip
def test_a_window_cannot_be_moved_into_another(engine: Engine, news: News) -> None:
    """The end as well as the start."""
    first = announce(engine)
    announce(engine, start=SUNDAY_6H + HOUR, end=SUNDAY_6H + 2 * HOUR)
    with pytest.raises(AlreadyDeclared):
        update(engine, first, news=news)
    assert update(engine, first, news=News(planned_end_at=SUNDAY_6H + HOUR)).outage.sequence == 2


def test_what_already_overlapped_can_still_be_updated(engine: Engine) -> None:
    """Two that the clock alone has brought together: each needs its figures and its times told."""
    planned, sudden = announce(engine), declare(engine, a_delay(behind_minutes=30))
    set_clock(engine, SUNDAY_2H + HOUR)
    assert update(engine, sudden, a_delay(behind_minutes=90)).outage.sequence == 2
    later = News(planned_end_at=SUNDAY_6H + HOUR)
    assert update(engine, planned, news=later).outage.planned_end_at == SUNDAY_6H + HOUR


def test_of_two_who_declare_the_same_at_once_one_is_told_so(engine: Engine) -> None:
    """Neither sees the other's outage before it is committed: they take turns."""
    ready = threading.Barrier(4)

    def one(_: int) -> str:
        ready.wait()
        try:
            return declare(engine).outage.number
        except AlreadyDeclared as refusal:
            return f"see {refusal.number}"

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(one, range(4)))
    assert told == ["TCC26-0001", *["see TCC26-0001"] * 3]


def test_of_two_updates_at_once_that_would_overlap_one_is_refused(engine: Engine) -> None:
    """The same between updates, and between an update and a declaration."""
    ready = threading.Barrier(3)
    first, second = declare(engine, CERS_OUT), declare(engine, an_impact(System.SWI))

    def attempt(act: Callable[[], object]) -> bool:
        ready.wait()
        try:
            act()
        except AlreadyDeclared:
            return False
        return True

    acts = [
        lambda: update(engine, first, CERS_OUT, BOTH),
        lambda: update(engine, second, an_impact(System.SWI), BOTH),
        lambda: declare(engine, BOTH),
    ]
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(attempt, acts)) == [False, False, True]


def test_a_start_in_the_past_does_not_matter(engine: Engine) -> None:
    """An outage is unresolved from its start on, whenever that was."""
    declare(engine, started_at=at("2026-11-25 10:00"))
    with pytest.raises(AlreadyDeclared):
        declare(engine, started_at=at("2026-11-24 10:00"))
