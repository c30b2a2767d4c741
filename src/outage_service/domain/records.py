"""The record of an outage: what a client can hand in who asks for late-accounting relief (R107–R109)."""

from dataclasses import dataclass
from datetime import datetime

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.deadlines import Deadlines
from outage_service.domain.grace import Relief
from outage_service.domain.outages import Contingency, Outage, OutageState, was_withdrawn
from outage_service.domain.systems import Condition, Direction, System


@dataclass(frozen=True, slots=True)
class RecordedImpact:
    """What one system suffered, with every time filled in; `restored_at` is None while it goes on."""

    system: System
    direction: Direction | None
    condition: Condition
    started_at: datetime
    restored_at: datetime | None

    @property
    def was_withdrawn(self) -> bool:
        """Whether it was taken off a planned outage before the start: it never suffered anything."""
        return was_withdrawn(self.started_at, self.restored_at)


@dataclass(frozen=True, slots=True)
class RecordedBulletin:
    """A bulletin that went out."""

    sequence: int
    kind: BulletinKind
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class ChainPosition:
    """Where the audit log tells of the newest bulletin: the row's place and the digest of all up to it."""

    position: int
    digest: str


@dataclass(frozen=True, slots=True)
class OutageRecord:
    """What is on record of an outage, as of `as_of`; `chained` is None where the log was not chained yet."""

    number: str
    sequence: int
    state: OutageState
    as_of: datetime
    is_scheduled: bool
    started_at: datetime
    planned_end_at: datetime | None
    restored_at: datetime | None
    cancelled_at: datetime | None
    contingency: Contingency
    impacts: tuple[RecordedImpact, ...]
    deadlines: Deadlines
    reliefs: tuple[Relief, ...]
    bulletins: tuple[RecordedBulletin, ...]
    chained: ChainPosition | None

    @property
    def is_plan(self) -> bool:
        """Whether nothing was ever out: it is still to come, or was called off before its start."""
        return self.state in (OutageState.SCHEDULED, OutageState.CANCELLED)


def record_of(
    outage: Outage,
    bulletins: tuple[RecordedBulletin, ...],
    chained: ChainPosition | None,
    *,
    now: datetime,
    calendar: BusinessCalendar,
) -> OutageRecord:
    """Returns the record of an outage as it stands at `now`."""
    return OutageRecord(
        number=outage.number,
        sequence=outage.sequence,
        state=outage.state_at(now),
        as_of=now,
        is_scheduled=outage.is_scheduled,
        started_at=outage.started_at,
        planned_end_at=outage.planned_end_at,
        restored_at=outage.restored_at,
        cancelled_at=outage.cancelled_at,
        contingency=outage.contingency_at(now),
        impacts=tuple(
            RecordedImpact(
                each.system,
                each.direction,
                each.condition,
                each.started_at or outage.started_at,
                each.restored_at or outage.restored_at,
            )
            for each in outage.impacts
        ),
        deadlines=outage.deadlines_at(now, calendar),
        reliefs=outage.reliefs_at(now, calendar),
        bulletins=bulletins,
        chained=chained,
    )
