"""Outages in any state, brought there by the domain's own acts: a test names only what matters to it.

Times are written as Toronto's clocks show them: `at("2026-11-26 10:00")`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from outage_service.domain import lifecycle
from outage_service.domain.bulletins import BulletinFacts, BulletinKind, Telling, facts_of
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.external_outages import Report
from outage_service.domain.grace import Extension
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import Impact, Outage, OutageKind
from outage_service.domain.systems import Condition, Direction, InternalSystem, System
from outage_service.domain.texts import Bilingual, Language

TORONTO = ZoneInfo("America/Toronto")
LITERAL = BusinessCalendar()
"""The default calendar: a weekday holiday is a business day."""
MESSAGE = Bilingual("Messages are not being received.", "Aucun message n’est reçu.")


def at(wall_clock: str, *, fold: int = 0) -> datetime:
    """Returns the UTC instant at which Toronto's clocks show `YYYY-MM-DD HH:MM[:SS]`; `fold=1`: again."""
    local = datetime.fromisoformat(wall_clock).replace(tzinfo=TORONTO, fold=fold)
    instant = local.astimezone(UTC)
    if instant.astimezone(TORONTO).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"Toronto's clocks never showed {wall_clock}")
    return instant


THURSDAY_10H = at("2026-11-26 10:00")
SUNDAY_2H = at("2026-11-29 02:00")
SUNDAY_6H = at("2026-11-29 06:00")


def an_impact(
    system: System = System.EDI,
    direction: Direction | None = None,
    *,
    condition: Condition = Condition.OUTAGE,
    behind_minutes: float | None = None,
    started_at: datetime | None = None,
) -> Impact:
    """Returns an impact as an operator states it; by default all of EDI is out."""
    behind = None if behind_minutes is None else timedelta(minutes=behind_minutes)
    return Impact(system, direction, condition, behind, started_at)


def a_delay(
    system: System = System.EDI, behind_minutes: float | None = 45, direction: Direction | None = None
) -> Impact:
    """Returns a stated delay; it still is an outage where the figure reaches the threshold."""
    return an_impact(system, direction, condition=Condition.DELAY, behind_minutes=behind_minutes)


def an_outage(
    *impacts: Impact,
    declared_at: datetime = THURSDAY_10H,
    started_at: datetime | None = None,
    internal_systems: Iterable[InternalSystem] = (),
    relapse_of: int | None = None,
    number: str = "TCC26-0001",
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns an unscheduled outage just declared, after its initial bulletin."""
    request = Declaration(
        OutageKind.UNSCHEDULED,
        impacts or (an_impact(),),
        started_at=started_at,
        internal_systems=frozenset(internal_systems),
        relapse_of=relapse_of,
    )
    return lifecycle.declare(request, number=number, now=declared_at, calendar=calendar)


def a_scheduled_outage(
    *impacts: Impact,
    start: datetime = SUNDAY_2H,
    end: datetime = SUNDAY_6H,
    announced_at: datetime = THURSDAY_10H,
    number: str = "TCC26-0001",
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns a scheduled outage just announced, after its advance bulletin."""
    request = Declaration(
        OutageKind.SCHEDULED, impacts or (an_impact(),), planned_start_at=start, planned_end_at=end
    )
    return lifecycle.declare(request, number=number, now=announced_at, calendar=calendar)


def updated(
    outage: Outage,
    now: datetime,
    *impacts: Impact,
    start: datetime | None = None,
    end: datetime | None = None,
    identified: bool | None = None,
    estimate: datetime | None = None,
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns the outage after an update; `impacts` are the complete new list, none leaves it."""
    news = News(impacts or None, start, end, identified, estimate)
    return lifecycle.update(outage, news, now=now, calendar=calendar)


def resolved(
    outage: Outage,
    now: datetime,
    *,
    restored_at: datetime | None = None,
    remains_in_effect: bool = False,
    confirm_past_deadlines: bool = False,
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns the outage after its resolved bulletin."""
    return lifecycle.resolve(
        outage,
        now=now,
        restored_at=restored_at,
        remains_in_effect=remains_in_effect,
        confirm_past_deadlines=confirm_past_deadlines,
        calendar=calendar,
    )


def revoked(
    outage: Outage,
    now: datetime,
    *,
    effective_at: datetime | None = None,
    confirm_past_deadlines: bool = False,
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns the outage after the bulletin that revokes its procedures."""
    return lifecycle.revoke(
        outage,
        now=now,
        effective_at=effective_at,
        confirm_past_deadlines=confirm_past_deadlines,
        calendar=calendar,
    )


def extended(
    outage: Outage,
    now: datetime,
    *systems: System,
    paper: datetime | None = None,
    penalties: datetime | None = None,
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns the outage after its relief was extended; by default for EDI."""
    extension = Extension(systems or (System.EDI,), paper, penalties)
    return lifecycle.extend_relief(outage, extension, now=now, calendar=calendar)


def cancelled(outage: Outage, now: datetime, *, calendar: BusinessCalendar = LITERAL) -> Outage:
    """Returns the scheduled outage after the bulletin that calls it off."""
    return lifecycle.cancel(outage, now=now, calendar=calendar)


def corrected(
    outage: Outage,
    now: datetime,
    *,
    restored_at: datetime | None = None,
    calendar: BusinessCalendar = LITERAL,
) -> Outage:
    """Returns the outage after a correction."""
    return lifecycle.correct(outage, now=now, restored_at=restored_at, calendar=calendar)


def ticked(outage: Outage, now: datetime, *, calendar: BusinessCalendar = LITERAL) -> Outage:
    """Returns the outage after the clock looked at it once: a bulletin, a re-timed slot, or nothing."""
    due = outage.next_due_at
    if due is None or due > now:
        return outage
    slot = lifecycle.due_slot(outage, due, now=now, calendar=calendar)
    if slot.nominal_at is None:
        return replace(outage, next_due_at=slot.retimed_to)
    return lifecycle.issue_due(outage, nominal=slot.nominal_at, now=now, calendar=calendar)


def bulletin_facts(
    outage: Outage,
    kind: BulletinKind = BulletinKind.INITIAL,
    *,
    before: Outage | None = None,
    now: datetime | None = None,
    message: Bilingual = MESSAGE,
    calendar: BusinessCalendar = LITERAL,
) -> BulletinFacts:
    """Returns what the bulletin says that took the outage from `before` to where it is; `now` is its time."""
    issued_at = outage.last_bulletin_at
    if issued_at is None:
        raise ValueError("an outage without a bulletin has no facts")
    telling = Telling(kind, message, issued_at)
    return facts_of(outage, telling, before=before, now=now or issued_at, calendar=calendar)


def a_client_report(**fields: object) -> Report:
    """Returns what a client tells of an outage of their own; `fields` take the place of what it says."""
    report = Report(
        client="Example Customs Brokers",
        contact="A. Person 519-555-0100",
        email="desk@example.org",
        language=Language.EN,
        systems=(System.EDI,),
        description="Their gateway has failed.",
    )
    return replace(report, **fields)  # type: ignore[arg-type]
