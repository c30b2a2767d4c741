"""The weekdays the CBSA does not work, for services that observe holidays."""

from datetime import date, timedelta
from functools import lru_cache

import holidays

from outage_service.domain.calendar import SATURDAY, HolidayTest


def cbsa_holidays() -> HolidayTest:
    """Returns the test for a `BusinessCalendar`: whether a day is a weekday with a holiday observed."""
    return lambda day: day in observed_in(day.year)


@lru_cache(maxsize=64)
def observed_in(year: int) -> frozenset[date]:
    """Returns the weekdays of `year` on which the CBSA observes a holiday, moved ones on the day observed."""
    known = holidays.country_holidays(
        "CA", categories=("government",), years=year, language="en_CA", expand=False
    )
    days = {*known, _easter_monday(known), _civic_holiday(year)}
    return frozenset(day for day in days if day.weekday() < SATURDAY)


def _easter_monday(known: holidays.HolidayBase) -> date:
    """The package's government category leaves it out."""
    return known.get_named("Good Friday", lookup="exact")[0] + timedelta(days=3)


def _civic_holiday(year: int) -> date:
    """The first Monday of August; no federal law names it, so the package leaves it out."""
    first = date(year, 8, 1)
    return first + timedelta(days=-first.weekday() % 7)
