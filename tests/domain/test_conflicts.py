"""Which outages stand in each other's way: the contract's rule of the 409, row by row."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain.outages import Impact, Outage, conflicts
from outage_service.domain.systems import Direction, System
from tests.builders import (
    SUNDAY_2H,
    SUNDAY_6H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    resolved,
    updated,
)

BOTH, INBOUND, OUTBOUND = Direction.BOTH, Direction.INBOUND, Direction.OUTBOUND
NOON, SUNDAY_3H = at("2026-11-26 12:00"), at("2026-11-29 03:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def _wanted(*impacts: Impact, now: datetime = NOON) -> Outage:
    return an_outage(*impacts, declared_at=now, number="TCC26-0002")


def _planned(start: datetime, end: datetime, now: datetime = NOON) -> Outage:
    return a_scheduled_outage(start=start, end=end, announced_at=now, number="TCC26-0002")


@pytest.mark.parametrize(
    ("wanted", "existing", "is_conflict"),
    [
        pytest.param(an_impact(), an_impact(), True, id="same-system"),
        pytest.param(an_impact(System.CERS), an_impact(), False, id="other-system"),
        pytest.param(an_impact(System.CCP), an_impact(System.CCP), True, id="without-directions"),
        pytest.param(a_delay(), an_impact(), True, id="whatever-the-condition"),
        pytest.param(an_impact(direction=INBOUND), an_impact(direction=INBOUND), True, id="same-direction"),
        pytest.param(
            an_impact(direction=INBOUND), an_impact(direction=OUTBOUND), False, id="other-direction"
        ),
        pytest.param(an_impact(direction=BOTH), an_impact(direction=OUTBOUND), True, id="both-over-one"),
        pytest.param(an_impact(direction=INBOUND), an_impact(direction=BOTH), True, id="one-under-both"),
    ],
)
def test_the_same_system_in_an_overlapping_direction_is_a_conflict(
    wanted: Impact, existing: Impact, is_conflict: bool
) -> None:
    """`both` overlaps all."""
    assert conflicts(_wanted(wanted), an_outage(existing), NOON) is is_conflict
    assert conflicts(an_outage(existing), _wanted(wanted), NOON) is is_conflict


def test_one_common_system_is_enough() -> None:
    """Among others that differ."""
    existing = an_outage(an_impact(System.CCP), an_impact(System.CERS, OUTBOUND))
    assert conflicts(_wanted(an_impact(), an_impact(System.CERS)), existing, NOON)
    assert not conflicts(_wanted(an_impact(), an_impact(System.CERS, INBOUND)), existing, NOON)


@pytest.mark.parametrize(
    "existing",
    [
        pytest.param(resolved(an_outage(), at("2026-11-26 11:00")), id="resolved"),
        pytest.param(
            resolved(an_outage(), at("2026-11-26 11:00"), remains_in_effect=True), id="in-effect-still"
        ),
        pytest.param(cancelled(a_scheduled_outage(), at("2026-11-26 11:00")), id="cancelled"),
    ],
)
def test_a_closed_outage_stands_in_nobody_s_way(existing: Outage) -> None:
    """Only unresolved ones do; a fault that returns is a new outage."""
    assert not conflicts(_wanted(), existing, NOON)
    assert not conflicts(_planned(SUNDAY_2H, SUNDAY_6H), existing, NOON)


def test_a_system_that_was_dropped_is_free_again() -> None:
    """It was restored."""
    existing = updated(an_outage(an_impact(), an_impact(System.CERS)), at("2026-11-26 11:00"), an_impact())
    assert not conflicts(_wanted(an_impact(System.CERS)), existing, NOON)
    assert conflicts(_wanted(an_impact()), existing, NOON)


def test_an_outage_to_come_never_blocks_an_unscheduled_one() -> None:
    """The fault is there, whatever was planned."""
    assert not conflicts(_wanted(), a_scheduled_outage(), NOON)
    assert not conflicts(_wanted(now=SUNDAY_2H - MINUTE), a_scheduled_outage(), SUNDAY_2H - MINUTE)


@pytest.mark.parametrize("now", [SUNDAY_2H, SUNDAY_6H + HOUR], ids=["started", "overrun"])
def test_an_outage_to_come_never_blocks_a_scheduled_one_under_way(now: datetime) -> None:
    """A system that fails beside an overrun is told of now, whatever is planned for it next week (R17)."""
    next_week = _planned(SUNDAY_2H + timedelta(days=7), SUNDAY_6H + timedelta(days=7))
    assert not conflicts(a_scheduled_outage(), next_week, now)
    assert conflicts(next_week, a_scheduled_outage(), now)


@pytest.mark.parametrize(
    "now", [SUNDAY_2H, SUNDAY_3H, SUNDAY_6H + HOUR], ids=["started", "in-the-window", "overrun"]
)
def test_a_scheduled_outage_that_has_started_blocks_unscheduled_ones(now: datetime) -> None:
    """Without end once started: nothing resolves itself (R11)."""
    assert conflicts(_wanted(now=now), a_scheduled_outage(), now)


@pytest.mark.parametrize(
    ("start", "end", "is_conflict"),
    [
        pytest.param(SUNDAY_2H - 4 * HOUR, SUNDAY_2H, False, id="ends-when-the-other-starts"),
        pytest.param(SUNDAY_2H - 4 * HOUR, SUNDAY_2H + MINUTE, True, id="ends-a-minute-later"),
        pytest.param(SUNDAY_2H, SUNDAY_6H, True, id="same-window"),
        pytest.param(SUNDAY_2H + HOUR, SUNDAY_6H - HOUR, True, id="inside"),
        pytest.param(SUNDAY_2H - HOUR, SUNDAY_6H + HOUR, True, id="around"),
        pytest.param(SUNDAY_6H - MINUTE, SUNDAY_6H + HOUR, True, id="starts-a-minute-before-the-end"),
        pytest.param(SUNDAY_6H, SUNDAY_6H + HOUR, False, id="starts-when-the-other-ends"),
    ],
)
def test_two_windows_conflict_where_they_overlap(start: datetime, end: datetime, is_conflict: bool) -> None:
    """Planned start to planned end."""
    assert conflicts(_planned(start, end), a_scheduled_outage(), NOON) is is_conflict
    assert conflicts(a_scheduled_outage(), _planned(start, end), NOON) is is_conflict


def test_a_window_conflicts_with_an_outage_that_is_open() -> None:
    """Unscheduled: from its start without end."""
    assert conflicts(_planned(SUNDAY_2H, SUNDAY_6H), an_outage(), NOON)


def test_a_window_conflicts_with_a_scheduled_outage_that_has_started() -> None:
    """Without end once started, though its planned end lies before the window."""
    later = _planned(SUNDAY_6H + 24 * HOUR, SUNDAY_6H + 30 * HOUR, now=SUNDAY_3H)
    assert conflicts(later, a_scheduled_outage(), SUNDAY_3H)
    assert not conflicts(later, a_scheduled_outage(), THURSDAY_10H)
