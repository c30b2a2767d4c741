"""A bulletin of every kind and state that clients can meet, as facts made by the domain's own acts."""

from collections.abc import Mapping
from dataclasses import replace

from outage_service.domain.bulletins import BulletinFacts, BulletinKind, Chapter
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Direction, InternalSystem, System
from outage_service.domain.texts import Bilingual
from tests.builders import (
    SUNDAY_2H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    bulletin_facts,
    cancelled,
    corrected,
    extended,
    resolved,
    revoked,
    ticked,
    updated,
)

NEWS = Bilingual("A switch has failed.\nIt is being replaced.", "Un commutateur a lâché.\nOn le remplace.")
THURSDAY_1350 = at("2026-11-26 13:50")
WEDNESDAY_9H = at("2026-11-25 09:00")
FRIDAY_16H = at("2026-11-27 16:00")
FRIDAY_21H = at("2026-11-27 21:00")


def chapter(facts: BulletinFacts) -> Chapter:
    """Returns an issued bulletin as later ones repeat it; the clock's own had no message."""
    return Chapter(facts.sequence, facts.kind, facts.issued_at, facts.message if facts.kind.is_news else None)


def _issued(
    after: Outage, kind: BulletinKind, before: Outage | None = None, **changes: object
) -> BulletinFacts:
    return replace(bulletin_facts(after, kind, before=before, message=NEWS), **changes)  # type: ignore[arg-type]


def _unscheduled() -> dict[str, BulletinFacts]:
    declared = an_outage(an_impact(System.EDI), a_delay(System.CERS))
    initial = _issued(declared, BulletinKind.INITIAL, relapse_of="TCC26-0007")
    found = updated(declared, at("2026-11-26 11:30"), identified=True, estimate=at("2026-11-26 15:00"))
    told = _issued(found, BulletinKind.UPDATE, declared, earlier=(chapter(initial),))
    later = ticked(found, at("2026-11-26 13:30"))
    periodic = _issued(
        later,
        BulletinKind.PERIODIC,
        found,
        message_at=told.issued_at,
        earlier=(chapter(told), chapter(initial)),
    )
    fixed = resolved(later, at("2026-11-26 15:10"), restored_at=at("2026-11-26 15:00"))
    backlog = resolved(later, at("2026-11-26 15:10"), remains_in_effect=True)
    cleared = revoked(backlog, at("2026-11-26 18:00"))
    mended = corrected(fixed, at("2026-11-26 15:30"), restored_at=at("2026-11-26 15:05"))
    one_back = updated(declared, at("2026-11-26 12:00"), an_impact(System.EDI))
    return {
        "initial": initial,
        "update": told,
        "periodic": periodic,
        "resolved": _issued(fixed, BulletinKind.RESOLVED, later, earlier=(chapter(periodic), chapter(told))),
        "resolved, procedures remain": _issued(backlog, BulletinKind.RESOLVED, later),
        "revoked afterwards": _issued(cleared, BulletinKind.REVOKED, backlog),
        "correction": _issued(mended, BulletinKind.CORRECTION, fixed, corrects=4),
        "one system is back": _issued(one_back, BulletinKind.UPDATE, declared),
    }


def _relief() -> dict[str, BulletinFacts]:
    declared = an_outage(an_impact(System.EDI), an_impact(System.EMANIFEST), an_impact(System.CERS))
    longer = extended(declared, at("2026-11-26 11:00"), paper=at("2026-11-26 20:00"))
    over = resolved(declared, at("2026-11-26 15:00"))
    two = extended(
        over,
        at("2026-11-26 16:00"),
        System.EDI,
        System.EMANIFEST,
        paper=at("2026-11-26 20:00"),
        penalties=FRIDAY_16H,
    )
    everywhere = extended(over, at("2026-11-26 16:00"), *over.systems_ever, penalties=FRIDAY_16H)
    return {
        "relief extended meanwhile": _issued(longer, BulletinKind.GRACE, declared),
        "relief extended for two of three": _issued(two, BulletinKind.GRACE, over),
        "relief extended for all": _issued(everywhere, BulletinKind.GRACE, over),
    }


def _delays() -> dict[str, BulletinFacts]:
    slow = an_outage(a_delay(System.EDI))
    over = resolved(slow, at("2026-11-26 14:00"))
    backlog = an_outage(a_delay(System.EMANIFEST, 75))
    less = updated(backlog, at("2026-11-26 12:00"), a_delay(System.EMANIFEST, 20))
    stated = an_outage(an_impact(System.EMANIFEST, behind_minutes=90))
    relieved = revoked(less, at("2026-11-26 13:00"))
    return {
        "delay": _issued(slow, BulletinKind.INITIAL),
        "delay resolved": _issued(over, BulletinKind.RESOLVED, slow),
        "delay that counts as an outage": _issued(backlog, BulletinKind.INITIAL),
        "outage with minutes behind": _issued(stated, BulletinKind.INITIAL),
        "back to a delay, procedures stay": _issued(less, BulletinKind.UPDATE, backlog),
        "procedures revoked in a delay": _issued(relieved, BulletinKind.REVOKED, less),
    }


def _scheduled() -> dict[str, BulletinFacts]:
    impacts = (an_impact(System.CERS), an_impact(System.EMANIFEST, Direction.INBOUND))
    announced = a_scheduled_outage(*impacts, announced_at=WEDNESDAY_9H)
    advance = _issued(announced, BulletinKind.ADVANCE)
    reminded = ticked(announced, at("2026-11-25 21:00"))
    last = ticked(ticked(reminded, FRIDAY_21H), at("2026-11-28 22:00"))
    called_off = cancelled(reminded, FRIDAY_16H)
    smaller = updated(announced, FRIDAY_16H, an_impact(System.CERS))
    begun = updated(last, at("2026-11-29 04:00"))
    overrun = ticked(last, at("2026-11-29 10:00"))
    done = resolved(overrun, at("2026-11-29 11:00"))
    late = a_scheduled_outage(*impacts, announced_at=at("2026-11-29 01:00"))
    return {
        "advance": advance,
        "advance after the cut-off": _issued(late, BulletinKind.ADVANCE),
        "reminder": _issued(reminded, BulletinKind.REMINDER, announced, message_at=WEDNESDAY_9H),
        "last reminder": _issued(last, BulletinKind.REMINDER, reminded, earlier=(chapter(advance),)),
        "smaller than announced": _issued(smaller, BulletinKind.UPDATE, announced),
        "cancelled": _issued(called_off, BulletinKind.CANCELLED, reminded),
        "in the window": _issued(begun, BulletinKind.UPDATE, last),
        "overrun": _issued(overrun, BulletinKind.PERIODIC, last, message_at=WEDNESDAY_9H),
        "scheduled resolved": _issued(done, BulletinKind.RESOLVED, overrun),
    }


def _wide() -> dict[str, BulletinFacts]:
    everything = [an_impact(system) for system in System]
    full = an_outage(*everything, internal_systems=InternalSystem)
    edi_alone = an_outage(an_impact(System.EDI), internal_systems=InternalSystem)
    others = [an_impact(s, started_at=THURSDAY_1350) for s in System if s not in (System.EDI, System.SWI)]
    by_degrees = updated(
        edi_alone,
        THURSDAY_1350,
        an_impact(System.EDI),
        *others,
        replace(a_delay(System.SWI, None), started_at=at("2026-11-26 12:30")),
    )
    mixed = an_outage(
        an_impact(System.EDI, Direction.INBOUND),
        a_delay(System.EDI, 30, Direction.OUTBOUND),
        a_delay(System.EMANIFEST, 30, Direction.OUTBOUND),
        an_impact(System.CERS, Direction.OUTBOUND),
        an_impact(System.CCP),
        an_impact(System.CAD_API),
        a_delay(System.SWI, None),
    )
    return {
        "full CBSA outage": _issued(full, BulletinKind.INITIAL),
        "full CBSA outage resolved": _issued(
            resolved(full, at("2026-11-26 12:00")), BulletinKind.RESOLVED, full
        ),
        "full CBSA outage by degrees": _issued(by_degrees, BulletinKind.UPDATE, edi_alone),
        "full CBSA outage by degrees resolved": _issued(
            resolved(by_degrees, at("2026-11-26 15:00")), BulletinKind.RESOLVED, by_degrees
        ),
        "all six, mixed": _issued(mixed, BulletinKind.INITIAL),
        "CCP alone": _issued(an_outage(an_impact(System.CCP)), BulletinKind.INITIAL),
        "CAD/API alone": _issued(an_outage(an_impact(System.CAD_API)), BulletinKind.INITIAL),
        "scheduled, full": _issued(
            a_scheduled_outage(*everything, start=SUNDAY_2H, announced_at=THURSDAY_10H), BulletinKind.ADVANCE
        ),
    }


STORIES: Mapping[str, BulletinFacts] = {**_unscheduled(), **_relief(), **_delays(), **_scheduled(), **_wide()}
"""Facts by what they are about."""

OPEN = {name: facts for name, facts in STORIES.items() if not facts.state.is_closed}
CLOSED = {name: facts for name, facts in STORIES.items() if facts.state.is_closed}
