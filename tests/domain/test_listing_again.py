"""An update's list beside the record: nothing told of vanishes, what is sent back changes nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.domain.errors import InvalidAct, RuleError
from outage_service.domain.history import history_of
from outage_service.domain.outages import Impact, Outage
from outage_service.domain.records import record_of
from outage_service.domain.systems import Condition, Direction, System
from tests.builders import LITERAL, a_delay, a_scheduled_outage, an_impact, an_outage, at, updated
from tests.domain.refusals import invalid
from tests.domain.strategies import some_impacts

BOTH, INBOUND, OUTBOUND = Direction.BOTH, Direction.INBOUND, Direction.OUTBOUND
OUTAGE, DELAY = Condition.OUTAGE, Condition.DELAY
TEN, ELEVEN, NOON, ONE = (at(f"2026-11-26 {hour}:00") for hour in (10, 11, 12, 13))
TEN_PAST, TWENTY_PAST = at("2026-11-26 11:10"), at("2026-11-26 11:20")
SWI = an_impact(System.SWI)
IN, OUT = an_impact(direction=INBOUND), an_impact(direction=OUTBOUND)

Times = tuple[datetime, datetime | None]


def ended(impact: Impact, restored_at: datetime, *, since: datetime | None = None) -> Impact:
    """Returns the impact as one that is over, and as one that began then."""
    return replace(impact, restored_at=restored_at, started_at=since)


def times_of(outage: Outage, system: System = System.EDI) -> set[tuple[Direction | None, Times]]:
    """Returns since and until when each direction of a system suffered."""
    return {
        (i.direction, (i.started_at or outage.started_at, i.restored_at))
        for i in outage.impacts
        if i.system is system
    }


def answered(outage: Outage) -> list[Impact]:
    """Returns the impacts as they are answered: with the derived condition, and every start filled in."""
    return [
        replace(i, stated=i.condition, started_at=i.started_at or outage.started_at) for i in outage.impacts
    ]


# What a list leaves out


def test_a_direction_that_is_not_listed_any_more_was_restored_now() -> None:
    """The contract: what is dropped was restored then; the other direction goes on as it was."""
    outage = updated(an_outage(IN, a_delay(direction=OUTBOUND)), NOON, a_delay(direction=OUTBOUND))
    assert times_of(outage) == {(INBOUND, (TEN, NOON)), (OUTBOUND, (TEN, None))}
    assert outage.active_impacts[0].condition is DELAY


def test_a_direction_left_out_stays_in_the_history_and_the_record() -> None:
    """R107: two hours of outage are worth money to a client."""
    outage = updated(an_outage(IN, a_delay(direction=OUTBOUND)), NOON, a_delay(direction=OUTBOUND))
    today = history_of([outage], ONE)[System.EDI][-1]
    assert (today.outage, today.delay) == (NOON - TEN, ONE - TEN)
    recorded = record_of(outage, (), None, now=ONE, calendar=LITERAL).impacts
    assert [(i.direction, i.condition, i.restored_at) for i in recorded] == [
        (OUTBOUND, DELAY, None),
        (INBOUND, OUTAGE, NOON),
    ]


@pytest.mark.parametrize(
    ("before", "listed", "after"),
    [
        pytest.param([IN], [OUT], {(OUTBOUND, (TEN, None))}, id="the-other-direction"),
        pytest.param([an_impact()], [IN], {(INBOUND, (TEN, None))}, id="both-narrowed"),
        pytest.param([IN, OUT], [an_impact()], {(BOTH, (TEN, None))}, id="two-made-one"),
        pytest.param([IN], [IN, OUT], {(INBOUND, (TEN, None)), (OUTBOUND, (TEN, None))}, id="one-joined"),
    ],
)
def test_a_direction_that_was_put_right_is_no_end(
    before: list[Impact], listed: list[Impact], after: set[tuple[Direction, Times]]
) -> None:
    """A change of direction is news of the same outage, not of a restoration."""
    assert times_of(updated(an_outage(*before), NOON, *listed)) == after


def test_a_direction_that_was_put_right_began_when_the_wrong_one_did() -> None:
    """Also where the right one, or both, had failed before and were back in between."""
    again = updated(updated(an_outage(an_impact(), SWI), ELEVEN, SWI), NOON, SWI, OUT)
    assert times_of(updated(again, ONE, SWI, IN)) == {(BOTH, (TEN, ELEVEN)), (INBOUND, (NOON, None))}
    late = an_outage(replace(OUT, started_at=ELEVEN), SWI, declared_at=ELEVEN, started_at=TEN)
    assert times_of(updated(late, NOON, SWI, IN)) == {(INBOUND, (ELEVEN, None))}


def test_a_direction_that_joins_one_that_goes_on_or_ends_takes_nothing_from_it() -> None:
    """Its own earlier time is over: it began again now."""
    again = updated(updated(an_outage(an_impact(), SWI), ELEVEN, SWI), NOON, SWI, OUT)
    joined = updated(again, ONE, SWI, OUT, IN)
    assert times_of(joined) == {
        (BOTH, (TEN, ELEVEN)),
        (OUTBOUND, (NOON, None)),
        (INBOUND, (ONE, None)),
    }
    taken_over = updated(again, ONE, SWI, ended(OUT, at("2026-11-26 12:30")), IN)
    assert times_of(taken_over) == {
        (BOTH, (TEN, ELEVEN)),
        (OUTBOUND, (NOON, at("2026-11-26 12:30"))),
        (INBOUND, (ONE, None)),
    }


def test_two_directions_made_one_began_with_the_first_of_them() -> None:
    """Neither loses what it has suffered."""
    outage = an_outage(replace(IN, started_at=TEN), OUT, declared_at=TEN, started_at=at("2026-11-26 09:00"))
    assert times_of(updated(outage, NOON, an_impact())) == {(BOTH, (at("2026-11-26 09:00"), None))}


@pytest.mark.parametrize(
    ("back", "left"), [(INBOUND, OUTBOUND), (OUTBOUND, INBOUND)], ids=["inbound-first", "outbound-first"]
)
def test_of_both_directions_the_one_that_nothing_is_said_of_was_restored_now(
    back: Direction, left: Direction
) -> None:
    """The list names one with its end, and leaves the other out."""
    outage = updated(an_outage(an_impact(), SWI), NOON, SWI, ended(an_impact(direction=back), ELEVEN))
    assert times_of(outage) == {(back, (TEN, ELEVEN)), (left, (TEN, NOON))}


@pytest.mark.parametrize(
    ("before", "listed"),
    [
        pytest.param([an_impact()], [ended(IN, ELEVEN), ended(OUT, ELEVEN)], id="both-told-apart"),
        pytest.param([IN, OUT], [ended(an_impact(), ELEVEN)], id="two-made-one"),
    ],
)
def test_where_all_directions_have_an_end_nothing_is_left_to_be_restored_now(
    before: list[Impact], listed: list[Impact]
) -> None:
    outage = updated(an_outage(*before, SWI), NOON, SWI, *listed)
    assert {times for _, times in times_of(outage)} == {(TEN, ELEVEN)}


def test_a_direction_taken_off_a_plan_stays_so_however_often_the_rest_is_listed() -> None:
    """R14: it was announced; before the start it was withdrawn, not restored."""
    planned = a_scheduled_outage(IN, OUT)
    smaller = updated(updated(planned, NOON, OUT), ONE, OUT)
    assert [(i.direction, i.restored_at) for i in smaller.impacts] == [(OUTBOUND, None), (INBOUND, NOON)]


# What is sent back as it was read


def test_a_delay_over_the_threshold_that_is_sent_back_stays_a_stated_delay() -> None:
    """R36: its condition is answered as what the figures make of it; to repeat that is no statement."""
    outage = an_outage(a_delay(behind_minutes=75))
    again = updated(outage, NOON, *answered(outage))
    assert [(i.stated, i.condition) for i in again.impacts] == [(DELAY, OUTAGE)]


def test_a_figure_that_falls_in_what_is_sent_back_makes_a_delay_again() -> None:
    """R36: both ways, and with it the cadence."""
    outage = an_outage(a_delay(behind_minutes=75))
    [read] = answered(outage)
    fallen = updated(outage, NOON, replace(read, behind=a_delay(behind_minutes=30).behind))
    assert fallen.condition is DELAY
    assert fallen.next_due_at == at("2026-11-26 16:00")


@pytest.mark.parametrize(
    ("known", "listed"),
    [
        pytest.param(a_delay(behind_minutes=75), an_impact(behind_minutes=75), id="stated-afresh"),
        pytest.param(a_delay(behind_minutes=75), an_impact(started_at=TEN), id="without-figures"),
        pytest.param(a_delay(), an_impact(behind_minutes=45, started_at=TEN), id="read-as-a-delay"),
        pytest.param(
            an_impact(behind_minutes=75),
            an_impact(behind_minutes=75, started_at=TEN),
            id="stated-before",
        ),
        pytest.param(
            a_delay(behind_minutes=75, direction=INBOUND),
            an_impact(direction=OUTBOUND, behind_minutes=75, started_at=TEN),
            id="another-direction",
        ),
    ],
)
def test_an_outage_that_is_stated_is_one(known: Impact, listed: Impact) -> None:
    """docs/decisions/0006: whatever minutes are given with it."""
    assert updated(an_outage(known), NOON, listed).active_impacts[0].stated is OUTAGE


# An end that was wrong

BACK_AT_TEN_PAST = updated(an_outage(an_impact(), SWI), TEN_PAST, SWI)


def test_an_end_on_record_can_be_put_right() -> None:
    """It takes the place of the one that was wrong, and the start on record stays."""
    later = updated(BACK_AT_TEN_PAST, NOON, SWI, ended(an_impact(), TWENTY_PAST))
    assert times_of(later) == {(BOTH, (TEN, TWENTY_PAST))}
    sooner = updated(BACK_AT_TEN_PAST, NOON, SWI, ended(an_impact(), ELEVEN))
    assert times_of(sooner) == {(BOTH, (TEN, ELEVEN))}


def test_an_end_put_right_in_what_was_read_changes_that_alone() -> None:
    swi, edi = answered(BACK_AT_TEN_PAST)
    after = updated(BACK_AT_TEN_PAST, NOON, swi, replace(edi, restored_at=TWENTY_PAST))
    assert times_of(after) == {(BOTH, (TEN, TWENTY_PAST))}
    assert times_of(after, System.SWI) == {(None, (TEN, None))}


def test_an_end_of_the_first_time_can_be_put_right_while_the_second_goes_on() -> None:
    again = updated(BACK_AT_TEN_PAST, NOON, SWI, an_impact())
    after = updated(again, ONE, SWI, an_impact(), ended(an_impact(), TWENTY_PAST))
    assert times_of(after) == {(BOTH, (TEN, TWENTY_PAST)), (BOTH, (NOON, None))}


def test_what_goes_on_since_later_than_a_listed_end_is_not_ended_by_it() -> None:
    """The second time is left out: it was restored now."""
    again = updated(BACK_AT_TEN_PAST, NOON, SWI, an_impact())
    after = updated(again, ONE, SWI, ended(an_impact(), TWENTY_PAST))
    assert times_of(after) == {(BOTH, (TEN, TWENTY_PAST)), (BOTH, (NOON, ONE))}


def test_a_second_time_that_is_over_already_says_when_it_began() -> None:
    """Nothing on record tells; what is assumed is named in the refusal."""
    first, second = ended(an_impact(), TEN_PAST), ended(an_impact(), at("2026-11-26 11:50"))
    with pytest.raises(InvalidAct, match="between its start, 2026-11-26T17:00:00") as refusal:
        updated(BACK_AT_TEN_PAST, NOON, SWI, first, second)
    assert (refusal.value.code, refusal.value.field) == ("impact_end", "impacts.2.restored_at")
    since = replace(second, started_at=at("2026-11-26 11:40"))
    after = updated(BACK_AT_TEN_PAST, NOON, SWI, first, since)
    assert times_of(after) == {
        (BOTH, (TEN, TEN_PAST)),
        (BOTH, (at("2026-11-26 11:40"), at("2026-11-26 11:50"))),
    }


def test_a_second_time_beside_the_first_leaves_the_first_as_it_is() -> None:
    """A start of its own makes it another failure, though the first is not listed again."""
    second = ended(an_impact(), at("2026-11-26 11:50"), since=at("2026-11-26 11:40"))
    after = updated(BACK_AT_TEN_PAST, NOON, SWI, second)
    assert len(times_of(after)) == 2


def test_an_end_on_record_that_is_listed_too_stays() -> None:
    """Another end beside it does not take its place."""
    as_it_was, longer = ended(an_impact(), TEN_PAST), ended(an_impact(), TWENTY_PAST, since=TEN)
    after = updated(BACK_AT_TEN_PAST, NOON, SWI, as_it_was, longer)
    assert times_of(after) == {(BOTH, (TEN, TEN_PAST)), (BOTH, (TEN, TWENTY_PAST))}


def test_the_last_of_several_ends_is_put_right() -> None:
    """Of two times that are over, the one that had begun by then; of the others nothing changes."""
    twice = updated(updated(BACK_AT_TEN_PAST, NOON, SWI, an_impact()), ONE, SWI)
    half_past = at("2026-11-26 12:30")
    after = updated(twice, ONE, SWI, ended(an_impact(), half_past))
    assert times_of(after) == {(BOTH, (TEN, TEN_PAST)), (BOTH, (NOON, half_past))}


def test_an_end_before_the_start_on_record_is_refused() -> None:
    """An end before its start must be impossible."""
    late = an_outage(an_impact(started_at=TEN), SWI, declared_at=TEN, started_at=at("2026-11-26 09:00"))
    with invalid("impact_end", "impacts.1.restored_at"):
        updated(late, NOON, SWI, ended(an_impact(), at("2026-11-26 09:59")))
    over = updated(late, TEN_PAST, SWI)
    with invalid("impact_end", "impacts.1.restored_at"):
        updated(over, NOON, SWI, ended(an_impact(), at("2026-11-26 09:59")))


# Whatever is listed, in any order


def told_in_turn(lists: list[list[Impact]]) -> tuple[Outage, datetime]:
    """Returns an outage after those updates that were allowed, an hour apart, and when the last was given."""
    outage, now = an_outage(), TEN
    for listed in lists:
        try:
            outage, now = updated(outage, now + timedelta(hours=1), *listed), now + timedelta(hours=1)
        except RuleError:
            continue
    return outage, now


@settings(max_examples=300, deadline=None)
@given(lists=st.lists(some_impacts, max_size=5), last=some_impacts)
def test_no_list_without_times_takes_an_hour_from_the_history(
    lists: list[list[Impact]], last: list[Impact]
) -> None:
    """Whatever was told of a system before the update is told of it after."""
    before, _ = told_in_turn(lists)
    after, now = told_in_turn([*lists, last])

    def suffered(outage: Outage, system: System) -> timedelta:
        marked = replace(outage, impacts=tuple(replace(i, stated=OUTAGE) for i in outage.impacts))
        return history_of([marked], now)[system][-1].outage

    for system in System:
        assert suffered(after, system) >= suffered(before, system)


@settings(max_examples=300, deadline=None)
@given(lists=st.lists(some_impacts, max_size=5))
def test_what_was_answered_changes_nothing_when_it_is_sent_back(lists: list[list[Impact]]) -> None:
    """Conditions that figures make, starts, ends: all are as they were."""
    outage, now = told_in_turn(lists)
    again = updated(outage, now + timedelta(minutes=30), *answered(outage))

    def filled(one: Outage) -> set[Impact]:
        return {replace(i, started_at=i.started_at or one.started_at) for i in one.impacts}

    assert filled(again) == filled(outage)
