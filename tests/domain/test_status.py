"""The state of every system at one instant (R11, R22, P21)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from outage_service.domain.broadcasts import LineState, Override
from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.status import SystemStatus, last_known, next_change_at, status_of, unknown_status
from outage_service.domain.systems import Direction, System
from outage_service.domain.texts import Bilingual
from tests.builders import (
    SUNDAY_2H,
    SUNDAY_6H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    resolved,
)

NOON = at("2026-11-26 12:00")
NORMAL, DELAY, OUT, UNKNOWN = LineState.NORMAL, LineState.DELAY, LineState.OUTAGE, LineState.UNKNOWN


def of_system(system: System, *outages: Outage) -> SystemStatus:
    return next(told for told in status_of(outages, NOON).systems if told.system is system)


def test_every_system_is_told_in_the_catalogue_s_order() -> None:
    assert [told.system for told in status_of([], NOON).systems] == list(System)


def test_with_nothing_open_every_system_is_normal() -> None:
    """R22: a reachable database with no open event is knowledge."""
    assert {told.condition for told in status_of([], NOON).systems} == {NORMAL}


@pytest.mark.parametrize(
    ("direction", "inbound", "outbound"),
    [
        (Direction.INBOUND, OUT, NORMAL),
        (Direction.OUTBOUND, NORMAL, OUT),
        (Direction.BOTH, OUT, OUT),
    ],
)
def test_an_outage_is_told_for_its_directions(
    direction: Direction, inbound: LineState, outbound: LineState
) -> None:
    told = of_system(System.EDI, an_outage(an_impact(System.EDI, direction)))
    assert (told.condition, told.inbound, told.outbound) == (OUT, inbound, outbound)


def test_each_direction_has_its_own_condition() -> None:
    outage = an_outage(an_impact(System.EDI, Direction.INBOUND), a_delay(System.EDI, 5, Direction.OUTBOUND))
    told = of_system(System.EDI, outage)
    assert (told.condition, told.inbound, told.outbound) == (OUT, OUT, DELAY)


@pytest.mark.parametrize("system", [System.CCP, System.CAD_API, System.SWI])
def test_a_system_without_directions_has_none_to_tell(system: System) -> None:
    told = of_system(system, an_outage(an_impact(system)))
    assert (told.condition, told.inbound, told.outbound) == (OUT, None, None)


def test_a_system_points_to_the_worst_of_its_outages() -> None:
    delayed = an_outage(a_delay(System.EDI, 5, Direction.OUTBOUND), number="TCC26-0001")
    out = an_outage(an_impact(System.EDI, Direction.INBOUND), number="TCC26-0002")
    assert of_system(System.EDI, delayed, out).outage == out
    assert of_system(System.CERS, delayed, out).outage is None


def test_of_two_that_are_as_bad_a_system_points_to_the_one_it_suffers_from_longest() -> None:
    """What counts is when the system failed, not when the outage began or was declared."""
    inbound = an_impact(System.EDI, Direction.INBOUND, started_at=at("2026-11-26 09:30"))
    joined = an_outage(an_impact(System.CERS), inbound, started_at=at("2026-11-26 08:00"))
    outbound = an_impact(System.EDI, Direction.OUTBOUND)
    for started_at, longest_is_joined in (("2026-11-26 09:00", False), ("2026-11-26 09:45", True)):
        other = an_outage(outbound, started_at=at(started_at), number="TCC26-0002")
        longest = joined if longest_is_joined else other
        for order in ((joined, other), (other, joined)):
            assert of_system(System.EDI, *order).outage == longest


def test_an_upcoming_outage_is_listed_and_changes_no_condition() -> None:
    status = status_of([a_scheduled_outage()], NOON)
    assert [told.state for told in status.outages] == [OutageState.SCHEDULED]
    assert {told.condition for told in status.systems} == {NORMAL}


def test_a_scheduled_outage_counts_from_its_planned_start() -> None:
    status = status_of([a_scheduled_outage()], SUNDAY_2H)
    assert status.systems[0].condition is OUT


def test_a_resolved_outage_is_listed_only_while_its_procedures_are_in_effect() -> None:
    """R6."""
    over = resolved(an_outage(), NOON)
    kept = resolved(an_outage(), NOON, remains_in_effect=True)
    assert (status_of([over], NOON).outages, status_of([over], NOON).procedures_remain) == ((), ())
    remaining = status_of([kept, an_outage(an_impact(System.CERS))], NOON)
    assert [told.outage for told in remaining.procedures_remain] == [kept]
    assert [told.outage.systems_ever for told in remaining.outages] == [(System.CERS,)]
    assert of_system(System.EDI, kept).condition is NORMAL


def test_outages_are_told_in_the_order_they_were_declared() -> None:
    """The ten thousandth of a year is not before the second one."""
    numbers = ["TCC26-9998", "TCC26-9999", "TCC26-10000", "TCC26-10001"]
    outages = [replace(an_outage(number=number), id=n) for n, number in enumerate(numbers, 1)]
    assert [told.outage.number for told in status_of(reversed(outages), NOON).outages] == numbers


def test_an_outage_carries_its_latest_news() -> None:
    news = Bilingual("The cause is known.", "La cause est connue.")
    outage = replace(an_outage(), id=7)
    status = status_of([outage, replace(an_outage(number="TCC26-0002"), id=8)], NOON, messages={7: news})
    assert [told.message for told in status.outages] == [news, None]


def test_once_old_what_was_normal_is_unknown_and_what_was_out_stays_out() -> None:
    """R11, P21."""
    status = last_known(status_of([an_outage(an_impact(System.EDI, Direction.INBOUND))], NOON))
    edi, *others = status.systems
    assert (edi.condition, edi.inbound, edi.outbound) == (OUT, OUT, UNKNOWN)
    assert {told.condition for told in others} == {UNKNOWN}
    assert status.as_of == NOON


def test_once_old_procedures_stay_in_effect_and_elsewhere_they_are_unknown() -> None:
    """R5: a planned start invokes them with no further act, and a delay may have become an outage."""
    out, ahead, slow = an_outage(), a_scheduled_outage(), an_outage(a_delay(System.CERS, 5))
    outages = [replace(outage, id=n) for n, outage in enumerate((out, ahead, slow), 1)]
    fresh = status_of(outages, NOON)
    old = last_known(fresh).outages
    assert [told.procedures_apply for told in fresh.outages] == [True, False, False]
    assert [told.procedures_apply for told in old] == [True, False, False]
    assert [told.contingency is None for told in old] == [False, True, True]


def test_nothing_is_normal_where_nothing_was_ever_known() -> None:
    """P21."""
    status = unknown_status()
    assert status.as_of is None
    assert {told.condition for told in status.systems} == {UNKNOWN}
    assert {told.inbound for told in status.systems} == {UNKNOWN, None}


@pytest.mark.parametrize(
    ("now", "change"),
    [
        pytest.param(NOON, SUNDAY_2H, id="the planned start"),
        pytest.param(SUNDAY_2H, SUNDAY_6H + timedelta(minutes=15), id="the overrun"),
        pytest.param(SUNDAY_6H + timedelta(minutes=15), None, id="nothing more"),
    ],
)
def test_the_clock_changes_a_scheduled_outage(now: datetime, change: datetime | None) -> None:
    assert next_change_at([a_scheduled_outage()], [], now) == change


def test_the_clock_ends_an_override() -> None:
    override = Override(Bilingual("a", "b"), expires_at=NOON + timedelta(hours=1))
    assert next_change_at([a_scheduled_outage(), an_outage()], [override], NOON) == override.expires_at


def test_the_clock_changes_nothing_of_an_unscheduled_or_a_closed_outage() -> None:
    closed = resolved(a_scheduled_outage(), SUNDAY_2H + timedelta(hours=1))
    assert next_change_at([an_outage(), closed], [], SUNDAY_2H + timedelta(hours=1)) is None
