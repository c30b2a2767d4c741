"""Which impacts an outage may have, and what an update's complete list does to them (R14, R34–R43)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from outage_service.domain import lifecycle
from outage_service.domain.errors import InvalidAct
from outage_service.domain.lifecycle import News
from outage_service.domain.outages import Impact, Outage
from outage_service.domain.systems import Condition, Direction, System
from tests.builders import (
    LITERAL,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    updated,
)

BOTH, INBOUND, OUTBOUND = Direction.BOTH, Direction.INBOUND, Direction.OUTBOUND
NINE, NOON = at("2026-11-26 09:00"), at("2026-11-26 12:00")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("system", [System.EDI, System.EMANIFEST, System.CERS], ids=str)
def test_a_direction_left_out_is_both_where_the_system_has_directions(system: System) -> None:
    """The contract's default."""
    assert an_outage(an_impact(system)).impacts[0].direction is BOTH
    assert an_outage(an_impact(system, OUTBOUND)).impacts[0].direction is OUTBOUND


@pytest.mark.parametrize("system", [System.CCP, System.CAD_API, System.SWI], ids=str)
def test_a_system_without_directions_has_none_and_refuses_one(system: System) -> None:
    """R42, R43: a 422, answered as null."""
    assert an_outage(an_impact(system)).impacts[0].direction is None
    with pytest.raises(InvalidAct) as refusal:
        an_outage(an_impact(), an_impact(system, BOTH))
    assert (refusal.value.code, refusal.value.field) == ("no_direction", "impacts.1.direction")


def test_an_outage_without_systems_is_refused() -> None:
    """R4"""
    with pytest.raises(InvalidAct) as refusal:
        lifecycle.update(an_outage(), News(impacts=()), now=NOON, calendar=LITERAL)
    assert (refusal.value.code, refusal.value.field) == ("no_impacts", "impacts")


@pytest.mark.parametrize(
    "repeated",
    [
        pytest.param([an_impact(System.CCP), an_impact(System.CCP)], id="without-directions"),
        pytest.param([an_impact(direction=BOTH), an_impact(direction=INBOUND)], id="both-and-inbound"),
        pytest.param([an_impact(), an_impact(direction=INBOUND)], id="default-and-inbound"),
        pytest.param([an_impact(direction=INBOUND), a_delay(direction=INBOUND)], id="outage-and-delay"),
    ],
)
def test_a_system_and_direction_named_twice_is_refused(repeated: list[Impact]) -> None:
    """Two statements about one thing could contradict each other."""
    with pytest.raises(InvalidAct) as refusal:
        an_outage(an_impact(System.CERS), *repeated)
    assert (refusal.value.code, refusal.value.field) == ("repeated_system", "impacts.2")


def test_the_two_directions_of_a_system_are_two_impacts() -> None:
    """R38, R39: one may be out while the other is late."""
    outage = an_outage(an_impact(direction=INBOUND), a_delay(direction=OUTBOUND))
    assert [(i.direction, i.condition) for i in outage.impacts] == [
        (INBOUND, Condition.OUTAGE),
        (OUTBOUND, Condition.DELAY),
    ]


@pytest.mark.parametrize(
    ("impact", "code", "field"),
    [
        pytest.param(a_delay(), "scheduled_delay", "condition", id="delay"),
        pytest.param(an_impact(behind_minutes=5), "scheduled_delay", "behind_minutes", id="figure"),
        pytest.param(an_impact(started_at=NINE), "scheduled_start", "started_at", id="own-start"),
        pytest.param(replace(an_impact(), restored_at=NINE), "scheduled_end", "restored_at", id="own-end"),
    ],
)
def test_a_scheduled_impact_is_always_an_outage_of_the_window(impact: Impact, code: str, field: str) -> None:
    """Section 2: scheduled impacts are always outages."""
    with pytest.raises(InvalidAct) as announced:
        a_scheduled_outage(an_impact(System.CERS), impact)
    with pytest.raises(InvalidAct) as told:
        updated(a_scheduled_outage(), NOON, an_impact(System.CERS), impact)
    for refusal in (announced.value, told.value):
        assert (refusal.code, refusal.field) == (code, f"impacts.1.{field}")


@pytest.mark.parametrize(
    "started_at",
    [pytest.param(at("2026-11-26 08:59"), id="before-the-outage"), pytest.param(NOON, id="in-the-future")],
)
def test_a_system_starts_within_its_outage(started_at: datetime) -> None:
    """An end before a start must be impossible, and so must a part before the whole."""
    wrong = an_impact(System.CERS, started_at=started_at)
    with pytest.raises(InvalidAct) as declared:
        an_outage(an_impact(), wrong, started_at=NINE)
    with pytest.raises(InvalidAct) as told:
        updated(an_outage(started_at=NINE), NOON - MINUTE, an_impact(), wrong)
    for refusal in (declared.value, told.value):
        assert (refusal.code, refusal.field) == ("impact_start", "impacts.1.started_at")


@pytest.mark.parametrize("started_at", [NINE, THURSDAY_10H], ids=["outage-s-start", "now"])
def test_a_system_may_start_with_its_outage_or_now(started_at: datetime) -> None:
    """Both ends are included."""
    outage = an_outage(an_impact(started_at=started_at), started_at=NINE)
    assert outage.impacts[0].started_at == started_at


def test_a_system_may_have_a_start_of_its_own() -> None:
    """Each system has its start; without one it is the outage's."""
    later = at("2026-11-26 09:30")
    outage = an_outage(an_impact(), an_impact(System.CERS, started_at=later), started_at=NINE)
    assert [impact.started_at for impact in outage.impacts] == [None, later]


def test_a_system_that_is_not_listed_any_more_was_restored_then_and_is_kept() -> None:
    """R14: whoever heard of it also hears of the end."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), at("2026-11-26 12:00:40"), an_impact())
    assert [(i.system, i.restored_at) for i in outage.impacts] == [(System.EDI, None), (System.CERS, NOON)]
    assert [i.system for i in outage.active_impacts] == [System.EDI]
    assert outage.systems_ever == (System.EDI, System.CERS)


def test_a_restored_system_keeps_its_time_through_later_updates() -> None:
    """The first time it was dropped counts."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), NOON, an_impact())
    again = updated(outage, at("2026-11-26 13:00"), an_impact(), an_impact(System.SWI))
    assert {i.system: i.restored_at for i in again.impacts} == {"edi": None, "swi": None, "cers": NOON}


def test_a_restored_system_that_fails_again_is_listed_beside_its_first_time() -> None:
    """Both its times are facts, and it did not last from the outage's start again."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), NOON, an_impact())
    again = updated(outage, at("2026-11-26 13:00:20"), an_impact(), an_impact(System.CERS, INBOUND))
    assert [(i.system, i.started_at, i.restored_at) for i in again.impacts] == [
        (System.EDI, None, None),
        (System.CERS, at("2026-11-26 13:00"), None),
        (System.CERS, None, NOON),
    ]


def test_a_system_that_fails_again_may_say_since_when() -> None:
    """What is given wins over what is assumed."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), NOON, an_impact())
    since = at("2026-11-26 12:45")
    again = updated(outage, at("2026-11-26 13:00"), an_impact(), an_impact(System.CERS, started_at=since))
    assert again.impacts[1].started_at == since


def test_a_system_that_fails_again_in_the_minute_it_was_dropped_does_not_begin_before_its_end() -> None:
    """Its end was moved to its start, which that minute's beginning precedes."""
    start = at("2026-11-26 10:00:30")
    outage = an_outage(an_impact(), an_impact(System.CERS), declared_at=start, started_at=start)
    dropped = updated(outage, at("2026-11-26 10:00:40"), an_impact())
    again = updated(dropped, at("2026-11-26 10:00:50"), an_impact(), an_impact(System.CERS))
    assert again.impacts[1].started_at == start


def test_a_system_taken_off_and_put_back_before_a_planned_start_never_was_away() -> None:
    """It is listed once, for the window."""
    planned = a_scheduled_outage(an_impact(), an_impact(System.CERS))
    without = updated(planned, NOON, an_impact())
    assert [i.restored_at for i in without.impacts] == [None, NOON]
    again = updated(without, at("2026-11-26 13:00"), an_impact(), an_impact(System.CERS))
    assert again.impacts == planned.impacts


def test_a_system_dropped_in_the_minute_of_its_start_does_not_end_before_it() -> None:
    """An end before its start must be impossible."""
    start = at("2026-11-26 10:00:30")
    outage = an_outage(an_impact(), an_impact(System.CERS), declared_at=start, started_at=start)
    for now in (start, at("2026-11-26 10:00:50")):
        assert updated(outage, now, an_impact()).impacts[1].restored_at == start


@pytest.mark.parametrize(
    ("before", "after"), [(BOTH, INBOUND), (INBOUND, BOTH), (OUTBOUND, OUTBOUND), (None, OUTBOUND)]
)
def test_a_listed_system_keeps_the_start_it_had(before: Direction | None, after: Direction) -> None:
    """News of a direction is no new start."""
    own = at("2026-11-26 09:30")
    outage = an_outage(an_impact(direction=before, started_at=own), started_at=NINE)
    assert updated(outage, NOON, an_impact(direction=after)).impacts[0].started_at == own


def test_an_update_may_correct_a_system_s_start() -> None:
    """What is given wins over what was known."""
    outage = an_outage(an_impact(started_at=at("2026-11-26 09:30")), started_at=NINE)
    told = updated(outage, NOON, an_impact(started_at=at("2026-11-26 09:45")))
    assert told.impacts[0].started_at == at("2026-11-26 09:45")


def test_a_system_that_joins_has_the_outage_s_start_unless_told_otherwise() -> None:
    """The contract: an impact's start defaults to the outage's."""
    joined = updated(an_outage(), NOON, an_impact(), an_impact(System.CERS))
    assert joined.impacts[1].started_at is None
    assert joined.started_at == THURSDAY_10H


def test_a_system_that_joins_as_another_goes_takes_no_start_from_it() -> None:
    """The start that a client reads is that of the system it is printed beside."""
    gone = an_impact(System.CERS, started_at=at("2026-11-26 09:30"))
    outage = an_outage(an_impact(), gone, started_at=NINE)
    told = updated(outage, NOON, an_impact(), an_impact(System.SWI))
    assert [(i.system, i.started_at) for i in told.active_impacts] == [(System.EDI, None), (System.SWI, None)]


def test_an_update_without_a_list_leaves_the_systems_alone() -> None:
    """The list is the complete new one, or none."""
    outage = an_outage(an_impact(), an_impact(System.CERS))
    assert updated(outage, NOON).impacts == outage.impacts


def ended(impact: Impact, restored_at: datetime) -> Impact:
    """Returns the impact as one that is over."""
    return replace(impact, restored_at=restored_at)


def test_an_update_may_say_since_when_a_system_works_again() -> None:
    """The contract: an impact's end is the outage's by default, not always; its start is kept."""
    own, back = at("2026-11-26 09:30"), at("2026-11-26 11:20")
    outage = an_outage(an_impact(), an_impact(System.CERS, started_at=own), started_at=NINE)
    told = updated(outage, NOON, an_impact(), ended(an_impact(System.CERS), back))
    assert [(i.system, i.started_at, i.restored_at) for i in told.impacts] == [
        (System.EDI, None, None),
        (System.CERS, own, back),
    ]
    assert told.systems_ever == (System.EDI, System.CERS)


def test_the_end_of_one_system_leaves_that_of_another_on_record() -> None:
    """R14: both failed with the outage, and each was back at a time of its own."""
    eleven, back = at("2026-11-26 11:00"), at("2026-11-26 11:45")
    outage = an_outage(an_impact(), an_impact(System.CERS), an_impact(System.SWI))
    without_cers = updated(outage, eleven, an_impact(), an_impact(System.SWI))
    told = updated(without_cers, NOON, an_impact(), ended(an_impact(System.SWI), back))
    assert {i.system: i.restored_at for i in told.impacts} == {"edi": None, "cers": eleven, "swi": back}


def test_one_direction_may_be_back_while_the_other_is_not() -> None:
    """R38, R39: what was both is told apart, and both parts began when it did."""
    own, back = at("2026-11-26 09:30"), at("2026-11-26 11:20")
    outage = an_outage(an_impact(started_at=own), started_at=NINE)
    told = updated(outage, NOON, ended(an_impact(direction=INBOUND), back), an_impact(direction=OUTBOUND))
    assert [(i.direction, i.started_at, i.restored_at) for i in told.impacts] == [
        (INBOUND, own, back),
        (OUTBOUND, own, None),
    ]


def test_a_direction_left_out_beside_one_that_is_back_was_restored_now() -> None:
    """The list is the complete new one: nothing that was told of vanishes from the record."""
    outage = an_outage(an_impact(direction=INBOUND), an_impact(direction=OUTBOUND), an_impact(System.SWI))
    told = updated(outage, NOON, an_impact(System.SWI), ended(an_impact(direction=INBOUND), THURSDAY_10H))
    assert {(i.system, i.direction): i.restored_at for i in told.impacts} == {
        (System.SWI, None): None,
        (System.EDI, INBOUND): THURSDAY_10H,
        (System.EDI, OUTBOUND): NOON,
    }


def test_to_list_the_record_as_it_was_read_changes_nothing() -> None:
    """Whoever sends back what they were answered, with one thing changed, changes that one thing."""
    dropped = updated(an_outage(an_impact(), an_impact(System.CERS)), NOON, an_impact())
    again = updated(dropped, at("2026-11-26 13:00"), an_impact(), an_impact(System.CERS))
    shown = [replace(i, started_at=i.started_at or again.started_at) for i in again.impacts]
    repeated = updated(again, at("2026-11-26 14:00"), *shown)
    assert [replace(i, started_at=i.started_at or again.started_at) for i in repeated.impacts] == shown


BEFORE_START, IN_WINDOW = at("2026-11-27 09:00"), at("2026-11-29 03:00")


def answered(outage: Outage) -> list[Impact]:
    """Returns the impacts as they are answered: every start is filled in."""
    return [replace(i, started_at=i.started_at or outage.started_at) for i in outage.impacts]


@pytest.mark.parametrize("now", [BEFORE_START, IN_WINDOW], ids=["before the start", "in the window"])
def test_to_list_what_was_read_of_a_scheduled_outage_changes_nothing(now: datetime) -> None:
    """Also a system that an earlier update took off, and one that was put back."""
    outage = a_scheduled_outage(*(an_impact(system) for system in (System.EDI, System.CERS, System.SWI)))
    outage = updated(outage, now, an_impact(), an_impact(System.SWI))
    outage = updated(outage, now + timedelta(minutes=30), an_impact())
    outage = updated(outage, now + timedelta(minutes=60), an_impact(), an_impact(System.CERS))
    repeated = updated(outage, now + timedelta(minutes=90), *answered(outage))
    assert repeated.impacts == outage.impacts


def test_a_scheduled_system_listed_with_the_start_that_was_read_moves_with_the_window() -> None:
    """R17: a scheduled impact has the times of the window."""
    outage = a_scheduled_outage()
    moved = updated(outage, NOON, *answered(outage), start=at("2026-11-29 03:00"))
    assert [impact.started_at for impact in moved.impacts] == [None]


def test_a_start_is_only_known_of_the_system_that_has_it() -> None:
    """A system that was put back began again: the window's start is not its own, and is taken as told."""
    outage = updated(a_scheduled_outage(an_impact(), an_impact(System.CERS)), IN_WINDOW, an_impact())
    outage = updated(outage, at("2026-11-29 04:00"), an_impact(), an_impact(System.CERS))
    told = an_impact(System.CERS, started_at=outage.started_at)
    outage = updated(outage, at("2026-11-29 05:00"), an_impact(), told)
    assert [impact.started_at for impact in outage.active_impacts] == [None, outage.started_at]


@pytest.mark.parametrize(
    ("started_at", "restored_at"),
    [
        pytest.param(None, at("2026-11-26 08:59"), id="before-the-outage"),
        pytest.param(at("2026-11-26 09:45"), at("2026-11-26 09:44"), id="before-its-start"),
        pytest.param(None, NOON, id="in-the-future"),
    ],
)
def test_a_system_ends_between_its_start_and_now(started_at: datetime | None, restored_at: datetime) -> None:
    """An end before its start must be impossible."""
    over = ended(an_impact(System.CERS, started_at=started_at), restored_at)
    with pytest.raises(InvalidAct) as refusal:
        an_outage(an_impact(), over, started_at=NINE)
    assert (refusal.value.code, refusal.value.field) == ("impact_end", "impacts.1.restored_at")


def test_a_system_does_not_end_before_the_start_that_is_known_of_it() -> None:
    """The start that an update leaves out counts as well."""
    outage = an_outage(
        an_impact(), an_impact(System.CERS, started_at=at("2026-11-26 09:30")), started_at=NINE
    )
    with pytest.raises(InvalidAct) as refusal:
        updated(outage, NOON, an_impact(), ended(an_impact(System.CERS), at("2026-11-26 09:29")))
    assert (refusal.value.code, refusal.value.field) == ("impact_end", "impacts.1.restored_at")


def test_a_list_in_which_nothing_is_left_to_restore_is_refused() -> None:
    """R10: an outage ends with its resolved bulletin only."""
    with pytest.raises(InvalidAct) as refusal:
        updated(an_outage(), NOON, ended(an_impact(), THURSDAY_10H))
    assert (refusal.value.code, refusal.value.field) == ("all_restored", "impacts")


def test_an_end_named_twice_is_refused() -> None:
    """As with what is still out: one statement about one thing."""
    over = ended(an_impact(System.CERS, INBOUND), THURSDAY_10H)
    with pytest.raises(InvalidAct) as refusal:
        updated(an_outage(), NOON, an_impact(), over, replace(over, direction=BOTH))
    assert (refusal.value.code, refusal.value.field) == ("repeated_system", "impacts.2")
