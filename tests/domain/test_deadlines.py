"""Deadlines before and after an outage: golden tables and a walk (R45, R51–R54)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings

from outage_service.domain.calendar import BusinessCalendar, HolidayTest
from outage_service.domain.deadlines import Deadlines, deadlines, paper_accepted_until, transmission_cut_off
from tests.builders import LITERAL, at
from tests.domain import walk
from tests.domain.strategies import holiday_tests, minutes, near, no_holidays

DAY = 24 * 60
OBSERVED = BusinessCalendar({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}.__contains__)


@pytest.mark.parametrize(
    ("restored", "calendar", "paper", "elapsed", "business"),
    [
        pytest.param(
            "2026-11-20 16:00", LITERAL, "11-20 18:00", "11-21 16:00", "11-25 13:00", id="over-a-weekend"
        ),
        pytest.param(
            "2026-12-23 15:00", LITERAL, "12-23 17:00", "12-24 15:00", "12-28 12:00", id="christmas-literal"
        ),
        pytest.param(
            "2026-12-23 15:00", OBSERVED, "12-23 17:00", "12-24 15:00", "12-30 12:00", id="christmas-observed"
        ),
    ],
)
def test_the_deadlines_after_an_outage_are_those_of_the_golden_table(
    restored: str, calendar: BusinessCalendar, paper: str, elapsed: str, business: str
) -> None:
    """R51, R52, R54"""
    assert deadlines(planned_start=None, anchor=at(restored), calendar=calendar) == Deadlines(
        transmit_by=None,
        paper_accepted_until=at(f"2026-{paper}"),
        penalty_relief_until=at(f"2026-{paper}"),
        documents_due_at=at(f"2026-{business}"),
        documents_recommended_by=at(f"2026-{elapsed}"),
    )


@pytest.mark.parametrize(
    ("restored", "due"),
    [
        pytest.param("2026-11-24 08:00", "2026-11-26 14:00", id="at-opening"),
        pytest.param("2026-11-24 07:59", "2026-11-26 14:00", id="before-opening"),
        pytest.param("2026-11-24 03:00", "2026-11-26 14:00", id="at-night"),
        pytest.param("2026-11-23 17:00", "2026-11-26 14:00", id="at-closing-counts-as-closed"),
        pytest.param("2026-11-23 16:59", "2026-11-26 13:59", id="a-minute-before-closing"),
        pytest.param("2026-11-24 11:00", "2026-11-26 17:00", id="ends-with-a-day-at-17:00"),
        pytest.param("2026-11-28 12:00", "2026-12-02 14:00", id="on-a-saturday"),
        pytest.param("2026-11-29 23:59", "2026-12-02 14:00", id="on-a-sunday-night"),
        pytest.param("2026-03-06 16:00", "2026-03-11 13:00", id="over-the-short-weekend"),
        pytest.param("2026-10-30 16:00", "2026-11-04 13:00", id="over-the-long-weekend"),
    ],
)
def test_24_business_hours_count_only_while_business_is_open(restored: str, due: str) -> None:
    """R52: Monday to Friday, 08:00 to 17:00."""
    assert LITERAL.add_business_hours(at(restored), timedelta(hours=24)) == at(due)


@settings(max_examples=60, deadline=None)
@given(start=minutes, is_holiday=holiday_tests)
def test_business_hours_end_where_a_walk_through_the_minutes_arrives(
    start: datetime, is_holiday: HolidayTest
) -> None:
    """P4, R52"""
    walked = walk.add_business_minutes(walk.minute_of(start), DAY, is_holiday)
    found = BusinessCalendar(is_holiday).add_business_hours(start, timedelta(hours=24))
    assert found == walk.instant_of(walked)


@pytest.mark.parametrize("night", walk.change_nights(), ids=str)
def test_around_each_change_of_the_clocks_business_hours_follow_the_walk(night: date) -> None:
    """P4: restorations from Friday to Monday of both change nights of every year."""
    starts = [near(night, hours * 60) for hours in (-44, -40, -30, -9, -6, 3, 14, 22)]
    wrong = [
        start
        for start in starts
        if walk.minute_of(LITERAL.add_business_hours(start, timedelta(hours=24)))
        != walk.add_business_minutes(walk.minute_of(start), DAY, no_holidays)
    ]
    assert not wrong


def test_the_cut_off_is_two_elapsed_hours_before_a_start_in_the_short_night() -> None:
    """R45, section 10: start 2027-03-14 03:30 EDT, cut-off 00:30 EST."""
    assert transmission_cut_off(at("2027-03-14 03:30")) == at("2027-03-14 00:30")


def test_paper_is_accepted_for_two_elapsed_hours_in_the_long_night() -> None:
    """R51, section 10: restored 2027-11-07 01:15 EDT, until 02:15 EST."""
    assert paper_accepted_until(at("2027-11-07 01:15")) == at("2027-11-07 02:15")
    assert paper_accepted_until(at("2027-11-07 01:15", fold=1)) == at("2027-11-07 03:15")


def test_before_the_end_only_the_cut_off_of_a_scheduled_outage_is_known() -> None:
    """R45; the others are null until then."""
    start = at("2026-11-29 02:00")
    assert deadlines(planned_start=start, anchor=None, calendar=LITERAL) == Deadlines(at("2026-11-29 00:00"))
    assert deadlines(planned_start=None, anchor=None, calendar=LITERAL) == Deadlines()


def test_the_cut_off_stays_printed_after_a_scheduled_outage() -> None:
    """R45"""
    after = deadlines(planned_start=at("2026-11-29 02:00"), anchor=at("2026-11-29 05:00"), calendar=LITERAL)
    assert (after.transmit_by, after.paper_accepted_until) == (at("2026-11-29 00:00"), at("2026-11-29 07:00"))
