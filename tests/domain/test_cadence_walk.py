"""The cadence against a walk through the minutes, also on every night of a clock change (P4, R15, R16)."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings

from outage_service.domain.cadence import next_due
from outage_service.domain.calendar import BusinessCalendar, HolidayTest
from outage_service.domain.systems import Condition
from tests.domain import walk
from tests.domain.strategies import conditions, holiday_tests, minutes, near, no_holidays

SWEEP_STEP = 7
"""Minutes between two swept instants: prime to an hour, so that every minute of it has its turn."""
EDGES = [time(h, m) for h in (0, 1, 2, 3, 4, 8, 17, 18, 20, 22) for m in (0, 1, 59)]


@settings(max_examples=300, deadline=None)
@given(last=minutes, condition=conditions, is_holiday=holiday_tests)
def test_the_next_bulletin_is_due_where_a_walk_through_the_minutes_arrives(
    last: datetime, condition: Condition, is_holiday: HolidayTest
) -> None:
    """P4"""
    walked = walk.next_due(walk.minute_of(last), condition, is_holiday)
    assert next_due(last, condition, BusinessCalendar(is_holiday)) == walk.instant_of(walked)


@pytest.mark.parametrize("night", walk.change_nights(), ids=str)
def test_around_each_change_of_the_clocks_the_walk_is_followed(night: date) -> None:
    """P4: Saturday morning to Monday evening of both change nights of every year."""
    swept = [near(night, minute) for minute in range(-24 * 60, 36 * 60, SWEEP_STEP)]
    edges = [i for i in (near(night, m) for m in range(-24 * 60, 36 * 60)) if _clock(i) in EDGES]
    calendar = BusinessCalendar()
    wrong = [
        (last, condition)
        for last in swept + edges
        for condition in Condition
        if walk.minute_of(next_due(last, condition, calendar))
        != walk.next_due(walk.minute_of(last), condition, no_holidays)
    ]
    assert not wrong


def _clock(instant: datetime) -> time:
    return walk.wall(walk.minute_of(instant)).time()


@settings(max_examples=300, deadline=None)
@given(last=minutes, condition=conditions, is_holiday=holiday_tests)
def test_nothing_is_ever_due_in_quiet_hours_nor_sooner_than_the_shortest_interval(
    last: datetime, condition: Condition, is_holiday: HolidayTest
) -> None:
    """P4, R15: no slot between 22:00 and 08:00; two hours of elapsed time are the least."""
    due = next_due(last, condition, BusinessCalendar(is_holiday))
    assert not walk.is_quiet(walk.minute_of(due))
    assert due - last >= timedelta(hours=2)
    # The longest wait: from just after 18:00 to 08:00, an hour more where the clocks go back.
    assert due - last <= timedelta(hours=15)


@settings(max_examples=30, deadline=None)
@given(first=minutes, condition=conditions, is_holiday=holiday_tests)
def test_a_week_of_silence_follows_the_walk_slot_by_slot(
    first: datetime, condition: Condition, is_holiday: HolidayTest
) -> None:
    """P4: an error would add up along the chain of slots."""
    calendar, slot, walked = BusinessCalendar(is_holiday), first, walk.minute_of(first)
    while slot < first + timedelta(days=7):
        slot = next_due(slot, condition, calendar)
        walked = walk.next_due(walked, condition, is_holiday)
        assert walk.minute_of(slot) == walked


@pytest.mark.parametrize(
    "night",
    [
        *("2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07", "2028-03-12"),
        *("2028-11-05", "2029-03-11", "2029-11-04", "2030-03-10", "2030-11-03"),
    ],
)
def test_the_published_clock_changes_are_among_the_nights_walked(night: str) -> None:
    """Section 10 of the rules: the installed time zones know the same changes."""
    sunday = date.fromisoformat(night)
    offsets = {walk.instant_of(m).astimezone(walk.TORONTO).utcoffset() for m in _minutes_of(sunday)}
    assert sunday in walk.change_nights()
    assert len(offsets) == 2


def _minutes_of(day: date) -> range:
    noon = walk.minute_of(near(day, 0))
    return range(noon - 11 * 60, noon + 8 * 60, 60)
