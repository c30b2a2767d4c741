"""The record of an outage: what it was, with every time filled in (R107)."""

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import OutageState
from outage_service.domain.records import ChainPosition, RecordedBulletin, RecordedImpact, record_of
from outage_service.domain.systems import Condition, Direction, System
from tests.builders import LITERAL, THURSDAY_10H, an_impact, an_outage, at, extended, resolved, updated

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


def test_a_record_of_what_goes_on_has_no_end() -> None:
    record = record_of(an_outage(), (), None, now=NOON, calendar=LITERAL)
    assert (record.restored_at, record.impacts[0].restored_at, record.chained) == (None, None, None)
