"""How each system fared, day by day."""

from datetime import date, timedelta

from outage_service.domain.history import Day, first_day, history_of
from outage_service.domain.outages import Outage
from outage_service.domain.systems import CATALOGUE, Condition, System
from tests.builders import a_delay, a_scheduled_outage, an_impact, an_outage, at, cancelled, resolved, updated

NOW = at("2026-11-26 18:00")
HOUR = timedelta(hours=1)
NOTHING = timedelta(0)


def days(*outages: Outage, system: System = System.EDI) -> dict[date, Day]:
    """Returns the days with something to tell."""
    return {day.date: day for day in history_of(outages, NOW)[system] if day.worst}


def test_it_goes_back_90_days_with_today_as_the_last() -> None:
    found = history_of([], NOW)
    assert list(found) == list(CATALOGUE)
    for told in found.values():
        assert len(told) == 90
        assert (told[0].date, told[-1].date) == (first_day(NOW), date(2026, 11, 26))
        assert {day.worst for day in told} == {None}


def test_an_outage_under_way_counts_until_now() -> None:
    outage = an_outage(declared_at=at("2026-11-26 10:00"))
    assert days(outage) == {date(2026, 11, 26): Day(date(2026, 11, 26), 8 * HOUR, NOTHING)}
    assert days(outage, system=System.CERS) == {}


def test_a_night_is_parted_at_eastern_midnight() -> None:
    outage = resolved(an_outage(declared_at=at("2026-11-24 22:00")), at("2026-11-25 03:00"))
    assert {day: told.outage for day, told in days(outage).items()} == {
        date(2026, 11, 24): 2 * HOUR,
        date(2026, 11, 25): 3 * HOUR,
    }


def test_a_day_that_the_clocks_made_longer_has_25_hours() -> None:
    outage = resolved(an_outage(declared_at=at("2026-10-31 12:00")), at("2026-11-02 12:00"))
    assert days(outage)[date(2026, 11, 1)].outage == 25 * HOUR


def test_a_delay_is_the_lesser_of_two() -> None:
    delay = resolved(an_outage(a_delay(), declared_at=at("2026-11-25 08:00")), at("2026-11-25 12:00"))
    outage = resolved(an_outage(declared_at=at("2026-11-25 13:00")), at("2026-11-25 14:00"))
    assert days(delay)[date(2026, 11, 25)].worst is Condition.DELAY
    day = days(delay, outage)[date(2026, 11, 25)]
    assert (day.worst, day.outage, day.delay) == (Condition.OUTAGE, HOUR, 4 * HOUR)


def test_several_at_once_count_once() -> None:
    one = resolved(an_outage(declared_at=at("2026-11-25 08:00")), at("2026-11-25 12:00"))
    within = resolved(an_outage(declared_at=at("2026-11-25 09:00")), at("2026-11-25 10:00"))
    after = resolved(an_outage(declared_at=at("2026-11-25 11:00")), at("2026-11-25 13:00"))
    assert days(after, within, one)[date(2026, 11, 25)].outage == 5 * HOUR


def test_a_system_that_failed_later_counts_from_its_own_start() -> None:
    late = an_impact(System.CERS, started_at=at("2026-11-26 13:00"))
    outage = updated(an_outage(declared_at=at("2026-11-26 10:00")), at("2026-11-26 14:00"), an_impact(), late)
    assert days(outage, system=System.CERS)[date(2026, 11, 26)].outage == 5 * HOUR


def test_a_system_that_an_update_dropped_was_restored_then() -> None:
    both = an_outage(an_impact(), an_impact(System.CERS), declared_at=at("2026-11-26 10:00"))
    outage = updated(both, at("2026-11-26 12:00"), an_impact(System.CERS))
    assert days(outage)[date(2026, 11, 26)].outage == 2 * HOUR
    assert days(outage, system=System.CERS)[date(2026, 11, 26)].outage == 8 * HOUR


def test_what_was_cancelled_or_is_to_come_never_was() -> None:
    planned = a_scheduled_outage()
    assert days(planned) == {}
    assert days(cancelled(planned, NOW)) == {}
