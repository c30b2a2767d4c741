"""Outages as rows: what goes in comes out, and what is due, open or over is found."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.systems import Condition, Direction, InternalSystem, System
from outage_service.storage import outages
from outage_service.storage.database import Database
from outage_service.storage.outages import HELD_AT_MOST
from outage_service.storage.schema import outage
from outage_service.storage.state import state_version
from tests.builders import (
    SUNDAY_2H,
    SUNDAY_6H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    resolved,
    revoked,
    updated,
)
from tests.storage.rows import a_stored_outage

NOON = at("2026-11-26 12:00")
MONDAY = at("2026-11-30 09:00")
MINUTE = timedelta(minutes=1)


def kept(db: Database, wanted: Outage) -> Outage:
    """Returns an outage after it was stored and read."""
    outage_id = db.write(lambda tx: a_stored_outage(tx, wanted)).id
    with db.read() as tx:
        found = outages.find_outage(tx, outage_id)
    assert found is not None
    return found


def save(db: Database, changed: Outage, now: datetime = NOON) -> None:
    db.write(lambda tx: outages.save_outage(tx, changed, now=now))


@pytest.mark.parametrize(
    "wanted",
    [
        an_outage(),
        an_outage(a_delay(behind_minutes=61), an_impact(System.CCP), internal_systems=[InternalSystem.CIP]),
        an_outage(
            an_impact(System.EMANIFEST, Direction.INBOUND, started_at=THURSDAY_10H),
            started_at=at("2026-11-26 09:30"),
        ),
        updated(an_outage(), NOON, an_impact(System.CERS), identified=True, estimate=NOON + 60 * MINUTE),
        a_scheduled_outage(),
        updated(a_scheduled_outage(), NOON, end=SUNDAY_6H + 60 * MINUTE),
        cancelled(a_scheduled_outage(), NOON),
        resolved(an_outage(), NOON, remains_in_effect=True),
        revoked(resolved(an_outage(), NOON, remains_in_effect=True), NOON + 30 * MINUTE),
    ],
    ids=[
        "plain", "figures and internal systems", "own start", "dropped system and estimate", "scheduled",
        "moved", "cancelled", "procedures remain", "procedures revoked",
    ],
)  # fmt: skip
def test_an_outage_comes_back_as_it_was(db: Database, wanted: Outage) -> None:
    """Every field, also those only some states have."""
    found = kept(db, wanted)
    assert found == replace(wanted, id=found.id)


def test_a_saved_outage_replaces_what_was_there(db: Database) -> None:
    """Impacts too: a shorter list leaves none of the longer one."""
    first = kept(db, an_outage(an_impact(System.EDI), an_impact(System.CERS)))
    changed = updated(first, NOON, an_impact(System.EDI))
    assert [impact.is_active for impact in changed.impacts] == [True, False]
    save(db, changed)
    with db.read() as tx:
        assert outages.find_outage(tx, first.id) == changed


def test_figures_are_kept_to_the_second(db: Database) -> None:
    """Decided: `behind` is stored in seconds; 60:01 is an outage, 60:00 is none."""
    over, at_limit = a_delay(behind_minutes=60 + 1 / 60), a_delay(System.CERS, behind_minutes=60)
    found = kept(db, an_outage(over, at_limit))
    assert [impact.condition for impact in found.impacts] == [Condition.OUTAGE, Condition.DELAY]
    assert found.impacts[0].behind == timedelta(seconds=3601)


def test_an_outage_that_is_not_there_is_none(db: Database) -> None:
    """Whether it is asked for with a lock or without."""
    with db.read() as tx:
        assert outages.find_outage(tx, 77) is None
    assert db.write(lambda tx: outages.find_outage(tx, 77, lock=True)) is None


def test_a_due_outage_is_found_until_its_slot_is_settled(db: Database) -> None:
    """At the due time itself it is due; the longest due comes first."""
    later = kept(db, an_outage(declared_at=THURSDAY_10H + MINUTE, number="TCC26-0002"))
    first = kept(db, an_outage())
    assert first.next_due_at == NOON

    def due(now: datetime) -> list[int]:
        with db.read() as tx:
            return outages.due_outages(tx, now=now, limit=10)

    assert due(NOON - MINUTE) == []
    assert due(NOON) == [first.id]
    assert due(NOON + MINUTE) == [first.id, later.id]
    save(db, replace(first, next_due_at=NOON + 120 * MINUTE))
    assert due(NOON + MINUTE) == [later.id]
    with db.read() as tx:
        assert outages.due_outages(tx, now=MONDAY, limit=1) == [later.id]
        assert outages.next_due_at(tx) == NOON + MINUTE


def test_a_due_outage_is_locked_for_one_only(postgres_db: Database) -> None:
    """P1: another process looks elsewhere instead of waiting; the row's state is checked under the lock."""
    due = kept(postgres_db, an_outage())

    def first(tx: Connection) -> object:
        assert outages.lock_due_outage(tx, due.id, now=NOON) == due
        return postgres_db.write(lambda other: outages.lock_due_outage(other, due.id, now=NOON))

    assert postgres_db.write(first) is None
    assert postgres_db.write(lambda tx: outages.lock_due_outage(tx, due.id, now=NOON - MINUTE)) is None


def test_a_held_outage_is_left_alone_for_a_while(db: Database) -> None:
    """One that cannot be issued does not keep the clock busy; its due time stays."""
    held = kept(db, an_outage())
    db.write(lambda tx: outages.hold_outage(tx, held.id, until=NOON + MINUTE))
    with db.read() as tx:
        assert outages.due_outages(tx, now=NOON, limit=10) == []
        assert outages.due_outages(tx, now=NOON + MINUTE, limit=10) == [held.id]
    save(db, held)
    with db.read() as tx:
        assert outages.due_outages(tx, now=NOON, limit=10) == [held.id]


def test_a_hold_made_by_a_clock_far_ahead_holds_nothing(db: Database) -> None:
    """P5: set back by a day, the clock must not leave the outage alone for that day."""
    held = kept(db, an_outage())
    db.write(lambda tx: outages.hold_outage(tx, held.id, until=NOON + HELD_AT_MOST + MINUTE))
    with db.read() as tx:
        assert outages.due_outages(tx, now=NOON, limit=10) == [held.id]


def test_a_due_time_is_moved_only_while_it_is_the_one_seen(db: Database) -> None:
    """Another process may have issued it meanwhile."""
    one = kept(db, an_outage())
    eight = at("2026-11-27 08:00")
    assert db.write(lambda tx: outages.retime_outage(tx, one.id, seen=NOON, to=eight))
    assert not db.write(lambda tx: outages.retime_outage(tx, one.id, seen=NOON, to=None))
    with db.read() as tx:
        assert outages.next_due_at(tx) == eight


def test_the_public_hears_of_every_change(db: Database) -> None:
    """P21: whoever serves the prepared pages sees the version grow, with each commit and only then."""

    def version() -> int:
        with db.read() as tx:
            return state_version(tx)

    one = kept(db, an_outage())
    seen = [version()]
    save(db, one)
    seen.append(version())
    db.write(lambda tx: outages.retime_outage(tx, one.id, seen=NOON, to=None))
    seen.append(version())
    assert seen == sorted(set(seen))
    db.write(lambda tx: outages.retime_outage(tx, one.id, seen=NOON, to=None))
    db.write(lambda tx: outages.hold_outage(tx, one.id, until=NOON))
    assert version() == seen[-1]


def test_what_is_open_or_still_in_effect_is_found(db: Database) -> None:
    """R6: procedures may outlive the outage; a closed one without them is of no concern any more."""
    stored = [
        kept(db, an_outage(number="TCC26-0001")),
        kept(db, a_scheduled_outage(number="TCC26-0002")),
        kept(db, resolved(an_outage(number="TCC26-0003"), NOON)),
        kept(db, resolved(an_outage(number="TCC26-0004"), NOON, remains_in_effect=True)),
        kept(db, cancelled(a_scheduled_outage(number="TCC26-0005"), NOON)),
        kept(db, revoked(resolved(an_outage(number="TCC26-0006"), NOON, remains_in_effect=True), NOON)),
    ]
    with db.read() as tx:
        assert outages.unclosed_outages(tx) == stored[:2]
        assert outages.outages_in_effect(tx) == [*stored[:2], stored[3]]


def test_an_overrun_is_found_until_somebody_was_told(db: Database) -> None:
    """R17: once, whoever notices first."""
    planned = kept(db, a_scheduled_outage())
    kept(db, cancelled(a_scheduled_outage(number="TCC26-0002"), NOON))
    kept(db, an_outage(number="TCC26-0003"))

    def found(before: datetime) -> list[tuple[int, str]]:
        with db.read() as tx:
            return outages.overrun_candidates(tx, planned_end_before=before)

    assert found(SUNDAY_6H - MINUTE) == []
    assert found(SUNDAY_6H) == [(planned.id, planned.number)]
    assert db.write(lambda tx: outages.mark_overrun_alerted(tx, planned.id, now=SUNDAY_6H))
    assert not db.write(lambda tx: outages.mark_overrun_alerted(tx, planned.id, now=SUNDAY_6H))
    assert found(SUNDAY_6H) == []


def test_relapses_are_found_by_what_they_return_from(db: Database) -> None:
    """Both bulletins link to each other."""
    first = kept(db, resolved(an_outage(), NOON))
    again = kept(db, an_outage(relapse_of=first.id, number="TCC26-0002"))
    with db.read() as tx:
        assert outages.relapses_of(tx, first.id) == [(again.id, "TCC26-0002")]
        assert outages.relapses_of(tx, again.id) == []


LIVES = {
    "unscheduled": an_outage(),
    "scheduled": a_scheduled_outage(),
    "resolved": resolved(an_outage(), NOON),
    "resolved early": resolved(a_scheduled_outage(), SUNDAY_2H + MINUTE),
    "cancelled": cancelled(a_scheduled_outage(), NOON),
    "revoked": revoked(resolved(an_outage(), NOON, remains_in_effect=True), NOON),
}
INSTANTS = [
    THURSDAY_10H, SUNDAY_2H - MINUTE, SUNDAY_2H, SUNDAY_6H, SUNDAY_6H + 14 * MINUTE, SUNDAY_6H + 15 * MINUTE,
]  # fmt: skip


@pytest.mark.parametrize("now", INSTANTS, ids=str)
def test_listing_by_state_agrees_with_the_rule(db: Database, now: datetime) -> None:
    """R17: the state follows the clock; the query must say of each row what `state_at` says."""
    stored = [
        kept(db, replace(life, number=f"TCC26-{number:04}")) for number, life in enumerate(LIVES.values(), 1)
    ]
    for state in OutageState:
        with db.read() as tx:
            found = outages.list_outages(tx, before_id=None, limit=50, now=now, states=[state])
        assert {one.id for one in found} == {one.id for one in stored if one.state_at(now) is state}, state


def test_outages_are_listed_newest_first_in_pages(db: Database) -> None:
    """The cursor is the last id of the page before."""
    stored = [kept(db, an_outage(number=f"TCC26-{number:04}")) for number in range(1, 6)]

    def page(before_id: int | None) -> list[int]:
        with db.read() as tx:
            found = outages.list_outages(tx, before_id=before_id, limit=2, now=NOON)
        return [one.id for one in found]

    assert page(None) == [stored[4].id, stored[3].id]
    assert page(stored[3].id) == [stored[2].id, stored[1].id]
    assert page(stored[1].id) == [stored[0].id]
    assert page(stored[0].id) == []


def test_outages_are_listed_by_any_system_they_ever_had(db: Database) -> None:
    """Dropped ones too: whoever heard of it looks for it."""
    both = kept(db, an_outage(an_impact(System.EDI), an_impact(System.CERS)))
    save(db, updated(both, NOON, an_impact(System.EDI)))
    portal = kept(db, an_outage(an_impact(System.CCP), number="TCC26-0002"))

    def of(*systems: System) -> set[int]:
        with db.read() as tx:
            return {
                o.id for o in outages.list_outages(tx, before_id=None, limit=9, now=NOON, systems=systems)
            }

    assert of(System.CERS) == {both.id}
    assert of(System.CERS, System.CCP) == {both.id, portal.id}
    assert of(System.SWI) == set()
    assert of() == {both.id, portal.id}


def test_outages_are_listed_by_their_last_change(db: Database) -> None:
    """At or after the instant."""
    first = kept(db, an_outage())
    second = kept(db, an_outage(number="TCC26-0002"))
    save(db, second, now=NOON)

    def since(instant: datetime) -> set[int]:
        with db.read() as tx:
            found = outages.list_outages(tx, before_id=None, limit=9, now=NOON, since=instant)
        return {one.id for one in found}

    assert since(THURSDAY_10H) == {first.id, second.id}
    assert since(NOON) == {second.id}
    assert since(NOON + MINUTE) == set()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(0, 10_080 * 60), system=st.sampled_from([System.EDI, System.EMANIFEST]))
def test_no_figure_changes_the_condition_by_being_stored(
    sqlite_memory: Database, minutes: int, system: System
) -> None:
    """R34, R35: to the second, on either side of the threshold."""
    impact = replace(a_delay(system), behind=timedelta(seconds=minutes))

    def round_trip(tx: Connection) -> Outage:
        tx.execute(update(outage).values(number=outage.c.id))
        stored = a_stored_outage(tx, an_outage(impact))
        found = outages.find_outage(tx, stored.id)
        assert found is not None
        return found

    found = sqlite_memory.write(round_trip)
    assert found.condition is an_outage(impact).condition
    with sqlite_memory.read() as tx:
        assert tx.execute(select(outage.c.kinds_ever).where(outage.c.id == found.id)).scalar_one() > 0
