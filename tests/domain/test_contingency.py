"""Procedures through the life of an outage: invoked, kept, revoked, invoked again (R5, R6, R36)."""

import pytest

from outage_service.domain.outages import ContingencyState, Impact
from outage_service.domain.systems import Condition, System
from tests.builders import (
    LITERAL,
    THURSDAY_10H,
    a_delay,
    an_impact,
    an_outage,
    at,
    resolved,
    revoked,
    updated,
)
from tests.domain.refusals import conflict

ELEVEN, NOON = at("2026-11-26 11:00"), at("2026-11-26 12:00")
THIRTEEN, FOURTEEN = at("2026-11-26 13:00"), at("2026-11-26 14:00")
INVOKED, NOT_INVOKED = ContingencyState.INVOKED, ContingencyState.NOT_INVOKED
REVOKED = ContingencyState.REVOKED


@pytest.mark.parametrize(
    "above",
    [
        pytest.param(a_delay(behind_minutes=75), id="figures"),
        pytest.param(an_impact(), id="stated"),
    ],
)
def test_crossing_the_threshold_upward_invokes_procedures_and_the_2h_cadence(above: Impact) -> None:
    """R36: with the update that reports it."""
    delay = an_outage(a_delay())
    assert (delay.contingency_at(ELEVEN).state, delay.next_due_at) == (NOT_INVOKED, FOURTEEN)
    outage = updated(delay, ELEVEN, above)
    contingency = outage.contingency_at(ELEVEN)
    assert (contingency.state, contingency.invoked_at) == (INVOKED, ELEVEN)
    assert (outage.condition, outage.next_due_at) == (Condition.OUTAGE, THIRTEEN)


def test_falling_back_below_the_threshold_keeps_procedures_but_slows_the_cadence() -> None:
    """R36: until resolved or expressly revoked."""
    outage = updated(an_outage(a_delay(behind_minutes=75)), ELEVEN, a_delay(behind_minutes=30))
    assert (outage.condition, outage.next_due_at) == (Condition.DELAY, at("2026-11-26 15:00"))
    contingency = outage.contingency_at(ELEVEN)
    assert (contingency.state, contingency.invoked_at) == (INVOKED, THURSDAY_10H)


def test_crossing_up_and_down_without_a_revocation_invokes_once() -> None:
    """R36: the procedures never stopped."""
    outage = updated(an_outage(), ELEVEN, a_delay())
    again = updated(outage, NOON, an_impact())
    assert again.contingency_at(NOON).invoked_at == THURSDAY_10H


def test_an_outage_that_ends_as_a_delay_still_had_procedures_and_has_deadlines() -> None:
    """R36, R51"""
    outage = resolved(updated(an_outage(), ELEVEN, a_delay()), NOON)
    assert outage.contingency_at(NOON).state is REVOKED
    assert outage.deadlines_at(NOON, LITERAL).paper_accepted_until == FOURTEEN


def test_procedures_can_be_revoked_while_only_delays_are_left() -> None:
    """R6, R35: the outage stays open and its clock goes on from this bulletin."""
    late = updated(an_outage(), ELEVEN, a_delay())
    outage = revoked(late, NOON)
    contingency = outage.contingency_at(NOON)
    assert (contingency.state, contingency.invoked_at, contingency.revoked_at) == (
        REVOKED,
        THURSDAY_10H,
        NOON,
    )
    assert not contingency.applies
    assert (outage.is_closed, outage.sequence, outage.next_due_at) == (False, 3, at("2026-11-26 16:00"))


def test_procedures_cannot_be_revoked_while_any_system_is_out() -> None:
    """R6: once every condition is a delay."""
    with conflict("still_out"):
        revoked(an_outage(), NOON)
    with conflict("still_out"):
        revoked(updated(an_outage(), ELEVEN, a_delay(), an_impact(System.CERS)), NOON)


def test_a_system_that_was_dropped_no_longer_stands_in_the_way_of_revoking() -> None:
    """R6, R14: it was restored."""
    late = updated(an_outage(an_impact(), an_impact(System.CERS)), ELEVEN, a_delay())
    assert revoked(late, NOON).contingency_at(NOON).state is REVOKED


def test_crossing_up_again_after_a_revocation_invokes_procedures_anew() -> None:
    """R5, R36: with the bulletin that reports it."""
    calm = revoked(updated(an_outage(), ELEVEN, a_delay()), NOON)
    outage = updated(calm, THIRTEEN, a_delay(behind_minutes=61))
    contingency = outage.contingency_at(THIRTEEN)
    assert (contingency.state, contingency.invoked_at, contingency.revoked_at) == (INVOKED, THIRTEEN, None)


def test_news_below_the_threshold_does_not_invoke_what_was_revoked() -> None:
    """R36"""
    calm = revoked(updated(an_outage(), ELEVEN, a_delay()), NOON)
    assert updated(calm, THIRTEEN, a_delay(behind_minutes=59)).contingency_at(THIRTEEN).state is REVOKED


def test_what_was_revoked_while_open_stays_so_when_resolved_and_deadlines_count_from_the_end() -> None:
    """R54: the anchor is the restoration unless procedures outlived it."""
    calm = revoked(updated(an_outage(), ELEVEN, a_delay()), NOON)
    outage = resolved(calm, FOURTEEN, restored_at=THIRTEEN)
    contingency = outage.contingency_at(FOURTEEN)
    assert (contingency.state, contingency.revoked_at) == (REVOKED, NOON)
    assert outage.deadlines_at(FOURTEEN, LITERAL).paper_accepted_until == at("2026-11-26 15:00")


def test_procedures_revoked_while_open_cannot_remain_in_effect() -> None:
    """R6"""
    calm = revoked(updated(an_outage(), ELEVEN, a_delay()), NOON)
    with conflict("not_invoked", "contingency"):
        resolved(calm, FOURTEEN, remains_in_effect=True)


def test_a_delay_below_the_threshold_resolves_as_never_invoked_without_deadlines() -> None:
    """R5"""
    outage = resolved(an_outage(a_delay()), NOON)
    assert outage.contingency_at(NOON).state is NOT_INVOKED
    after = outage.deadlines_at(NOON, LITERAL)
    assert (after.paper_accepted_until, after.penalty_relief_until) == (None, None)
    assert (after.documents_due_at, after.documents_recommended_by) == (None, None)


def test_procedures_that_were_invoked_after_the_restoration_do_not_end_before_they_began() -> None:
    """It was over at 10:20 already, the first bulletin came at 10:30."""
    told_at = at("2026-11-26 10:30")
    outage = an_outage(declared_at=told_at, started_at=THURSDAY_10H)
    contingency = resolved(outage, ELEVEN, restored_at=at("2026-11-26 10:20")).contingency_at(ELEVEN)
    assert (contingency.invoked_at, contingency.revoked_at) == (told_at, told_at)
