"""A clock that was ahead and came back: no outage stays silent; a right clock changes nothing (P5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.domain.cadence import latest_due, next_due
from outage_service.domain.clock_set_back import SKEW, due_instead, is_void
from outage_service.domain.lifecycle import News, update
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition
from tests.builders import LITERAL, a_delay, a_scheduled_outage, an_impact, an_outage, at, cancelled, ticked
from tests.domain.strategies import conditions, minutes

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
steps = st.lists(st.timedeltas(timedelta(0), timedelta(hours=30)), max_size=8)
jumps = st.timedeltas(timedelta(minutes=10), timedelta(days=60))


@settings(max_examples=300, deadline=None)
@given(last=minutes, later=st.timedeltas(timedelta(0), timedelta(days=3)), condition=conditions)
def test_no_bulletin_until_now_leads_to_a_later_time(
    last: datetime, later: timedelta, condition: Condition
) -> None:
    assert next_due(last, condition, LITERAL) <= latest_due(last + later)


def one_of(declared: datetime, condition: Condition, lead: timedelta | None) -> Outage:
    """Returns an outage, scheduled so far ahead if there is a lead."""
    impact = an_impact() if condition is Condition.OUTAGE else a_delay()
    if lead is None:
        return an_outage(impact, declared_at=declared)
    start = declared + lead
    return a_scheduled_outage(announced_at=declared, start=start, end=start + 4 * HOUR)


leads = st.one_of(st.none(), st.timedeltas(timedelta(hours=1), timedelta(days=20)))


@settings(max_examples=300, deadline=None)
@given(declared=minutes, condition=conditions, lead=leads, steps=steps)
def test_a_clock_that_only_goes_on_changes_nothing(
    declared: datetime, condition: Condition, lead: timedelta | None, steps: list[timedelta]
) -> None:
    """Whatever was late, missed or moved out of quiet hours."""
    outage, now = one_of(declared, condition, lead), declared
    for step in steps:
        now += step
        for moment in (now - 2 * SKEW / 3, now):  # also as a host sees it whose clock is a little behind
            assert due_instead(outage, now=moment, calendar=LITERAL) is None
        outage = ticked(outage, now)
        assert due_instead(outage, now=now, calendar=LITERAL) is None


@settings(max_examples=300, deadline=None)
@given(declared=minutes, condition=conditions, lead=leads, before=steps, ahead=jumps, looks=st.integers(1, 3))
def test_a_clock_that_came_back_silences_no_outage(
    declared: datetime,
    condition: Condition,
    lead: timedelta | None,
    before: list[timedelta],
    ahead: timedelta,
    looks: int,
) -> None:
    """However far it was ahead, and whatever was issued then."""
    outage, now = one_of(declared, condition, lead), declared
    for step in before:
        now += step
        outage = ticked(outage, now)
    was_due = outage.next_due_at
    assert was_due is not None
    for look in range(looks):
        outage = ticked(outage, now + ahead + look * HOUR)
    instead = due_instead(outage, now=now, calendar=LITERAL) or outage.next_due_at
    assert instead is not None
    assert instead <= max(was_due, latest_due(max(now, outage.planned_end_at or now)))


def test_what_was_issued_ahead_counts_as_issued_now() -> None:
    """R15: two hours on, in business hours."""
    outage = an_outage(declared_at=at("2026-11-26 10:00"))
    ahead = ticked(outage, at("2026-12-05 11:30"))
    assert ahead.next_due_at == at("2026-12-05 15:30")
    now = at("2026-11-26 10:20") + timedelta(seconds=42)
    assert due_instead(ahead, now=now, calendar=LITERAL) == at("2026-11-26 12:20")


def test_a_slot_that_was_moved_to_a_far_morning_is_due_when_it_was() -> None:
    outage = an_outage(declared_at=at("2026-11-26 10:00"))
    moved = ticked(outage, at("2026-12-05 02:00"))
    assert (moved.sequence, moved.next_due_at) == (1, at("2026-12-05 08:00"))
    assert due_instead(moved, now=at("2026-11-26 10:20"), calendar=LITERAL) == at("2026-11-26 12:00")


def test_a_reminder_to_come_is_due_again() -> None:
    """R17: the clock was past the start, and the outage seemed overrun."""
    outage = a_scheduled_outage(announced_at=at("2026-11-26 10:00"))
    assert outage.next_due_at == at("2026-11-27 21:00")
    ahead = ticked(outage, at("2026-12-20 11:00"))
    assert due_instead(ahead, now=at("2026-11-26 10:20"), calendar=LITERAL) == outage.next_due_at


def test_a_reminder_given_ahead_of_its_time_is_given_again() -> None:
    """R17: the clock came back before the start, and another reminder was to follow."""
    outage = a_scheduled_outage(announced_at=at("2026-11-26 10:00"))
    assert outage.next_due_at is not None
    ahead = ticked(outage, outage.next_due_at + MINUTE)
    assert ahead.next_due_at is not None
    assert ahead.next_due_at > outage.next_due_at
    assert due_instead(ahead, now=at("2026-11-26 10:20"), calendar=LITERAL) == outage.next_due_at


def test_a_bulletin_of_a_host_whose_clock_is_a_little_ahead_keeps_its_due_time() -> None:
    """P1, P5: it printed 14:00, and 14:00 it stays."""
    delay = an_outage(a_delay(), declared_at=at("2026-11-26 10:00"))
    assert due_instead(delay, now=at("2026-11-26 09:59:20"), calendar=LITERAL) is None


def test_a_due_time_that_a_right_clock_set_stays() -> None:
    outage = an_outage(declared_at=at("2026-11-26 10:00"))
    assert due_instead(outage, now=at("2026-11-26 10:20"), calendar=LITERAL) is None


def test_a_slot_brought_back_is_void_once_the_clock_goes_on_again() -> None:
    """P5: the clock had been set back, not ahead: the bulletin it knows of was no error."""
    outage = ticked(an_outage(declared_at=at("2026-11-26 10:00")), at("2026-11-26 12:00"))
    instead = due_instead(outage, now=at("2026-11-25 12:00"), calendar=LITERAL)
    assert instead == at("2026-11-25 14:00")
    back = replace(outage, next_due_at=instead)
    assert not is_void(back, now=at("2026-11-25 14:00"))
    assert is_void(back, now=at("2026-11-26 12:01"))
    assert not is_void(outage, now=at("2026-11-26 14:00"))


def test_a_slot_brought_back_to_the_very_bulletin_it_led_to_is_void() -> None:
    """P5: the clock was set back for a moment; whoever just got it gets it once."""
    outage = ticked(an_outage(a_delay(), declared_at=at("2026-11-26 10:00")), at("2026-11-26 14:00"))
    instead = due_instead(outage, now=at("2026-11-26 10:00") + SKEW / 2, calendar=LITERAL)
    assert instead == at("2026-11-26 14:00")
    assert is_void(replace(outage, next_due_at=instead), now=at("2026-11-26 14:01"))


@settings(max_examples=300, deadline=None)
@given(declared=minutes, condition=conditions, lead=leads, steps=steps, news=st.sets(st.integers(0, 7)))
def test_while_no_clock_goes_back_every_slot_is_later_than_any_issued_and_none_is_void(
    declared: datetime, condition: Condition, lead: timedelta | None, steps: list[timedelta], news: set[int]
) -> None:
    """P1: so a slot is found issued only where a clock was set back, and no due bulletin is ever left out."""
    outage, now, issued = one_of(declared, condition, lead), declared, declared
    for number, step in enumerate(steps):
        now += step
        due = outage.next_due_at
        assert due is not None
        assert due > issued
        assert due > now or not is_void(outage, now=now)
        after = ticked(outage, now)
        issued = due if after.sequence > outage.sequence else issued
        outage = update(after, News(), now=now, calendar=LITERAL) if number in news else after


def test_a_reminder_that_news_overtook_is_not_void() -> None:
    """R17: news between its time and the tick."""
    outage = a_scheduled_outage(announced_at=at("2026-11-26 10:00"))
    assert outage.next_due_at is not None
    told = replace(outage, last_bulletin_at=outage.next_due_at + MINUTE)
    assert not is_void(told, now=outage.next_due_at + 2 * MINUTE)


def test_a_closed_outage_stays_closed() -> None:
    outage = cancelled(a_scheduled_outage(), at("2026-11-26 11:00"))
    assert due_instead(outage, now=at("2026-11-26 11:00"), calendar=LITERAL) is None


def test_an_outage_without_a_bulletin_is_left_alone() -> None:
    """None is ever stored so; a rule has no business to fail on it."""
    blank = replace(an_outage(), last_bulletin_at=None, next_due_at=at("2027-01-01 10:00"))
    assert due_instead(blank, now=at("2026-11-26 11:00"), calendar=LITERAL) is None
