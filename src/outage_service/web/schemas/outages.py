"""An outage as the API shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from pydantic import ConfigDict, Field

from outage_service.content.warnings import warning_text
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.deadlines import Deadlines
from outage_service.domain.grace import Relief
from outage_service.domain.outages import (
    Contingency,
    ContingencyState,
    Impact,
    Outage,
    OutageKind,
    OutageState,
)
from outage_service.domain.systems import Condition, Direction, InternalSystem, System
from outage_service.domain.warnings import WarningCode
from outage_service.services.queries import OutageView
from outage_service.storage.bulletins import BulletinRecord
from outage_service.storage.notes import Note
from outage_service.web.schemas.bulletins import BulletinInOutage
from outage_service.web.schemas.common import BilingualShown, Shown


class ImpactShown(Shown):
    """What one system suffers; the condition is what the figures make of it (R34–R36)."""

    system: System
    direction: Direction | None = Field(description="Null where the system has none.")
    condition: Condition
    behind_minutes: int | float | None = Field(
        description="Kept in whole seconds: 59.99 is answered as 59.98, and stays that when it is sent back."
    )
    started_at: datetime
    restored_at: datetime | None = Field(
        description="Before started_at: it was taken off a planned outage and never suffered anything."
    )

    @classmethod
    def of(cls, impact: Impact, outage: Outage) -> Self:
        """Returns an impact with every time filled in from its outage."""
        return cls(
            system=impact.system,
            direction=impact.direction,
            condition=impact.condition,
            behind_minutes=_minutes(impact.behind),
            started_at=impact.started_at or outage.started_at,
            restored_at=impact.restored_at or outage.restored_at,
        )


def _minutes(behind: timedelta | None) -> int | float | None:
    if behind is None:
        return None
    minutes = round(Decimal(round(behind.total_seconds())) / 60, 2)
    return int(minutes) if minutes == int(minutes) else float(minutes)


class ContingencyShown(Shown):
    """Whether contingency procedures apply, and since when (R5, R6)."""

    state: ContingencyState
    invoked_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, contingency: Contingency) -> Self:
        """Returns the state of the procedures."""
        return cls(
            state=contingency.state, invoked_at=contingency.invoked_at, revoked_at=contingency.revoked_at
        )


_PAPER = "Until when paper is accepted: two hours after the end, unless extended (R51)."
_RELIEF = "Until when nobody is penalised for what was not transmitted: the same, unless extended (R54)."


class ReliefShown(Shown):
    """What is in force where relief was extended: the plan's deadline or the extension, if later."""

    system: System
    paper_accepted_until: datetime | None = Field(description=_PAPER)
    penalty_relief_until: datetime | None = Field(description=_RELIEF)

    @classmethod
    def of(cls, relief: Relief) -> Self:
        """Returns what is in force for one system."""
        return cls(
            system=relief.system,
            paper_accepted_until=relief.paper_accepted_until,
            penalty_relief_until=relief.penalty_relief_until,
        )


class DeadlinesShown(Shown):
    """Absolute times; null where the rule does not apply (yet) (R45, R51–R54)."""

    transmit_by: datetime | None = Field(description="Two hours before a scheduled start (R45).")
    paper_accepted_until: datetime | None = Field(description=_PAPER)
    penalty_relief_until: datetime | None = Field(description=_RELIEF)
    documents_due_at: datetime | None = Field(
        description="When documents are due: 24 business hours after the end (R52)."
    )
    documents_recommended_by: datetime | None = Field(
        description="By when to send them all the same: 24 hours after the end (R52)."
    )

    @classmethod
    def of(cls, deadlines: Deadlines) -> Self:
        """Returns the deadlines of an outage."""
        return cls(
            transmit_by=deadlines.transmit_by,
            paper_accepted_until=deadlines.paper_accepted_until,
            penalty_relief_until=deadlines.penalty_relief_until,
            documents_due_at=deadlines.documents_due_at,
            documents_recommended_by=deadlines.documents_recommended_by,
        )


class OutageLinks(Shown):
    """Where to go from an outage."""

    self: str
    bulletins: str
    relapse_of: str | None = Field(description="The outage whose fault has returned.")


class OutageShown(Shown):
    """An outage in a list."""

    model_config = ConfigDict(frozen=True, title="Outage")

    id: int
    number: str = Field(description="One number for the life of an outage.")
    kind: OutageKind
    state: OutageState = Field(description="Follows the clock: scheduled, open, overrun (R17).")
    condition: Condition = Field(description="The worst of its impacts; it sets the cadence.")
    impacts: list[ImpactShown]
    started_at: datetime = Field(description="Of a scheduled outage, its planned start.")
    planned_start_at: datetime | None
    planned_end_at: datetime | None
    restored_at: datetime | None
    cancelled_at: datetime | None
    contingency: ContingencyShown
    deadlines: DeadlinesShown
    extensions: list[ReliefShown] = Field(
        description="What is in force instead for the systems whose relief was extended."
    )
    next_bulletin_due_at: datetime | None
    problem_identified: bool
    estimated_resolution_at: datetime | None
    relapse_of: int | None = Field(description="The id of the outage whose fault has returned.")
    full: bool = Field(description="Whether it is a full CBSA outage (R8).")
    version: int = Field(description="Changes by operators' acts only; also the ETag.")
    links: OutageLinks

    @classmethod
    def of(cls, outage: Outage, at: "Moment") -> "OutageShown":
        """Returns an outage as it is at that moment."""
        return OutageShown(
            id=outage.id,
            number=outage.number,
            kind=outage.kind,
            state=outage.state_at(at.now),
            condition=outage.condition,
            impacts=[ImpactShown.of(impact, outage) for impact in outage.impacts],
            started_at=outage.started_at,
            planned_start_at=outage.started_at if outage.is_scheduled else None,
            planned_end_at=outage.planned_end_at,
            restored_at=outage.restored_at,
            cancelled_at=outage.cancelled_at,
            contingency=ContingencyShown.of(outage.contingency_at(at.now)),
            deadlines=DeadlinesShown.of(outage.deadlines_at(at.now, at.calendar)),
            extensions=[ReliefShown.of(relief) for relief in outage.reliefs_at(at.now, at.calendar)],
            next_bulletin_due_at=outage.next_due_at,
            problem_identified=outage.problem_identified,
            estimated_resolution_at=outage.estimated_resolution_at,
            relapse_of=outage.relapse_of,
            full=outage.is_full,
            version=outage.version,
            links=OutageLinks(
                self=f"/v1/outages/{outage.id}",
                bulletins=f"/v1/bulletins?outage={outage.id}",
                relapse_of=f"/v1/outages/{outage.relapse_of}" if outage.relapse_of else None,
            ),
        )


class NewsShown(Shown):
    """What operators said, in order."""

    sequence: int
    kind: BulletinKind
    issued_at: datetime
    message: BilingualShown

    @classmethod
    def all_of(cls, bulletins: tuple[BulletinRecord, ...]) -> list[Self]:
        """Returns the news among an outage's bulletins."""
        return [
            cls(sequence=b.sequence, kind=b.kind, issued_at=b.issued_at, message=BilingualShown.of(b.message))
            for b in bulletins
            if b.message is not None
        ]


class OutageInFull(OutageShown):
    """An outage with its news and its bulletins."""

    model_config = ConfigDict(frozen=True, title="OutageInFull")

    relapsed_by: list[int] = Field(description="The outages declared as a return of this one.")
    updates: list[NewsShown]
    bulletins: list[BulletinInOutage]


class NoteShown(Shown):
    """An operator's internal note."""

    id: int
    at: datetime
    actor: str
    text: str

    @classmethod
    def of(cls, note: Note) -> Self:
        """Returns a note."""
        return cls(id=note.id, at=note.at, actor=note.actor, text=note.text)


class OutageForOperators(OutageInFull):
    """An outage with what only operators, administrators and auditors see (R7)."""

    model_config = ConfigDict(frozen=True, title="OutageForOperators")

    internal_systems: list[InternalSystem]
    notes: list[NoteShown]


class WarningShown(Shown):
    """What is allowed, but worth a second look."""

    code: WarningCode
    message: BilingualShown

    @classmethod
    def of(cls, code: WarningCode) -> Self:
        """Returns a warning in words."""
        return cls(code=code, message=BilingualShown.of(warning_text(code)))


class OutageAfterAct(OutageForOperators):
    """An outage after an operator's act."""

    model_config = ConfigDict(frozen=True, title="OutageAfterAct")

    bulletin: str = Field(description="The bulletin the act has issued.", examples=["/v1/bulletins/1"])
    warnings: list[WarningShown]


@dataclass(frozen=True, slots=True)
class Moment:
    """When, and by which calendar, an outage is looked at."""

    now: datetime
    calendar: BusinessCalendar


def in_full(view: OutageView, at: Moment) -> OutageInFull:
    """Returns what everybody may see of an outage."""
    return OutageInFull(**_public(view, at))


def for_operators(view: OutageView, at: Moment) -> OutageForOperators:
    """Returns all there is of an outage."""
    return OutageForOperators(**_public(view, at), **_internal(view))


def after_act(
    view: OutageView, at: Moment, *, bulletin_id: int, warnings: tuple[WarningCode, ...]
) -> OutageAfterAct:
    """Returns what an operator's act led to."""
    return OutageAfterAct(
        **_public(view, at),
        **_internal(view),
        bulletin=f"/v1/bulletins/{bulletin_id}",
        warnings=[WarningShown.of(code) for code in warnings],
    )


def _public(view: OutageView, at: Moment) -> dict[str, Any]:
    return dict(OutageShown.of(view.outage, at)) | {
        "relapsed_by": list(view.relapsed_by),
        "updates": NewsShown.all_of(view.bulletins),
        "bulletins": [BulletinInOutage.of(bulletin) for bulletin in view.bulletins],
    }


def _internal(view: OutageView) -> dict[str, Any]:
    return {
        "internal_systems": [name for name in InternalSystem if name in view.outage.internal_systems],
        "notes": [NoteShown.of(note) for note in view.notes],
    }
