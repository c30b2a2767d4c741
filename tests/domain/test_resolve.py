"""Resolving: only an operator's act ends an outage, and it sets the deadlines (R6, R10, R11, R54)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from outage_service.domain.deadlines import Deadlines
from outage_service.domain.errors import InvalidAct
from outage_service.domain.outages import ContingencyState, Outage, OutageState
from outage_service.domain.systems import System
from tests.builders import (
    LITERAL,
    SUNDAY_2H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    corrected,
    resolved,
    revoked,
    updated,
)
from tests.domain.refusals import conflict, invalid

NOON, FIFTEEN = at("2026-11-26 12:00"), at("2026-11-26 15:00")
TWO, HALF_PAST_TWO = at("2026-11-26 14:00"), at("2026-11-26 14:30")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REMAINS = ContingencyState.REMAINS_IN_EFFECT


def test_resolving_ends_the_clock_and_revokes_procedures() -> None:
    """R6, R10, section 2"""
    outage = resolved(an_outage(), at("2026-11-26 12:00:45"))
    assert (outage.sequence, outage.last_bulletin_at, outage.next_due_at) == (2, NOON, None)
    assert outage.restored_at == NOON
    assert outage.state_at(NOON) is OutageState.RESOLVED
    assert outage.state_at(NOON).is_closed
    contingency = outage.contingency_at(NOON)
    assert (contingency.state, contingency.revoked_at) == (ContingencyState.REVOKED, NOON)


def test_deadlines_count_from_the_recorded_restoration() -> None:
    """R51–R54: restored Friday 16:00, told at 16:20."""
    outage = an_outage(declared_at=at("2026-11-20 14:00"))
    after = resolved(outage, at("2026-11-20 16:20"), restored_at=at("2026-11-20 16:00"))
    assert after.deadlines_at(at("2026-11-20 16:20"), LITERAL) == Deadlines(
        None,
        at("2026-11-20 18:00"),
        at("2026-11-20 18:00"),
        at("2026-11-25 13:00"),
        at("2026-11-21 16:00"),
    )


def test_an_open_outage_has_no_deadlines_yet() -> None:
    """The contract: null until resolved."""
    assert an_outage().deadlines_at(NOON, LITERAL) == Deadlines()


@pytest.mark.parametrize(
    ("restored_at", "code"),
    [
        pytest.param(THURSDAY_10H - MINUTE, "too_early", id="before-the-start"),
        pytest.param(NOON + MINUTE, "too_late", id="in-the-future"),
    ],
)
def test_a_restoration_lies_between_the_start_and_now(restored_at: datetime, code: str) -> None:
    """R54"""
    with invalid(code, "restored_at"):
        resolved(an_outage(), NOON, restored_at=restored_at)


def test_a_restoration_may_be_the_start_itself() -> None:
    """R54: both ends are included."""
    assert resolved(an_outage(), NOON - HOUR, restored_at=THURSDAY_10H).restored_at == THURSDAY_10H
    assert resolved(an_outage(), NOON, restored_at=NOON).restored_at == NOON


def test_no_system_is_restored_before_it_failed() -> None:
    """An end before its start must be impossible."""
    late = an_impact(System.CERS, started_at=at("2026-11-26 10:45"))
    outage = updated(an_outage(), at("2026-11-26 11:00"), an_impact(), late)
    with invalid("too_early", "restored_at"):
        resolved(outage, NOON, restored_at=at("2026-11-26 10:44"))
    assert resolved(outage, NOON, restored_at=at("2026-11-26 10:45")).is_closed


def test_an_outage_is_not_over_before_the_last_of_its_systems_was_back() -> None:
    """R51, R54: the deadlines of whoever relied on a system that was back later count from then at least."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), TWO, an_impact(System.CERS))
    with invalid("too_early", "restored_at"):
        resolved(outage, HALF_PAST_TWO, restored_at=at("2026-11-26 13:00"))
    with invalid("too_early", "restored_at"):
        resolved(outage, HALF_PAST_TWO, restored_at=TWO - MINUTE, remains_in_effect=True)
    over = resolved(outage, HALF_PAST_TWO, restored_at=TWO)
    assert over.deadlines_at(HALF_PAST_TWO, LITERAL).paper_accepted_until == TWO + 2 * HOUR


def test_the_refusal_of_an_early_restoration_names_the_earliest_one() -> None:
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), TWO, an_impact(System.CERS))
    with pytest.raises(InvalidAct, match="2026-11-26T19:00:00"):
        resolved(outage, HALF_PAST_TWO, restored_at=at("2026-11-26 13:00"))


def test_a_system_s_end_that_was_put_right_no_longer_holds_back_the_restoration() -> None:
    """What was recorded as the time of the news may have been the case before."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), TWO, an_impact(System.CERS))
    back_at_one = replace(an_impact(), restored_at=at("2026-11-26 13:00"))
    right = updated(outage, HALF_PAST_TWO, an_impact(System.CERS), back_at_one)
    restored = resolved(right, HALF_PAST_TWO, restored_at=at("2026-11-26 13:10"))
    assert restored.restored_at == at("2026-11-26 13:10")


def test_of_a_system_that_was_back_only_the_end_holds_back_the_restoration() -> None:
    """A planned system that was taken off before the start had neither."""
    planned = a_scheduled_outage(an_impact(), an_impact(System.CERS))
    smaller = updated(planned, NOON, an_impact())
    now = SUNDAY_2H + HOUR
    assert resolved(smaller, now, restored_at=SUNDAY_2H).restored_at == SUNDAY_2H


def test_an_end_recorded_to_the_second_is_not_after_the_default_restoration() -> None:
    """The minute's beginning lies before it."""
    back = at("2026-11-26 11:59:20")
    listed = replace(an_impact(System.CERS), restored_at=back)
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), back, an_impact(), listed)
    assert resolved(outage, at("2026-11-26 11:59:40")).restored_at == back


def test_an_end_that_a_clock_ahead_recorded_keeps_no_outage_open() -> None:
    """P5: an outage can be resolved, and later corrected, once the clock is right again."""
    ahead = updated(an_outage(an_impact(), an_impact(System.CERS)), TWO + 240 * HOUR, an_impact())
    over = resolved(ahead, NOON)
    assert over.restored_at == NOON
    assert corrected(over, TWO, restored_at=NOON - MINUTE).restored_at == NOON - MINUTE


def test_an_outage_resolved_in_the_minute_of_its_start_does_not_end_before_it() -> None:
    """The minute's beginning lies before the start."""
    start = at("2026-11-26 10:00:20")
    outage = an_outage(declared_at=start, started_at=start)
    assert resolved(outage, at("2026-11-26 10:00:50")).restored_at == start


def test_a_restoration_is_refused_when_paper_acceptance_would_be_over() -> None:
    """R54: clients relied on the outage until told."""
    with invalid("deadlines_past", "restored_at"):
        resolved(an_outage(), FIFTEEN, restored_at=FIFTEEN - 2 * HOUR)
    assert resolved(an_outage(), FIFTEEN, restored_at=FIFTEEN - 2 * HOUR + MINUTE).is_closed


def test_a_restoration_long_ago_is_accepted_when_confirmed() -> None:
    """R54: `confirm_past_deadlines`."""
    outage = resolved(an_outage(), FIFTEEN, restored_at=THURSDAY_10H, confirm_past_deadlines=True)
    assert outage.deadlines_at(FIFTEEN, LITERAL).paper_accepted_until == NOON


def test_a_delay_has_no_paper_acceptance_that_could_be_over() -> None:
    """R5: procedures were never invoked, so nothing is to be confirmed."""
    assert resolved(an_outage(a_delay()), FIFTEEN, restored_at=THURSDAY_10H).restored_at == THURSDAY_10H


def test_procedures_revoked_earlier_still_give_deadlines_that_could_be_over() -> None:
    """R54: whoever used them counts from the restoration."""
    calm = revoked(updated(an_outage(), at("2026-11-26 10:30"), a_delay()), at("2026-11-26 11:00"))
    with invalid("deadlines_past", "restored_at"):
        resolved(calm, FIFTEEN, restored_at=at("2026-11-26 11:30"))


def test_procedures_may_remain_in_effect_while_a_backlog_clears() -> None:
    """R6: restored and cleared are two moments; no deadline runs before the second."""
    outage = resolved(an_outage(), NOON, remains_in_effect=True)
    contingency = outage.contingency_at(FIFTEEN)
    assert (contingency.state, contingency.revoked_at, contingency.applies) == (REMAINS, None, True)
    assert (outage.state_at(FIFTEEN), outage.next_due_at) == (OutageState.RESOLVED, None)
    assert outage.deadlines_at(FIFTEEN, LITERAL) == Deadlines()


def test_a_restoration_long_ago_needs_no_confirmation_where_procedures_remain() -> None:
    """R54: the anchor will be their revocation."""
    outage = resolved(an_outage(), FIFTEEN, restored_at=THURSDAY_10H, remains_in_effect=True)
    assert outage.restored_at == THURSDAY_10H


def test_procedures_that_never_applied_cannot_remain_in_effect() -> None:
    """R5"""
    with conflict("not_invoked", "contingency"):
        resolved(an_outage(a_delay()), NOON, remains_in_effect=True)


def test_a_scheduled_outage_is_not_resolved_before_its_start() -> None:
    """The contract: a 409, use cancel."""
    with conflict("not_started"):
        resolved(a_scheduled_outage(), SUNDAY_2H - MINUTE)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(SUNDAY_2H, id="at-the-start"),
        pytest.param(at("2026-11-29 05:00"), id="early"),
        pytest.param(at("2026-11-29 09:00"), id="overrun"),
    ],
)
def test_a_scheduled_outage_is_resolved_once_it_has_started(now: datetime) -> None:
    """R10, R17, R45, R51"""
    outage = resolved(a_scheduled_outage(), now)
    assert outage.state_at(now) is OutageState.RESOLVED
    assert outage.contingency_at(now).state is ContingencyState.REVOKED
    after = outage.deadlines_at(now, LITERAL)
    assert (after.transmit_by, after.paper_accepted_until) == (SUNDAY_2H - 2 * HOUR, now + 2 * HOUR)


def test_procedures_of_a_scheduled_outage_may_remain_in_effect() -> None:
    """R6"""
    outage = resolved(a_scheduled_outage(), at("2026-11-29 05:00"), remains_in_effect=True)
    assert outage.contingency_at(at("2026-11-29 05:00")).state is REMAINS


@pytest.mark.parametrize(
    ("outage", "is_restored"),
    [(an_outage(), False), (resolved(an_outage(), NOON), True)],
    ids=["open", "resolved"],
)
def test_a_correction_goes_out_for_open_and_closed_outages(outage: Outage, is_restored: bool) -> None:
    """R14, section 2: it restarts the clock of an open one only."""
    after = corrected(outage, at("2026-11-26 12:30"))
    assert after.sequence == outage.sequence + 1
    assert after.next_due_at == (None if is_restored else at("2026-11-26 14:30"))
    assert after.restored_at == outage.restored_at
