"""Revoking procedures after they outlived the outage; calling off; correcting (R6, R14, R17, R54)."""

from datetime import datetime, timedelta

import pytest

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
    cancelled,
    corrected,
    resolved,
    revoked,
    updated,
)
from tests.domain.refusals import conflict, invalid

NOON, FIFTEEN, EIGHTEEN = at("2026-11-26 12:00"), at("2026-11-26 15:00"), at("2026-11-26 18:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
IN_EFFECT = resolved(an_outage(), NOON, remains_in_effect=True)


def test_revoking_after_the_end_starts_the_deadlines_and_no_clock() -> None:
    """R6, R54: with `remains_in_effect` the anchor is the revocation."""
    outage = revoked(IN_EFFECT, at("2026-11-26 15:00:30"))
    contingency = outage.contingency_at(FIFTEEN)
    assert (contingency.state, contingency.revoked_at) == (ContingencyState.REVOKED, FIFTEEN)
    assert (outage.sequence, outage.restored_at, outage.next_due_at) == (3, NOON, None)
    after = outage.deadlines_at(FIFTEEN, LITERAL)
    assert (after.paper_accepted_until, after.documents_recommended_by) == (
        FIFTEEN + 2 * HOUR,
        FIFTEEN + 24 * HOUR,
    )


def test_a_revocation_may_have_taken_effect_a_little_earlier() -> None:
    """The contract: `effective_at`."""
    outage = revoked(IN_EFFECT, FIFTEEN, effective_at=at("2026-11-26 14:30"))
    assert outage.deadlines_at(FIFTEEN, LITERAL).paper_accepted_until == at("2026-11-26 16:30")


@pytest.mark.parametrize(
    ("effective_at", "code"),
    [
        pytest.param(NOON - MINUTE, "too_early", id="before-the-restoration"),
        pytest.param(FIFTEEN + MINUTE, "too_late", id="in-the-future"),
    ],
)
def test_a_revocation_lies_between_the_restoration_and_now(effective_at: datetime, code: str) -> None:
    """R6"""
    with invalid(code, "effective_at"):
        revoked(IN_EFFECT, FIFTEEN, effective_at=effective_at)


def test_procedures_are_not_revoked_before_they_were_invoked() -> None:
    """R5: while the outage is open, and where it was over before anybody was told."""
    late = updated(an_outage(started_at=at("2026-11-26 09:00")), at("2026-11-26 11:00"), a_delay())
    with invalid("too_early", "effective_at"):
        revoked(late, NOON, effective_at=THURSDAY_10H - MINUTE)
    over = resolved(
        an_outage(started_at=at("2026-11-26 09:00")),
        NOON,
        restored_at=at("2026-11-26 09:30"),
        remains_in_effect=True,
    )
    with invalid("too_early", "effective_at"):
        revoked(over, NOON, effective_at=at("2026-11-26 09:45"))


def test_a_revocation_is_refused_when_paper_acceptance_would_be_over_unless_confirmed() -> None:
    """R54: clients relied on the procedures until told."""
    long_ago = at("2026-11-26 12:30")
    with invalid("deadlines_past", "effective_at"):
        revoked(IN_EFFECT, FIFTEEN, effective_at=long_ago)
    outage = revoked(IN_EFFECT, FIFTEEN, effective_at=long_ago, confirm_past_deadlines=True)
    assert outage.revoked_at == long_ago


@pytest.mark.parametrize(
    "outage",
    [
        pytest.param(an_outage(a_delay()), id="never-invoked"),
        pytest.param(resolved(an_outage(), NOON), id="revoked-by-the-resolved-bulletin"),
        pytest.param(revoked(IN_EFFECT, FIFTEEN), id="revoked-after-the-end"),
        pytest.param(revoked(updated(an_outage(), NOON, a_delay()), FIFTEEN), id="revoked-while-open"),
        pytest.param(a_scheduled_outage(), id="not-started"),
        pytest.param(cancelled(a_scheduled_outage(), NOON), id="cancelled"),
    ],
)
def test_only_procedures_in_effect_are_revoked(outage: Outage) -> None:
    """R6; P19: twice makes one bulletin."""
    with conflict("not_in_effect"):
        revoked(outage, EIGHTEEN)


def test_procedures_of_a_scheduled_outage_end_with_it() -> None:
    """R6: its condition is never a delay, so they are not revoked while it is open."""
    with conflict("still_out"):
        revoked(a_scheduled_outage(), SUNDAY_2H + HOUR)
    in_effect = resolved(a_scheduled_outage(), SUNDAY_2H + HOUR, remains_in_effect=True)
    assert revoked(in_effect, SUNDAY_2H + 2 * HOUR).revoked_at == SUNDAY_2H + 2 * HOUR


def test_cancelling_calls_a_scheduled_outage_off_and_ends_its_clock() -> None:
    """R17"""
    outage = cancelled(a_scheduled_outage(), at("2026-11-26 12:00:30"))
    assert (outage.sequence, outage.cancelled_at, outage.next_due_at) == (2, NOON, None)
    assert outage.state_at(NOON) is OutageState.CANCELLED
    assert outage.is_closed


@pytest.mark.parametrize(
    ("outage", "now"),
    [
        pytest.param(an_outage(), NOON, id="unscheduled"),
        pytest.param(a_scheduled_outage(), SUNDAY_2H, id="started"),
        pytest.param(a_scheduled_outage(), SUNDAY_2H + 9 * HOUR, id="overrun"),
    ],
)
def test_what_has_started_is_resolved_not_cancelled(outage: Outage, now: datetime) -> None:
    """The contract: a 409, use resolve."""
    with conflict("already_started"):
        cancelled(outage, now)


def test_cancelling_is_possible_until_the_start_comes() -> None:
    """The contract: before its start."""
    assert cancelled(a_scheduled_outage(), SUNDAY_2H - timedelta(seconds=1)).is_closed


def test_a_correction_of_a_scheduled_outage_leaves_its_reminders() -> None:
    """R17"""
    assert corrected(a_scheduled_outage(), NOON).next_due_at == at("2026-11-27 21:00")
    called_off = corrected(cancelled(a_scheduled_outage(), NOON), FIFTEEN)
    assert (called_off.sequence, called_off.next_due_at) == (3, None)


def test_a_corrected_restoration_moves_the_deadlines_and_the_end_of_procedures() -> None:
    """The contract: also after resolve, deadlines recomputed."""
    outage = corrected(resolved(an_outage(), NOON), FIFTEEN, restored_at=at("2026-11-26 11:45"))
    assert outage.restored_at == at("2026-11-26 11:45")
    assert outage.deadlines_at(FIFTEEN, LITERAL).paper_accepted_until == at("2026-11-26 13:45")
    assert outage.contingency_at(FIFTEEN).revoked_at == at("2026-11-26 11:45")


def test_a_restoration_is_only_corrected_where_there_is_one() -> None:
    """R11: a correction never resolves."""
    with conflict("not_resolved", "restored_at"):
        corrected(an_outage(), NOON, restored_at=at("2026-11-26 11:00"))
    with conflict("not_resolved", "restored_at"):
        corrected(cancelled(a_scheduled_outage(), NOON), FIFTEEN, restored_at=NOON)


@pytest.mark.parametrize(
    ("restored_at", "code"),
    [
        pytest.param(at("2026-11-26 10:29"), "too_early", id="before-the-last-system-failed"),
        pytest.param(FIFTEEN + MINUTE, "too_late", id="in-the-future"),
    ],
)
def test_a_corrected_restoration_lies_between_the_last_start_and_now(
    restored_at: datetime, code: str
) -> None:
    """R54, section 11: for every system."""
    late = an_impact(System.CERS, started_at=at("2026-11-26 10:30"))
    outage = resolved(updated(an_outage(), at("2026-11-26 11:00"), an_impact(), late), NOON)
    with invalid(code, "restored_at"):
        corrected(outage, FIFTEEN, restored_at=restored_at)


def test_a_corrected_restoration_does_not_precede_the_end_of_a_system_that_was_back_before() -> None:
    """R51, R54: its clients rely on it as well."""
    told = updated(an_outage(an_impact(), an_impact(System.CERS)), at("2026-11-26 11:30"), an_impact())
    outage = resolved(told, NOON)
    with invalid("too_early", "restored_at"):
        corrected(outage, FIFTEEN, restored_at=at("2026-11-26 11:29"))
    assert corrected(outage, FIFTEEN, restored_at=at("2026-11-26 11:30")).is_closed


def test_procedures_are_not_revoked_before_what_was_out_is_back() -> None:
    """R6: a bulletin would tell of both. A delay that is over called for none."""
    first = an_outage(an_impact(), a_delay(System.CERS), a_delay(System.SWI))
    back = updated(first, at("2026-11-26 11:00"), a_delay(System.CERS), a_delay(System.SWI))
    slow = updated(back, at("2026-11-26 11:30"), a_delay(System.SWI))
    with invalid("too_early", "effective_at"):
        revoked(slow, NOON, effective_at=at("2026-11-26 10:59"))
    assert revoked(slow, NOON, effective_at=at("2026-11-26 11:00")).revoked_at == at("2026-11-26 11:00")


def test_a_corrected_restoration_does_not_pass_the_revocation_that_followed_it() -> None:
    """R6: procedures outlived the outage, not the other way round."""
    outage = revoked(IN_EFFECT, FIFTEEN)
    with invalid("too_late", "restored_at"):
        corrected(outage, EIGHTEEN, restored_at=FIFTEEN + MINUTE)
    assert corrected(outage, EIGHTEEN, restored_at=FIFTEEN).restored_at == FIFTEEN
    assert corrected(IN_EFFECT, EIGHTEEN, restored_at=FIFTEEN).restored_at == FIFTEEN
