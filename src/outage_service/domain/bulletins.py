"""What a bulletin says, as data (R14, R15, R45, R51–R54). Its wording is in `templates/bulletins/<kind>`.

To add a kind: one member of `BulletinKind`, one template folder.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outage_service.domain.cadence import policy_at
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.deadlines import Deadlines
from outage_service.domain.grace import Extension, Relief
from outage_service.domain.outages import (
    Contingency,
    ContingencyState,
    Impact,
    Outage,
    OutageKind,
    OutageState,
    was_withdrawn,
)
from outage_service.domain.systems import (
    FULL_OUTAGE,
    Condition,
    Direction,
    HelpLine,
    InternalSystem,
    System,
    in_catalogue_order,
    lines_of,
)
from outage_service.domain.texts import Bilingual


class BulletinKind(StrEnum):
    """Why a bulletin was issued (R14)."""

    ADVANCE = "advance"
    REMINDER = "reminder"
    INITIAL = "initial"
    UPDATE = "update"
    PERIODIC = "periodic"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"
    CORRECTION = "correction"
    REVOKED = "revoked"
    GRACE = "grace"

    @property
    def is_news(self) -> bool:
        """Whether an operator's act issued it, not the clock; news ends a broadcast override (R23)."""
        return self not in (BulletinKind.PERIODIC, BulletinKind.REMINDER)


@dataclass(frozen=True, slots=True)
class ImpactFacts:
    """What one system suffers, with every time filled in; `restored_at` once it works again.

    `condition` is what the figures make of what the operator `stated` (R34–R36).
    `was_dropped`: it works again by an update of its own, not by the end of the outage.
    """

    system: System
    direction: Direction | None
    stated: Condition
    condition: Condition
    behind: timedelta | None
    started_at: datetime
    restored_at: datetime | None
    was_dropped: bool = False

    @property
    def was_withdrawn(self) -> bool:
        """Whether it was taken off a planned outage before the start: it never suffered anything."""
        return was_withdrawn(self.started_at, self.restored_at)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One earlier bulletin of the same outage, as later ones repeat it below."""

    sequence: int
    kind: BulletinKind
    issued_at: datetime
    message: Bilingual | None


@dataclass(frozen=True, slots=True)
class Telling:
    """What a bulletin adds to the state of its outage.

    `message` is the latest news and `message_at` when it was given. `earlier` is newest first,
    `corrects` the sequence of the corrected bulletin, `relapse_of` the number of the earlier outage,
    `relapsed_by` those of the later ones in which its fault returned.
    """

    kind: BulletinKind
    message: Bilingual
    message_at: datetime
    earlier: tuple[Chapter, ...] = ()
    corrects: int | None = None
    relapse_of: str | None = None
    relapsed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BulletinFacts:
    """Everything a bulletin says; instants in UTC, cut to the minute where the service set them.

    A periodic bulletin repeats the latest news (see `Telling`). `next_due_at` has never passed when it is
    printed: a slot that the clock has missed is caught up at once. `reliefs` is what is in force for systems
    whose relief was extended, `extends` what this very bulletin extends.
    """

    number: str
    sequence: int
    kind: BulletinKind
    issued_at: datetime
    outage_kind: OutageKind
    state: OutageState
    condition: Condition
    impacts: tuple[ImpactFacts, ...]
    internal_systems: frozenset[InternalSystem]
    is_full: bool
    started_at: datetime
    planned_end_at: datetime | None
    restored_at: datetime | None
    problem_identified: bool
    estimated_resolution_at: datetime | None
    message: Bilingual
    message_at: datetime
    contingency: Contingency
    invokes: bool
    revokes: bool
    deadlines: Deadlines
    next_due_at: datetime | None
    policy_version: str
    reliefs: tuple[Relief, ...] = ()
    extends: Extension | None = None
    earlier: tuple[Chapter, ...] = ()
    corrects: int | None = None
    relapse_of: str | None = None
    relapsed_by: tuple[str, ...] = ()

    @property
    def is_scheduled(self) -> bool:
        """Whether the outage was planned."""
        return self.outage_kind is OutageKind.SCHEDULED

    @property
    def systems(self) -> tuple[System, ...]:
        """The systems it names, in the catalogue's order, restored ones included."""
        return in_catalogue_order(impact.system for impact in self.impacts)

    @property
    def full_started_at(self) -> datetime | None:
        """When the last of all that makes a full outage went down (R8); None where it is not full."""
        down = (
            impact.started_at
            for impact in self.impacts
            if impact.system in FULL_OUTAGE
            and impact.condition is Condition.OUTAGE
            and not impact.was_dropped
        )
        return max(down) if self.is_full else None

    @property
    def lines(self) -> tuple[HelpLine, ...]:
        """The help lines to call (R20)."""
        return lines_of(self.systems)

    @property
    def assumes_ongoing(self) -> bool:
        """Whether clients are to take the outage for ongoing until told otherwise (R11)."""
        return not self.state.is_closed


def facts_of(
    outage: Outage, telling: Telling, *, before: Outage | None, now: datetime, calendar: BusinessCalendar
) -> BulletinFacts:
    """Returns what the bulletin says that took the outage from `before` (None: declared) to `outage`."""
    issued_at = outage.last_bulletin_at or now
    contingency = outage.contingency_at(now)
    applied_before = before is not None and before.contingency_at(now).applies
    return BulletinFacts(
        number=outage.number,
        sequence=outage.sequence,
        kind=telling.kind,
        issued_at=issued_at,
        outage_kind=outage.kind,
        state=outage.state_at(now),
        condition=outage.condition,
        impacts=tuple(_impact_facts(impact, outage) for impact in outage.impacts),
        internal_systems=outage.internal_systems,
        is_full=outage.is_full,
        started_at=outage.started_at,
        planned_end_at=outage.planned_end_at,
        restored_at=outage.restored_at,
        problem_identified=outage.problem_identified,
        estimated_resolution_at=outage.estimated_resolution_at,
        message=telling.message,
        message_at=telling.message_at,
        contingency=contingency,
        invokes=contingency.state is ContingencyState.INVOKED and not applied_before,
        revokes=contingency.state is ContingencyState.REVOKED and applied_before,
        deadlines=outage.deadlines_at(now, calendar),
        next_due_at=max(outage.next_due_at, issued_at) if outage.next_due_at else None,
        policy_version=policy_at(issued_at).version,
        reliefs=outage.reliefs_at(now, calendar),
        extends=outage.extensions[-1] if telling.kind is BulletinKind.GRACE else None,
        earlier=telling.earlier,
        corrects=telling.corrects,
        relapse_of=telling.relapse_of,
        relapsed_by=telling.relapsed_by,
    )


def _impact_facts(impact: Impact, outage: Outage) -> ImpactFacts:
    return ImpactFacts(
        system=impact.system,
        direction=impact.direction,
        stated=impact.stated,
        condition=impact.condition,
        behind=impact.behind,
        started_at=impact.started_at or outage.started_at,
        restored_at=impact.restored_at or outage.restored_at,
        was_dropped=not impact.is_active,
    )
