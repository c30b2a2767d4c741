"""Toronto's wall clock and business hours (R15, R52, section 10)."""

from datetime import UTC, date, datetime, time

import pytest

from outage_service.domain.cadence import policy_at
from outage_service.domain.calendar import (
    BusinessCalendar,
    Period,
    at_wall_clock,
    cut_to_minute,
    eastern,
    iso_utc,
    no_holidays,
)
from tests.builders import LITERAL, THURSDAY_10H, at


@pytest.mark.parametrize(
    ("instant", "period"),
    [
        pytest.param("2026-11-26 07:59:59", Period.QUIET, id="last-quiet-second"),
        pytest.param("2026-11-26 08:00", Period.BUSINESS, id="opening"),
        pytest.param("2026-11-26 16:59:59", Period.BUSINESS, id="last-business-second"),
        pytest.param("2026-11-26 17:00", Period.AFTER, id="closing"),
        pytest.param("2026-11-26 22:00", Period.AFTER, id="last-slot"),
        pytest.param("2026-11-26 22:00:01", Period.QUIET, id="first-quiet-second"),
        pytest.param("2026-11-27 00:00", Period.QUIET, id="midnight"),
        pytest.param("2026-11-28 08:00", Period.AFTER, id="saturday-morning"),
        pytest.param("2026-11-29 12:00", Period.AFTER, id="sunday-noon"),
        pytest.param("2026-11-29 23:00", Period.QUIET, id="sunday-night"),
    ],
)
def test_a_day_has_business_after_and_quiet_hours(instant: str, period: Period) -> None:
    """R15"""
    assert policy_at(at(instant)).period(at(instant), LITERAL) is period


def test_a_calendar_says_whether_it_observes_holidays() -> None:
    assert BusinessCalendar(lambda day: day == date(2026, 12, 25)).observes_holidays
    assert not LITERAL.observes_holidays


def test_an_observed_holiday_has_no_business_hours_but_stays_quiet_at_night() -> None:
    """Decided: holidays are after hours where they are observed."""
    christmas = BusinessCalendar({date(2026, 12, 25)}.__contains__)
    policy = policy_at(THURSDAY_10H)
    assert policy.period(at("2026-12-25 10:00"), christmas) is Period.AFTER
    assert policy.period(at("2026-12-25 07:00"), christmas) is Period.QUIET
    assert policy.period(at("2026-12-24 10:00"), christmas) is Period.BUSINESS


def test_the_plan_knows_no_holiday() -> None:
    """Decided: the default is literal."""
    assert not no_holidays(date(2026, 12, 25))
    assert BusinessCalendar().is_business_day(date(2026, 12, 25))


def test_an_instant_is_shown_as_toronto_clocks_do() -> None:
    """Summer and winter."""
    assert eastern(datetime(2026, 7, 1, 12, tzinfo=UTC)).isoformat() == "2026-07-01T08:00:00-04:00"
    assert eastern(datetime(2026, 12, 1, 12, tzinfo=UTC)).isoformat() == "2026-12-01T07:00:00-05:00"


def test_a_wall_clock_time_that_comes_twice_means_the_first() -> None:
    """Section 10: 01:30 of the long night."""
    assert at_wall_clock(date(2026, 11, 1), time(1, 30)) == at("2026-11-01 01:30")


def test_a_nominal_time_is_the_beginning_of_its_minute_in_utc() -> None:
    """Section 2: what is printed is what happens."""
    cut = cut_to_minute(datetime.fromisoformat("2026-11-26T10:00:59.999999-05:00"))
    assert (cut, cut.tzinfo) == (THURSDAY_10H, UTC)


def test_an_instant_is_printed_in_utc_to_the_second() -> None:
    """Whatever its own offset is, and without what is finer."""
    assert iso_utc(datetime.fromisoformat("2026-11-26T10:00:59.999999-05:00")) == "2026-11-26T15:00:59Z"
