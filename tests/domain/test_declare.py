"""Declaring an unscheduled outage: its first bulletin, its clock, its procedures (R2, R5, R8)."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain import lifecycle
from outage_service.domain.lifecycle import Declaration
from outage_service.domain.outages import ContingencyState, Impact, Outage, OutageKind, OutageState
from outage_service.domain.systems import FULL_OUTAGE, Condition, Direction, InternalSystem, System
from tests.builders import (
    LITERAL,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    updated,
)
from tests.domain.refusals import invalid

NINE, NOON = at("2026-11-26 09:00"), at("2026-11-26 12:00")
LATER = at("2026-11-29 02:00")


def test_declaring_is_the_first_bulletin_and_starts_the_clock() -> None:
    """R15, section 2: at once, and the cadence counts from it."""
    outage = an_outage()
    assert (outage.sequence, outage.last_bulletin_at, outage.next_due_at) == (1, THURSDAY_10H, NOON)


def test_an_outage_is_open_until_an_operator_ends_it() -> None:
    """R11: silence does not."""
    outage = an_outage()
    for later in (timedelta(0), timedelta(days=1), timedelta(days=400)):
        assert outage.state_at(THURSDAY_10H + later) is OutageState.OPEN
    assert not OutageState.OPEN.is_closed
    assert not outage.remained_in_effect


def test_an_outage_starts_when_declared_unless_told_otherwise() -> None:
    """The contract: default now, cut to the minute as everything the service sets."""
    assert an_outage(declared_at=at("2026-11-26 10:00:42")).started_at == THURSDAY_10H
    assert an_outage(started_at=NINE).started_at == NINE


def test_the_cadence_counts_from_the_bulletin_not_from_the_start() -> None:
    """The contract: an outage known since 09:00 is reported two hours after its first bulletin."""
    assert an_outage(started_at=NINE).next_due_at == NOON


def test_an_outage_cannot_start_in_the_future() -> None:
    """The contract: never future."""
    with invalid("start_in_future", "started_at"):
        an_outage(started_at=THURSDAY_10H + timedelta(minutes=1))
    assert an_outage(started_at=THURSDAY_10H).started_at == THURSDAY_10H


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        pytest.param(LATER, None, "planned_start_at", id="start"),
        pytest.param(None, LATER, "planned_end_at", id="end"),
        pytest.param(LATER, LATER, "planned_start_at", id="both"),
    ],
)
def test_an_unscheduled_outage_has_no_planned_window(
    start: datetime | None, end: datetime | None, field: str
) -> None:
    """R18, R19: not at declaration and not later."""
    request = Declaration(OutageKind.UNSCHEDULED, (an_impact(),), planned_start_at=start, planned_end_at=end)
    with invalid("not_scheduled", field):
        lifecycle.declare(request, number="TCC26-0001", now=THURSDAY_10H, calendar=LITERAL)
    with invalid("not_scheduled", field):
        updated(an_outage(), NOON, start=start, end=end)


def test_an_outage_invokes_procedures_with_its_first_bulletin() -> None:
    """R5: one act; the procedures begin when the bulletin says so, not when the fault began."""
    contingency = an_outage(started_at=NINE).contingency_at(THURSDAY_10H)
    assert (contingency.state, contingency.invoked_at) == (ContingencyState.INVOKED, THURSDAY_10H)
    assert contingency.applies


@pytest.mark.parametrize(
    ("delay", "state"),
    [
        pytest.param(a_delay(behind_minutes=45), ContingencyState.NOT_INVOKED, id="45-min"),
        pytest.param(a_delay(behind_minutes=None), ContingencyState.NOT_INVOKED, id="no-figure"),
        pytest.param(a_delay(System.CERS, 600), ContingencyState.NOT_INVOKED, id="no-threshold"),
        pytest.param(a_delay(behind_minutes=60), ContingencyState.NOT_INVOKED, id="edi-60:00"),
        pytest.param(a_delay(behind_minutes=60.01), ContingencyState.INVOKED, id="edi-60.01-min"),
        pytest.param(a_delay(System.EMANIFEST, 60), ContingencyState.INVOKED, id="emanifest-60:00"),
    ],
)
def test_a_delay_below_the_threshold_invokes_nothing(delay: Impact, state: ContingencyState) -> None:
    """R5, R34–R36"""
    contingency = an_outage(delay).contingency_at(THURSDAY_10H)
    assert contingency.state is state
    assert contingency.applies is (state is ContingencyState.INVOKED)


def test_a_delay_is_reported_every_4h_and_an_outage_beside_it_every_2h() -> None:
    """Section 2: the worst condition sets the cadence."""
    delay = an_outage(a_delay())
    assert (delay.condition, delay.next_due_at) == (Condition.DELAY, at("2026-11-26 14:00"))
    mixed = an_outage(a_delay(), an_impact(System.CERS))
    assert (mixed.condition, mixed.next_due_at) == (Condition.OUTAGE, NOON)


def test_what_it_depends_on_and_what_it_returns_from_are_recorded() -> None:
    """R7; the contract's `relapse_of`."""
    outage = an_outage(internal_systems=[InternalSystem.ACROSS], relapse_of=7)
    assert outage.internal_systems == {InternalSystem.ACROSS}
    assert outage.relapse_of == 7
    assert an_outage().relapse_of is None


def _full(*without: System, internal: bool = True) -> Outage:
    down = [an_impact(s) for s in (*FULL_OUTAGE, System.SWI) if s not in without]
    return an_outage(*down, internal_systems=[InternalSystem.RELEASE] if internal else [])


@pytest.mark.parametrize(
    ("outage", "is_full"),
    [
        pytest.param(_full(), True, id="all"),
        pytest.param(_full(System.SWI), True, id="swi-not-required"),
        pytest.param(_full(internal=False), False, id="internal-systems-up"),
        *(pytest.param(_full(system), False, id=f"{system}-up") for system in sorted(FULL_OUTAGE)),
    ],
)
def test_a_full_outage_has_five_systems_and_internal_ones_down(outage: Outage, is_full: bool) -> None:
    """R8: one outage, one bulletin."""
    assert outage.is_full is is_full
    assert outage.sequence == 1


@pytest.mark.parametrize(
    ("edi", "is_full"),
    [
        pytest.param([an_impact(direction=Direction.INBOUND)], False, id="inbound"),
        pytest.param([an_impact(direction=Direction.OUTBOUND)], False, id="outbound"),
        pytest.param(
            [a_delay(direction=Direction.INBOUND), an_impact(direction=Direction.OUTBOUND)],
            False,
            id="one-way-late",
        ),
        pytest.param(
            [an_impact(direction=Direction.INBOUND), an_impact(direction=Direction.OUTBOUND)],
            True,
            id="each-way",
        ),
        pytest.param([an_impact(direction=Direction.BOTH)], True, id="both-ways"),
        pytest.param([a_delay(behind_minutes=61)], True, id="so-late-that-it-counts"),
    ],
)
def test_a_full_outage_is_one_both_ways(edi: list[Impact], is_full: bool) -> None:
    """R8: where one way works, not all systems are down, and a bulletin must not say so."""
    others = [an_impact(system) for system in sorted(FULL_OUTAGE) if system is not System.EDI]
    assert an_outage(*edi, *others, internal_systems=[InternalSystem.RELEASE]).is_full is is_full


def test_a_full_outage_is_none_any_more_once_a_system_is_only_late_or_back() -> None:
    """R8: derived from what is so now."""
    others = [an_impact(system) for system in FULL_OUTAGE if system is not System.EDI]
    assert not updated(_full(), NOON, *others).is_full
    assert not updated(_full(), NOON, *others, a_delay()).is_full
    assert updated(_full(), NOON, *others, an_impact()).is_full


def test_a_scheduled_outage_is_not_declared_as_started() -> None:
    """R19: it has a planned start instead."""
    request = Declaration(OutageKind.SCHEDULED, (an_impact(),), NINE, LATER, LATER + timedelta(hours=4))
    with invalid("scheduled_start", "started_at"):
        lifecycle.declare(request, number="TCC26-0001", now=THURSDAY_10H, calendar=LITERAL)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        pytest.param(None, LATER, "planned_start_at", id="no-start"),
        pytest.param(LATER, None, "planned_end_at", id="no-end"),
        pytest.param(None, None, "planned_start_at", id="neither"),
    ],
)
def test_a_scheduled_outage_needs_its_start_and_its_end(
    start: datetime | None, end: datetime | None, field: str
) -> None:
    """R19"""
    request = Declaration(OutageKind.SCHEDULED, (an_impact(),), planned_start_at=start, planned_end_at=end)
    with invalid("window_missing", field):
        lifecycle.declare(request, number="TCC26-0001", now=THURSDAY_10H, calendar=LITERAL)


@pytest.mark.parametrize("minutes", [0, -240], ids=["empty", "backwards"])
def test_a_scheduled_outage_ends_after_its_start(minutes: int) -> None:
    """R19"""
    with invalid("end_before_start", "planned_end_at"):
        a_scheduled_outage(start=LATER, end=LATER + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [0, -1], ids=["now", "past"])
def test_a_scheduled_outage_is_announced_before_its_start(minutes: int) -> None:
    """R14: an advance bulletin is ahead of time."""
    with invalid("start_in_past", "planned_start_at"):
        a_scheduled_outage(start=THURSDAY_10H + timedelta(minutes=minutes))


def test_announcing_is_the_advance_bulletin_of_a_window_in_whole_minutes() -> None:
    """R17, section 2"""
    outage = a_scheduled_outage(start=at("2026-11-29 02:00:30"), end=at("2026-11-29 06:00:30"))
    assert (outage.sequence, outage.last_bulletin_at) == (1, THURSDAY_10H)
    assert (outage.started_at, outage.planned_end_at) == (LATER, at("2026-11-29 06:00"))
