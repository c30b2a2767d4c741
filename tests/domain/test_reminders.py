"""When a scheduled outage is recalled before its start (R17)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.domain.cadence import reminder_times
from tests.builders import THURSDAY_10H, a_scheduled_outage, at, updated
from tests.domain import walk
from tests.domain.strategies import minutes, near


@pytest.mark.parametrize(
    ("start", "announced", "reminders"),
    [
        pytest.param(
            "2026-12-03 14:00",
            "2026-11-26 10:00",
            ["2026-11-30 14:00", "2026-12-02 14:00", "2026-12-03 10:00"],
            id="72h-24h-and-4h",
        ),
        pytest.param(
            "2026-12-06 02:00",
            "2026-11-26 10:00",
            ["2026-12-02 21:00", "2026-12-04 21:00", "2026-12-05 22:00"],
            id="out-of-the-night-to-the-last-21:00",
        ),
        pytest.param(
            "2026-12-06 02:01",
            "2026-11-26 10:00",
            ["2026-12-02 21:00", "2026-12-04 21:00", "2026-12-05 21:00"],
            id="22:01-is-quiet",
        ),
        pytest.param(
            "2026-12-06 12:00",
            "2026-11-26 10:00",
            ["2026-12-03 12:00", "2026-12-05 12:00", "2026-12-06 08:00"],
            id="08:00-is-not-quiet",
        ),
        pytest.param(
            "2026-12-06 11:59",
            "2026-11-26 10:00",
            ["2026-12-03 11:59", "2026-12-05 11:59", "2026-12-05 21:00"],
            id="07:59-is-quiet",
        ),
        pytest.param(
            "2026-11-29 02:00", "2026-11-26 10:00", ["2026-11-27 21:00", "2026-11-28 22:00"], id="72h-skipped"
        ),
        pytest.param(
            "2026-11-29 14:00",
            "2026-11-28 14:00",
            ["2026-11-29 10:00"],
            id="one-at-the-announcement-is-skipped",
        ),
        pytest.param(
            "2026-11-29 14:00",
            "2026-11-28 13:59",
            ["2026-11-28 14:00", "2026-11-29 10:00"],
            id="one-a-minute-after-the-announcement-is-kept",
        ),
        pytest.param("2026-11-29 05:00", "2026-11-28 21:00", [], id="moved-to-the-announcement-is-skipped"),
        pytest.param(
            "2026-11-29 05:00", "2026-11-28 23:30", [], id="moved-before-the-announcement-is-skipped"
        ),
        pytest.param(
            "2026-11-01 08:30",
            "2026-10-26 10:00",
            ["2026-10-29 09:30", "2026-10-31 09:30", "2026-10-31 21:00"],
            id="elapsed-hours-over-the-long-night",
        ),
        pytest.param(
            "2027-03-14 03:30",
            "2027-03-08 10:00",
            ["2027-03-10 21:00", "2027-03-12 21:00", "2027-03-13 21:00"],
            id="before-the-short-night",
        ),
    ],
)
def test_reminders_go_out_72_24_and_4_hours_before_the_start(
    start: str, announced: str, reminders: list[str]
) -> None:
    """R17: out of quiet hours to the last 21:00, and only after the announcement."""
    assert reminder_times(at(start), at(announced)) == tuple(map(at, reminders))


@settings(max_examples=200, deadline=None)
@given(start=minutes, ahead=st.timedeltas(timedelta(minutes=1), timedelta(days=6)))
def test_reminders_are_where_a_walk_back_through_the_minutes_arrives(
    start: datetime, ahead: timedelta
) -> None:
    """P4, R17"""
    announced = start - ahead
    walked = walk.reminders(walk.minute_of(start), walk.minute_of(announced))
    found = reminder_times(start, walk.instant_of(walk.minute_of(announced)))
    assert [walk.minute_of(instant) for instant in found] == walked
    assert list(found) == sorted(found)
    assert not any(walk.is_quiet(walk.minute_of(instant)) for instant in found)


@pytest.mark.parametrize("night", walk.change_nights(), ids=str)
def test_around_each_change_of_the_clocks_reminders_follow_the_walk(night: date) -> None:
    """P4: starts from the change Sunday to the Wednesday after it, every 97 minutes."""
    starts = [near(night, minute) for minute in range(-12 * 60, 84 * 60, 97)]
    announced = near(night, -7 * 24 * 60)
    wrong = [
        start
        for start in starts
        if [walk.minute_of(instant) for instant in reminder_times(start, announced)]
        != walk.reminders(walk.minute_of(start), walk.minute_of(announced))
    ]
    assert not wrong


def test_the_next_due_time_of_a_scheduled_outage_is_its_next_reminder() -> None:
    """R17: Saturday 02:00 moves to Friday 21:00."""
    assert a_scheduled_outage().next_due_at == at("2026-11-27 21:00")


def test_after_the_last_reminder_the_first_overrun_slot_is_due() -> None:
    """R17: the unscheduled cadence counted from the planned end, Sunday 06:00 + 4 h."""
    late = a_scheduled_outage(announced_at=at("2026-11-28 23:00"))
    assert late.next_due_at == at("2026-11-29 10:00")


def test_an_end_in_business_hours_gives_an_overrun_slot_two_hours_later() -> None:
    """R17: scheduled impacts are always outages."""
    outage = a_scheduled_outage(
        start=at("2026-11-26 12:00"), end=at("2026-11-26 14:30"), announced_at=THURSDAY_10H
    )
    assert outage.next_due_at == at("2026-11-26 16:30")


def test_news_between_reminders_leaves_the_reminders_where_they_are() -> None:
    """R17: only a new start recomputes them."""
    outage = updated(a_scheduled_outage(), at("2026-11-27 20:30"))
    assert outage.next_due_at == at("2026-11-27 21:00")
    moved_end = updated(outage, at("2026-11-27 20:40"), end=at("2026-11-29 07:00"))
    assert moved_end.next_due_at == at("2026-11-27 21:00")


def test_a_reminder_outlives_news_of_its_own_minute() -> None:
    """Section 2: news does not replace a reminder; both go out."""
    outage = updated(a_scheduled_outage(), at("2026-11-27 21:00:30"))
    assert outage.next_due_at == at("2026-11-27 21:00")
