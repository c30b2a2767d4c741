"""The record of an outage: what it was, with every time filled in (R107)."""

from datetime import datetime

import pytest

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.records import ChainPosition, RecordedBulletin, RecordedImpact, record_of
from outage_service.domain.systems import Condition, Direction, System
from tests.builders import (
    LITERAL,
    SUNDAY_2H,
    SUNDAY_6H,
    THURSDAY_10H,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    extended,
    resolved,
    updated,
)

NOON, TWENTY = at("2026-11-26 12:00"), at("2026-11-26 20:00")


def test_a_record_has_the_times_of_every_system_and_what_is_in_force() -> None:
    declared = an_outage(an_impact(System.EDI), an_impact(System.SWI))
    eleven = at("2026-11-26 11:00")
    over = resolved(updated(declared, eleven, an_impact(System.EDI)), NOON)
    bulletins = (RecordedBulletin(1, BulletinKind.INITIAL, THURSDAY_10H),)
    chained = ChainPosition(7, "d" * 64)
    outage = extended(over, NOON, paper=TWENTY)
    record = record_of(outage, bulletins, chained, now=TWENTY, calendar=LITERAL)
    assert record.impacts == (
        RecordedImpact(System.EDI, Direction.BOTH, Condition.OUTAGE, THURSDAY_10H, NOON),
        RecordedImpact(System.SWI, None, Condition.OUTAGE, THURSDAY_10H, eleven),
    )
    assert (record.state, record.sequence, record.as_of) == (OutageState.RESOLVED, 4, TWENTY)
    assert (record.deadlines, record.reliefs) == (
        outage.deadlines_at(TWENTY, LITERAL),
        outage.reliefs_at(TWENTY, LITERAL),
    )
    assert (record.bulletins, record.chained) == (bulletins, chained)


def test_a_system_taken_off_a_planned_outage_before_its_start_was_withdrawn() -> None:
    planned = a_scheduled_outage(an_impact(System.EDI), an_impact(System.CERS))
    smaller = updated(planned, NOON, an_impact(System.EDI))
    for outage in (smaller, resolved(smaller, SUNDAY_6H)):
        record = record_of(outage, (), None, now=SUNDAY_6H, calendar=LITERAL)
        assert {each.system: each.was_withdrawn for each in record.impacts} == {
            System.EDI: False,
            System.CERS: True,
        }


def test_a_system_that_failed_later_has_its_own_start_on_record() -> None:
    """R107: a client relies on when the system failed that it uses."""
    eleven = at("2026-11-26 11:00")
    outage = updated(an_outage(), eleven, an_impact(), an_impact(System.SWI, started_at=eleven))
    record = record_of(outage, (), None, now=NOON, calendar=LITERAL)
    assert {each.system: each.started_at for each in record.impacts} == {
        System.EDI: THURSDAY_10H,
        System.SWI: eleven,
    }


def test_a_system_that_was_back_in_the_minute_of_its_start_was_not_withdrawn() -> None:
    dropped = updated(an_outage(an_impact(), an_impact(System.CERS)), THURSDAY_10H, an_impact())
    record = record_of(dropped, (), None, now=NOON, calendar=LITERAL)
    assert [each.restored_at for each in record.impacts] == [None, THURSDAY_10H]
    assert not any(each.was_withdrawn for each in record.impacts)


@pytest.mark.parametrize(
    ("outage", "now", "is_plan"),
    [
        pytest.param(a_scheduled_outage(), NOON, True, id="still to come"),
        pytest.param(cancelled(a_scheduled_outage(), NOON), SUNDAY_6H, True, id="called off"),
        pytest.param(a_scheduled_outage(), SUNDAY_2H, False, id="under way"),
        pytest.param(an_outage(), NOON, False, id="unscheduled"),
    ],
)
def test_a_plan_is_what_has_not_begun_or_never_will(outage: Outage, now: datetime, is_plan: bool) -> None:
    assert record_of(outage, (), None, now=now, calendar=LITERAL).is_plan is is_plan


def test_a_record_of_what_goes_on_has_no_end() -> None:
    record = record_of(an_outage(), (), None, now=NOON, calendar=LITERAL)
    assert (record.restored_at, record.impacts[0].restored_at, record.chained) == (None, None, None)
