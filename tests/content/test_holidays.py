"""The days the CBSA does not work."""

from datetime import date

import pytest

from outage_service.content.holidays import cbsa_holidays, observed_in

HOLIDAYS_2027 = "01-01 03-26 03-29 05-24 07-01 08-02 09-06 09-30 10-11 11-11 12-27 12-28"


def test_the_holidays_of_2027_are_those_of_the_government() -> None:
    assert observed_in(2027) == {date.fromisoformat(f"2027-{day}") for day in HOLIDAYS_2027.split()}


def test_the_rest_of_2026_has_christmas_and_boxing_day_on_the_monday_after() -> None:
    assert {day for day in observed_in(2026) if day > date(2026, 11, 11)} == {
        date(2026, 12, 25),
        date(2026, 12, 28),
    }


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (date(2026, 11, 26), False),
        (date(2026, 12, 25), True),
        (date(2026, 12, 26), False),  # a Saturday: observed on the Monday
        (date(2028, 1, 3), True),  # New Year of 2028 is a Saturday
        (date(2026, 8, 3), True),  # Civic Holiday
        (date(2026, 4, 6), True),  # Easter Monday
    ],
)
def test_a_holiday_counts_on_the_day_it_is_observed(day: date, is_one: bool) -> None:
    assert cbsa_holidays()(day) is is_one


@pytest.mark.parametrize("year", range(2021, 2041))
def test_every_year_has_twelve_holidays_all_on_weekdays(year: int) -> None:
    days = observed_in(year)
    assert len(days) == 12
    assert all(day.isoweekday() <= 5 for day in days)
