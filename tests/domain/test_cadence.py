"""The cadence's golden tables: when the next bulletin is due, and what becomes of a slot (R15, R16)."""

from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

import pytest

from outage_service.domain.cadence import POLICIES, CadencePolicy, Slot, next_due, periodic_slot, policy_at
from outage_service.domain.calendar import BusinessCalendar, Period, eastern
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition
from tests.builders import (
    LITERAL,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_outage,
    at,
    cancelled,
    corrected,
    extended,
    resolved,
    revoked,
    ticked,
    updated,
)

WITH_BOXING_DAY = BusinessCalendar({date(2026, 12, 25), date(2026, 12, 28)}.__contains__)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        pytest.param("2026-11-26 10:00", "2026-11-26 12:00", id="business-2h"),
        pytest.param("2026-11-26 08:00", "2026-11-26 10:00", id="08:00-is-business"),
        pytest.param("2026-11-26 16:00", "2026-11-26 18:00", id="the-period-of-the-last-one-counts"),
        pytest.param("2026-11-26 16:59", "2026-11-26 18:59", id="last-business-minute"),
        pytest.param("2026-11-26 17:00", "2026-11-26 21:00", id="17:00-is-after-hours"),
        pytest.param("2026-11-26 18:00", "2026-11-26 22:00", id="22:00-sharp-is-a-slot"),
        pytest.param("2026-11-26 18:01", "2026-11-27 08:00", id="22:01-moves-to-the-morning"),
        pytest.param("2026-11-26 22:00", "2026-11-27 08:00", id="after-the-last-slot-of-the-day"),
        pytest.param("2026-11-26 22:01", "2026-11-27 08:00", id="first-quiet-minute"),
        pytest.param("2026-11-27 05:59", "2026-11-27 08:00", id="news-at-night-rests-until-the-morning"),
        pytest.param("2026-11-27 06:30", "2026-11-27 08:30", id="news-at-dawn-keeps-its-interval"),
        pytest.param("2026-11-27 07:59", "2026-11-27 09:59", id="last-quiet-minute"),
        pytest.param("2026-11-28 03:00", "2026-11-28 08:00", id="weekend-night"),
        pytest.param("2026-11-28 07:00", "2026-11-28 11:00", id="weekend-dawn"),
        pytest.param("2026-11-28 08:00", "2026-11-28 12:00", id="weekend-4h"),
        pytest.param("2026-11-27 20:00", "2026-11-28 08:00", id="friday-evening-to-saturday"),
        pytest.param("2026-11-29 19:00", "2026-11-30 08:00", id="sunday-evening-to-monday"),
    ],
)
def test_an_outage_is_reported_every_2h_in_business_and_every_4h_after_it(last: str, due: str) -> None:
    """R15"""
    assert next_due(at(last), Condition.OUTAGE, LITERAL) == at(due)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        pytest.param("2026-11-26 10:00", "2026-11-26 14:00", id="business-4h"),
        pytest.param("2026-11-26 18:00", "2026-11-26 22:00", id="after-4h"),
        pytest.param("2026-11-26 18:01", "2026-11-27 08:00", id="same-night-rule"),
        pytest.param("2026-11-27 07:00", "2026-11-27 11:00", id="dawn"),
    ],
)
def test_a_delay_is_reported_every_4h(last: str, due: str) -> None:
    """R16"""
    assert next_due(at(last), Condition.DELAY, LITERAL) == at(due)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        pytest.param("2026-10-31 18:00", "2026-10-31 22:00", id="evening-before-winter-time"),
        pytest.param("2026-10-31 22:00", "2026-11-01 08:00", id="night-of-25h"),
        pytest.param("2026-11-01 00:30", "2026-11-01 08:00", id="in-the-long-night"),
        pytest.param("2026-03-07 22:00", "2026-03-08 08:00", id="night-of-23h"),
        pytest.param("2026-03-08 03:30", "2026-03-08 08:00", id="in-the-short-night"),
        pytest.param("2026-03-08 05:00", "2026-03-08 09:00", id="dawn-after-the-change"),
    ],
)
def test_windows_are_wall_clock_time_on_the_nights_the_clocks_change(last: str, due: str) -> None:
    """P4, section 10"""
    assert next_due(at(last), Condition.OUTAGE, LITERAL) == at(due)


def test_the_second_half_past_one_of_the_long_night_is_another_minute_with_the_same_morning() -> None:
    """P4: the hour that comes twice is quiet both times."""
    first, second = at("2026-11-01 01:30"), at("2026-11-01 01:30", fold=1)
    assert second - first == timedelta(hours=1)
    assert next_due(first, Condition.OUTAGE, LITERAL) == next_due(second, Condition.OUTAGE, LITERAL)


@pytest.mark.parametrize(
    ("calendar", "due"),
    [
        pytest.param(LITERAL, "2026-12-25 12:00", id="literal"),
        pytest.param(WITH_BOXING_DAY, "2026-12-25 14:00", id="observed"),
    ],
)
def test_a_holiday_is_after_hours_only_where_holidays_are_observed(
    calendar: BusinessCalendar, due: str
) -> None:
    """Decided: literal by default; Christmas 2026 is a Friday."""
    assert next_due(at("2026-12-25 10:00"), Condition.OUTAGE, calendar) == at(due)


def test_an_outage_of_thursday_morning_follows_the_golden_row_of_slots() -> None:
    """R15: 10, 12, 14, 16, 18, 22, then Friday 08, 10."""
    outage, issued = an_outage(declared_at=THURSDAY_10H), [THURSDAY_10H]
    while len(issued) < 8:
        assert outage.next_due_at is not None
        issued.append(outage.next_due_at)
        outage = ticked(outage, outage.next_due_at)
    assert [f"{eastern(slot):%a %H:%M}" for slot in issued] == [
        *("Thu 10:00", "Thu 12:00", "Thu 14:00", "Thu 16:00", "Thu 18:00", "Thu 22:00"),
        *("Fri 08:00", "Fri 10:00"),
    ]


@pytest.mark.parametrize(
    ("due", "now", "slot"),
    [
        pytest.param("2026-11-26 12:00", "2026-11-26 12:00", "2026-11-26 12:00", id="sharp"),
        pytest.param(
            "2026-11-26 12:00", "2026-11-26 12:00:59", "2026-11-26 12:00", id="seconds-are-no-drift"
        ),
        pytest.param("2026-11-26 12:00", "2026-11-26 12:05", "2026-11-26 12:00", id="5-min-are-on-time"),
        pytest.param(
            "2026-11-26 12:00", "2026-11-26 12:06:30", "2026-11-26 12:06", id="later-counts-from-now"
        ),
        pytest.param(
            "2026-11-26 22:00", "2026-11-26 22:04", "2026-11-26 22:00", id="on-time-though-quiet-now"
        ),
        pytest.param("2026-11-26 18:00", "2026-11-26 22:00:40", "2026-11-26 22:00", id="22:00-is-not-quiet"),
        pytest.param("2026-11-26 22:00", "2026-11-27 08:03", "2026-11-27 08:03", id="missed-overnight"),
        pytest.param("2026-11-20 12:00", "2026-11-26 12:00", "2026-11-26 12:00", id="missed-for-days"),
    ],
)
def test_a_slot_goes_out_on_time_or_counts_from_when_it_does(due: str, now: str, slot: str) -> None:
    """P3: within 5 minutes there is no drift; later, one bulletin counts from now."""
    assert periodic_slot(at(due), at(now), LITERAL) == Slot(at(slot))


@pytest.mark.parametrize(
    ("due", "now", "morning"),
    [
        pytest.param("2026-11-26 22:00", "2026-11-26 22:06", "2026-11-27 08:00", id="before-midnight"),
        pytest.param("2026-11-26 22:00", "2026-11-27 03:00", "2026-11-27 08:00", id="after-midnight"),
        pytest.param("2026-11-26 22:00", "2026-11-27 07:59:59", "2026-11-27 08:00", id="last-quiet-second"),
        pytest.param("2026-10-31 22:00", "2026-11-01 01:30", "2026-11-01 08:00", id="long-night"),
        pytest.param("2026-03-07 18:00", "2026-03-08 03:30", "2026-03-08 08:00", id="short-night"),
    ],
)
def test_a_slot_missed_by_more_than_5_min_waits_for_the_end_of_the_quiet_hours(
    due: str, now: str, morning: str
) -> None:
    """R15: it is re-timed, nothing goes out."""
    assert periodic_slot(at(due), at(now), LITERAL) == Slot(None, at(morning))


def test_a_slot_missed_at_22h_and_issued_at_08h03_is_followed_by_one_at_10h03() -> None:
    """The golden example of a catch-up."""
    outage = ticked(_due_at_22h(), at("2026-11-27 08:03:20"))
    assert outage.last_bulletin_at == at("2026-11-27 08:03")
    assert outage.next_due_at == at("2026-11-27 10:03")


def test_a_slot_of_22h_issued_at_22h04_is_followed_by_one_at_08h() -> None:
    """The golden example of a slot on time though it is quiet by then."""
    outage = ticked(_due_at_22h(), at("2026-11-26 22:04"))
    assert (outage.sequence, outage.next_due_at) == (2, at("2026-11-27 08:00"))


def test_a_slot_retimed_to_08h_has_no_drift_either() -> None:
    """08:00 becomes its due time: issued at 08:04 it still counts as 08:00."""
    waiting = ticked(_due_at_22h(), at("2026-11-27 02:00"))
    assert (waiting.sequence, waiting.next_due_at) == (1, at("2026-11-27 08:00"))
    outage = ticked(waiting, at("2026-11-27 08:04"))
    assert (outage.last_bulletin_at, outage.next_due_at) == (at("2026-11-27 08:00"), at("2026-11-27 10:00"))


def _due_at_22h() -> Outage:
    outage = an_outage(declared_at=at("2026-11-26 18:00"))
    assert outage.next_due_at == at("2026-11-26 22:00")
    return outage


def test_what_a_bulletin_prints_as_due_is_a_whole_minute() -> None:
    """A nominal time is cut to the minute, so that "by 12:00" is what happens."""
    outage = an_outage(declared_at=at("2026-11-26 10:00:59"))
    assert (outage.last_bulletin_at, outage.next_due_at) == (THURSDAY_10H, at("2026-11-26 12:00"))


SECONDS_PAST_11 = at("2026-11-26 11:00:59")


@pytest.mark.parametrize(
    "outage",
    [
        pytest.param(updated(an_outage(), SECONDS_PAST_11), id="update"),
        pytest.param(corrected(an_outage(), SECONDS_PAST_11), id="correction"),
        pytest.param(extended(an_outage(), SECONDS_PAST_11, paper=at("2026-11-26 20:00")), id="grace"),
        pytest.param(resolved(an_outage(), SECONDS_PAST_11), id="resolved"),
        pytest.param(revoked(updated(an_outage(), THURSDAY_10H, a_delay()), SECONDS_PAST_11), id="revoked"),
        pytest.param(cancelled(a_scheduled_outage(), SECONDS_PAST_11), id="cancelled"),
    ],
)
def test_news_of_every_kind_is_dated_to_the_whole_minute(outage: Outage) -> None:
    """Section 2: so the time that follows from it is one, too."""
    assert outage.last_bulletin_at == at("2026-11-26 11:00")


def test_a_policy_holds_from_its_date_on_with_windows_of_its_own() -> None:
    """The cadence is versioned data: a new edition is one more entry of the table."""
    hourly = MappingProxyType({(c, p): timedelta(hours=1) for c in Condition for p in Period})
    edition = CadencePolicy("next", at("2027-01-04 00:00"), time(21), time(7), hourly)
    assert policy_at(at("2027-01-03 23:59"), [edition, *POLICIES]).version == "carm-1"
    assert policy_at(at("2027-01-04 00:00"), [edition, *POLICIES]) is edition
    assert edition.period(at("2027-01-04 21:00"), LITERAL) is Period.AFTER
    assert edition.period(at("2027-01-04 21:01"), LITERAL) is Period.QUIET
    assert edition.next_morning(at("2027-01-04 21:01")) == at("2027-01-05 07:00")


def test_the_next_morning_of_an_instant_is_never_that_instant() -> None:
    """08:00 sharp ends the quiet hours; the next end comes a day later."""
    policy = policy_at(THURSDAY_10H)
    assert policy.next_morning(at("2026-11-26 07:59")) == at("2026-11-26 08:00")
    assert policy.next_morning(at("2026-11-26 08:00")) == at("2026-11-27 08:00")


def test_the_first_edition_holds_at_the_earliest_instant_anybody_may_name() -> None:
    """R13: the plan's dates are blank, so no bulletin can come before its policy."""
    assert policy_at(datetime(1999, 12, 28, tzinfo=UTC)).version == "carm-1"
