"""A scheduled outage follows the clock: state, procedures, bulletins, a window that moves (R5, R17, R19)."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain.cadence import Slot
from outage_service.domain.lifecycle import due_slot
from outage_service.domain.outages import ContingencyState, OutageState
from tests.builders import (
    LITERAL,
    SUNDAY_2H,
    SUNDAY_6H,
    THURSDAY_10H,
    a_scheduled_outage,
    an_outage,
    at,
    cancelled,
    resolved,
    ticked,
    updated,
)
from tests.domain.refusals import invalid

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
FRIDAY_10H = at("2026-11-27 10:00")
OPEN_AT = at("2026-11-29 03:00")


@pytest.mark.parametrize(
    ("instant", "state"),
    [
        pytest.param(THURSDAY_10H, OutageState.SCHEDULED, id="announced"),
        pytest.param(SUNDAY_2H - SECOND, OutageState.SCHEDULED, id="a-second-before-the-start"),
        pytest.param(SUNDAY_2H, OutageState.OPEN, id="start"),
        pytest.param(SUNDAY_6H + 15 * MINUTE - SECOND, OutageState.OPEN, id="planned-end-passed"),
        pytest.param(SUNDAY_6H + 15 * MINUTE, OutageState.OVERRUN, id="15-min-past-the-end"),
        pytest.param(SUNDAY_6H + timedelta(days=90), OutageState.OVERRUN, id="months-later"),
    ],
)
def test_its_state_follows_the_clock_and_never_ends_by_itself(instant: datetime, state: OutageState) -> None:
    """R11, R17"""
    assert a_scheduled_outage().state_at(instant) is state


@pytest.mark.parametrize(
    ("instant", "state", "since"),
    [
        pytest.param(THURSDAY_10H, ContingencyState.NOT_INVOKED, None, id="announced"),
        pytest.param(SUNDAY_2H - SECOND, ContingencyState.NOT_INVOKED, None, id="before-the-start"),
        pytest.param(SUNDAY_2H, ContingencyState.INVOKED, SUNDAY_2H, id="from-the-start"),
        pytest.param(SUNDAY_6H + timedelta(hours=9), ContingencyState.INVOKED, SUNDAY_2H, id="overrun"),
    ],
)
def test_its_advance_bulletin_invokes_procedures_from_the_planned_start(
    instant: datetime, state: ContingencyState, since: datetime | None
) -> None:
    """R5"""
    contingency = a_scheduled_outage().contingency_at(instant)
    assert (contingency.state, contingency.invoked_at) == (state, since)


def test_a_cancelled_one_never_invokes_procedures() -> None:
    """R17: called off before the start, whatever the clock says later."""
    outage = cancelled(a_scheduled_outage(), FRIDAY_10H)
    assert outage.contingency_at(OPEN_AT).state is ContingencyState.NOT_INVOKED
    assert outage.state_at(OPEN_AT) is OutageState.CANCELLED


def test_reminders_go_out_and_nothing_during_the_window() -> None:
    """R17: after the last reminder the first overrun slot is next."""
    outage = a_scheduled_outage()
    slots = []
    for _ in range(4):
        assert outage.next_due_at is not None
        slots.append(outage.next_due_at)
        outage = ticked(outage, outage.next_due_at)
    assert slots == list(
        map(at, ("2026-11-27 21:00", "2026-11-28 22:00", "2026-11-29 10:00", "2026-11-29 14:00"))
    )


def test_news_given_in_the_window_does_not_bring_the_overrun_slot_forward() -> None:
    """R17: counted from the planned end."""
    assert updated(a_scheduled_outage(), OPEN_AT).next_due_at == at("2026-11-29 10:00")


def test_an_overrun_is_counted_from_news_given_since() -> None:
    """R17"""
    assert updated(a_scheduled_outage(), at("2026-11-29 09:00")).next_due_at == at("2026-11-29 13:00")
    late = at("2026-11-29 06:10")
    assert updated(a_scheduled_outage(), late).next_due_at == at("2026-11-29 10:10")


def test_a_moved_start_has_its_reminders_as_if_announced_anew() -> None:
    """R17: leads already sent for the old start are sent again."""
    reminded = ticked(a_scheduled_outage(), at("2026-11-27 21:00"))
    assert reminded.next_due_at == at("2026-11-28 22:00")
    moved = updated(
        reminded, at("2026-11-28 09:00"), start=at("2026-12-06 02:00"), end=at("2026-12-06 06:00")
    )
    assert moved.next_due_at == at("2026-12-02 21:00")
    assert moved.pending_reminders(at("2026-11-28 09:00")) == tuple(
        map(at, ("2026-12-02 21:00", "2026-12-04 21:00", "2026-12-05 22:00"))
    )


def test_a_moved_start_skips_reminders_at_or_before_the_update() -> None:
    """R17: counting the update's time, cut to its minute."""
    moved = updated(a_scheduled_outage(), at("2026-11-27 21:00:40"), start=at("2026-11-29 03:00"))
    assert moved.pending_reminders(at("2026-11-27 21:00:40")) == (at("2026-11-28 21:00"),)


def test_a_restated_start_is_no_new_one() -> None:
    """R17: reminders already sent are not sent again."""
    reminded = ticked(a_scheduled_outage(), at("2026-11-27 21:00"))
    restated = updated(reminded, at("2026-11-28 09:00"), start=SUNDAY_2H, end=SUNDAY_6H)
    assert restated.next_due_at == at("2026-11-28 22:00")


def test_a_moved_start_moves_the_cut_off_and_the_procedures() -> None:
    """R5, R45"""
    moved = updated(a_scheduled_outage(), FRIDAY_10H, start=at("2026-11-29 04:00"))
    assert moved.deadlines_at(FRIDAY_10H, LITERAL).transmit_by == at("2026-11-29 02:00")
    assert moved.contingency_at(OPEN_AT).state is ContingencyState.NOT_INVOKED


def test_the_end_can_be_moved_until_it_passes() -> None:
    """R17: also during the window; the overrun moves with it."""
    extended = updated(a_scheduled_outage(), OPEN_AT, end=at("2026-11-29 07:30"))
    assert extended.state_at(SUNDAY_6H + 20 * MINUTE) is OutageState.OPEN
    assert extended.next_due_at == at("2026-11-29 11:30")
    shortened = updated(a_scheduled_outage(), OPEN_AT, end=at("2026-11-29 03:30"))
    assert shortened.state_at(at("2026-11-29 03:45")) is OutageState.OVERRUN


def test_a_moved_window_is_cut_to_the_minutes_that_are_printed() -> None:
    """Section 2: what is printed is what happens."""
    start, end = at("2026-11-29 03:00:40"), at("2026-11-29 07:30:59")
    moved = updated(a_scheduled_outage(), FRIDAY_10H, start=start, end=end)
    assert (moved.started_at, moved.planned_end_at) == (at("2026-11-29 03:00"), at("2026-11-29 07:30"))


def test_both_times_can_be_given_again_during_the_window() -> None:
    """R17: a start that stays where it is was not moved."""
    outage = updated(a_scheduled_outage(), OPEN_AT, start=SUNDAY_2H, end=at("2026-11-29 07:00"))
    assert (outage.started_at, outage.planned_end_at) == (SUNDAY_2H, at("2026-11-29 07:00"))


@pytest.mark.parametrize(
    ("now", "start", "end", "code", "field"),
    [
        pytest.param(SUNDAY_2H, OPEN_AT, None, "window_passed", "planned_start_at", id="start-has-come"),
        pytest.param(
            SUNDAY_6H, None, at("2026-11-29 07:00"), "window_passed", "planned_end_at", id="end-passed"
        ),
        pytest.param(FRIDAY_10H, FRIDAY_10H, None, "window_in_past", "planned_start_at", id="start-now"),
        pytest.param(
            FRIDAY_10H, THURSDAY_10H, None, "window_in_past", "planned_start_at", id="start-in-past"
        ),
        pytest.param(OPEN_AT, None, OPEN_AT, "window_in_past", "planned_end_at", id="end-now"),
        pytest.param(FRIDAY_10H, None, SUNDAY_2H, "end_before_start", "planned_end_at", id="end-at-start"),
        pytest.param(
            FRIDAY_10H, SUNDAY_6H, None, "end_before_start", "planned_start_at", id="start-moved-past-the-end"
        ),
    ],
)
def test_a_window_never_moves_into_the_past_nor_once_it_has_come(
    now: datetime, start: datetime | None, end: datetime | None, code: str, field: str
) -> None:
    """R17"""
    with invalid(code, field):
        updated(a_scheduled_outage(), now, start=start, end=end)


def test_a_reminder_missed_goes_out_once_at_any_hour_before_the_start() -> None:
    """R17: at restart, in the middle of the night."""
    outage, now = a_scheduled_outage(), at("2026-11-29 01:10:30")
    assert due_slot(outage, at("2026-11-27 21:00"), now=now, calendar=LITERAL) == Slot(at("2026-11-29 01:10"))
    reminded = ticked(outage, now)
    assert (reminded.sequence, reminded.next_due_at) == (2, at("2026-11-29 10:00"))


def test_a_reminder_within_5_min_counts_as_on_time() -> None:
    """Section 2: no drift."""
    outage = ticked(a_scheduled_outage(), at("2026-11-27 21:05"))
    assert outage.last_bulletin_at == at("2026-11-27 21:00")


def test_of_several_missed_reminders_the_one_just_due_counts_as_on_time() -> None:
    """R17: several missed ones are one bulletin."""
    outage = ticked(a_scheduled_outage(), at("2026-11-28 22:02"))
    assert (outage.sequence, outage.last_bulletin_at) == (2, at("2026-11-28 22:00"))
    assert outage.next_due_at == at("2026-11-29 10:00")


def test_a_reminder_overtaken_by_news_is_not_dated_before_it() -> None:
    """P12: bulletins of an outage never count backwards."""
    told = updated(a_scheduled_outage(), at("2026-11-27 21:02"))
    reminded = ticked(told, at("2026-11-27 21:03"))
    assert (reminded.sequence, reminded.last_bulletin_at) == (3, at("2026-11-27 21:02"))


@pytest.mark.parametrize("now", [SUNDAY_2H, OPEN_AT, SUNDAY_6H + MINUTE], ids=str)
def test_a_reminder_missed_until_the_start_is_never_sent(now: datetime) -> None:
    """R17: the overrun slot takes its place."""
    outage = ticked(a_scheduled_outage(), now)
    assert (outage.sequence, outage.next_due_at) == (1, at("2026-11-29 10:00"))


def test_downtime_over_reminders_and_window_is_caught_up_by_one_overrun_bulletin() -> None:
    """R17, P3: at the first look, not one per missed slot."""
    outage = ticked(a_scheduled_outage(), at("2026-11-29 12:34"))
    assert (outage.sequence, outage.last_bulletin_at) == (2, at("2026-11-29 12:34"))
    assert outage.next_due_at == at("2026-11-29 16:34")


def test_downtime_until_a_quiet_hour_of_an_overrun_waits_for_the_morning() -> None:
    """R15, R17"""
    outage = ticked(a_scheduled_outage(), at("2026-11-29 23:30"))
    assert (outage.sequence, outage.next_due_at) == (1, at("2026-11-30 08:00"))


def test_a_closed_outage_has_nothing_left_to_be_due() -> None:
    """Section 2: `cancelled` and `resolved` end the clock, also for a slot seen before."""
    outage = cancelled(a_scheduled_outage(), FRIDAY_10H)
    assert due_slot(outage, at("2026-11-27 21:00"), now=OPEN_AT, calendar=LITERAL) == Slot(None, None)


def test_an_unscheduled_outage_has_no_reminders() -> None:
    """R17"""
    assert an_outage().pending_reminders(THURSDAY_10H) == ()
    assert resolved(a_scheduled_outage(), OPEN_AT).pending_reminders(OPEN_AT) == ()
