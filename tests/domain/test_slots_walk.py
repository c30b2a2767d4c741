"""Slots, downtime and clock jumps at any instant: one bulletin, never a burst, never at night (P3–P5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.domain.cadence import Slot, next_due, periodic_slot
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition
from tests.builders import LITERAL, a_delay, an_impact, an_outage, ticked
from tests.domain import walk
from tests.domain.strategies import conditions, minutes

downtimes = st.one_of(
    st.timedeltas(timedelta(0), timedelta(minutes=7)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
)


@settings(max_examples=300, deadline=None)
@given(due=minutes, late=downtimes)
def test_a_slot_is_what_the_walk_makes_of_it(due: datetime, late: timedelta) -> None:
    """P3, P4: up to 5 minutes late as if on time; later at once, or at 08:00 where it is quiet."""
    now = due + late
    minute = walk.minute_of(now)
    if late <= timedelta(minutes=5):
        expected = Slot(due)
    elif walk.is_quiet(minute):
        expected = Slot(None, walk.instant_of(walk.forward_to(minute, datetime.min.time().replace(hour=8))))
    else:
        expected = Slot(walk.instant_of(minute))
    assert periodic_slot(due, now, LITERAL) == expected


def _declared(at: datetime, condition: Condition) -> Outage:
    impact = an_impact() if condition is Condition.OUTAGE else a_delay()
    return an_outage(impact, declared_at=at)


@settings(max_examples=200, deadline=None)
@given(declared_at=minutes, condition=conditions, down=downtimes)
def test_any_downtime_is_followed_by_at_most_one_bulletin(
    declared_at: datetime, condition: Condition, down: timedelta
) -> None:
    """P3, P5: a jump of the clock by hours or days makes no burst."""
    outage = _declared(declared_at, condition)
    assert outage.next_due_at is not None
    now = outage.next_due_at + down
    for _ in range(4):
        outage = ticked(outage, now)
    assert outage.sequence <= 2
    assert outage.next_due_at is not None
    assert outage.next_due_at > now


@settings(max_examples=200, deadline=None)
@given(declared_at=minutes, condition=conditions, late=downtimes, back=downtimes)
def test_a_clock_that_goes_back_issues_nothing_again(
    declared_at: datetime, condition: Condition, late: timedelta, back: timedelta
) -> None:
    """P5"""
    outage = _declared(declared_at, condition)
    assert outage.next_due_at is not None
    now = outage.next_due_at + late
    issued = ticked(outage, now)
    assert ticked(issued, now - back) == issued


@settings(max_examples=200, deadline=None)
@given(declared_at=minutes, condition=conditions, late=st.timedeltas(timedelta(0), timedelta(minutes=5)))
def test_a_clock_that_is_always_a_little_late_does_not_drift(
    declared_at: datetime, condition: Condition, late: timedelta
) -> None:
    """A slot issued within 5 minutes counts as issued at its due time."""
    outage, slot = _declared(declared_at, condition), declared_at
    for _ in range(6):
        slot = next_due(slot, condition, LITERAL)
        outage = ticked(outage, slot + late)
        assert outage.last_bulletin_at == slot


@settings(max_examples=100, deadline=None)
@given(declared_at=minutes, gaps=st.lists(st.timedeltas(timedelta(0), timedelta(hours=9)), max_size=12))
def test_silence_never_resolves_an_outage(declared_at: datetime, gaps: list[timedelta]) -> None:
    """R11: whatever the clock does, only an operator ends an outage."""
    outage, now = _declared(declared_at, Condition.OUTAGE), declared_at
    for gap in gaps:
        now += gap
        outage = ticked(outage, now)
    told = replace(outage, sequence=0, last_bulletin_at=None, next_due_at=None)
    first = replace(
        _declared(declared_at, Condition.OUTAGE), sequence=0, last_bulletin_at=None, next_due_at=None
    )
    assert told == first
    assert outage.next_due_at is not None
