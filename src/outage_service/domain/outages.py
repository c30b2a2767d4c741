"""What an outage is, and what can be read off one. What may be done to it is in `lifecycle`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outage_service.domain.cadence import OVERRUN_AFTER, next_due, reminder_times
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.deadlines import Deadlines, deadlines
from outage_service.domain.grace import Extension, Relief, extended_reliefs
from outage_service.domain.subscriptions import Audience, SubscriptionKind, kinds_mask, systems_mask
from outage_service.domain.systems import (
    CATALOGUE,
    Condition,
    Direction,
    InternalSystem,
    System,
    derived_condition,
    in_catalogue_order,
    makes_full_outage,
    worst_condition,
)


class OutageKind(StrEnum):
    """Whether it was planned."""

    UNSCHEDULED = "unscheduled"
    SCHEDULED = "scheduled"


class OutageState(StrEnum):
    """Where an outage is in its life; the first three follow the clock (R17)."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    OVERRUN = "overrun"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"

    @property
    def is_closed(self) -> bool:
        """Whether no further act but a note or a correction is possible."""
        return self in (OutageState.RESOLVED, OutageState.CANCELLED)


class ContingencyState(StrEnum):
    """Whether contingency procedures apply (R5, R6)."""

    NOT_INVOKED = "not_invoked"
    INVOKED = "invoked"
    REMAINS_IN_EFFECT = "remains_in_effect"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Contingency:
    """The state of the procedures and when it came about, in UTC."""

    state: ContingencyState
    invoked_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def applies(self) -> bool:
        """Whether clients may follow the procedures now."""
        return self.state in (ContingencyState.INVOKED, ContingencyState.REMAINS_IN_EFFECT)


@dataclass(frozen=True, slots=True)
class Impact:
    """What one system suffers. Times that are None are the outage's own."""

    system: System
    direction: Direction | None
    stated: Condition
    behind: timedelta | None = None
    started_at: datetime | None = None
    restored_at: datetime | None = None

    @property
    def condition(self) -> Condition:
        """The condition the figures make of what was stated (R34–R36)."""
        return derived_condition(self.system, self.stated, self.behind)

    @property
    def is_active(self) -> bool:
        """Whether the system was not dropped by an update."""
        return self.restored_at is None

    def overlaps(self, other: "Impact") -> bool:
        """Returns whether both speak of the same system and share a direction."""
        if self.system is not other.system:
            return False
        return self.direction is None or other.direction is None or self.direction.overlaps(other.direction)


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage or delay from its first bulletin to its last; times in UTC.

    `impacts` keeps systems an update dropped. `reminders_after` is the nominal time of the bulletin
    that announced the present start; `reminded_until` the instant up to which reminders are settled.
    """

    number: str
    kind: OutageKind
    impacts: tuple[Impact, ...]
    started_at: datetime
    planned_end_at: datetime | None = None
    internal_systems: frozenset[InternalSystem] = frozenset()
    problem_identified: bool = False
    estimated_resolution_at: datetime | None = None
    relapse_of: int | None = None
    invoked_at: datetime | None = None
    revoked_at: datetime | None = None
    restored_at: datetime | None = None
    remained_in_effect: bool = False
    cancelled_at: datetime | None = None
    sequence: int = 0
    last_bulletin_at: datetime | None = None
    next_due_at: datetime | None = None
    reminders_after: datetime | None = None
    reminded_until: datetime | None = None
    kinds_ever: frozenset[SubscriptionKind] = frozenset()
    extensions: tuple[Extension, ...] = ()
    version: int = 0
    id: int = 0

    @property
    def is_scheduled(self) -> bool:
        """Whether it was planned; `started_at` then is the planned start."""
        return self.kind is OutageKind.SCHEDULED

    @property
    def is_closed(self) -> bool:
        """Whether it was resolved or cancelled."""
        return self.restored_at is not None or self.cancelled_at is not None

    @property
    def active_impacts(self) -> tuple[Impact, ...]:
        """The impacts no update has dropped."""
        return tuple(impact for impact in self.impacts if impact.is_active)

    def earliest_end(self, now: datetime) -> datetime:
        """Returns when it can be over at the earliest: every system has failed, every dropped one is back."""
        starts = (i.started_at for i in self.active_impacts if i.started_at)
        return max([self.started_at, *starts, *ends_by(now, self.impacts)])

    @property
    def systems_ever(self) -> tuple[System, ...]:
        """Every system it ever had, in the catalogue's order."""
        return in_catalogue_order(impact.system for impact in self.impacts)

    @property
    def condition(self) -> Condition:
        """The worst condition of any system: it sets the cadence."""
        return worst_condition(impact.condition for impact in self.active_impacts)

    @property
    def is_full(self) -> bool:
        """Whether it is a full CBSA outage (R8): all of the five systems down, and internal ones too."""
        down = ((i.system, i.direction) for i in self.active_impacts if i.condition is Condition.OUTAGE)
        return bool(self.internal_systems) and makes_full_outage(down)

    @property
    def audience(self) -> Audience:
        """Whom its next bulletin reaches: whoever any of its bulletins could have reached (R14)."""
        return Audience(systems_mask(self.systems_ever), kinds_mask(self.kinds_ever))

    def state_at(self, now: datetime) -> OutageState:
        """Returns the state at `now`; only an operator's act closes an outage (R11)."""
        if self.cancelled_at is not None:
            return OutageState.CANCELLED
        if self.restored_at is not None:
            return OutageState.RESOLVED
        if self.planned_end_at is None:
            return OutageState.OPEN
        if now < self.started_at:
            return OutageState.SCHEDULED
        return OutageState.OPEN if now < self.planned_end_at + OVERRUN_AFTER else OutageState.OVERRUN

    def contingency_at(self, now: datetime) -> Contingency:
        """Returns whether the procedures apply at `now` (R5, R6)."""
        invoked_at = self._invoked_by(now)
        if invoked_at is None:
            return Contingency(ContingencyState.NOT_INVOKED)
        if self.revoked_at is not None:
            return Contingency(ContingencyState.REVOKED, invoked_at, self.revoked_at)
        if self.restored_at is None:
            return Contingency(ContingencyState.INVOKED, invoked_at)
        if self.remained_in_effect:
            return Contingency(ContingencyState.REMAINS_IN_EFFECT, invoked_at)
        # It may have been over before the bulletin that invoked procedures; they still end after that.
        return Contingency(ContingencyState.REVOKED, invoked_at, max(invoked_at, self.restored_at))

    def _invoked_by(self, now: datetime) -> datetime | None:
        if not self.is_scheduled:
            return self.invoked_at
        return self.started_at if self.cancelled_at is None and now >= self.started_at else None

    def deadlines_at(self, now: datetime, calendar: BusinessCalendar) -> Deadlines:
        """Returns the deadlines as known at `now` (R45, R51–R54)."""
        anchor = self.revoked_at if self.remained_in_effect else self.restored_at
        invoked = self.contingency_at(now).state is not ContingencyState.NOT_INVOKED
        return deadlines(
            planned_start=self.started_at if self.is_scheduled else None,
            anchor=anchor if invoked else None,
            calendar=calendar,
        )

    def reliefs_at(self, now: datetime, calendar: BusinessCalendar) -> tuple[Relief, ...]:
        """Returns what is in force for each system whose relief was extended (R51, R54)."""
        return extended_reliefs(self.deadlines_at(now, calendar), self.extensions)

    def pending_reminders(self, now: datetime) -> tuple[datetime, ...]:
        """Returns the reminders not settled yet, in order, missed ones included; none from the start on."""
        if not self.is_scheduled or self.reminders_after is None or now >= self.started_at:
            return ()
        settled = self.reminded_until
        times = reminder_times(self.started_at, self.reminders_after)
        return tuple(at for at in times if settled is None or at > settled)

    def due_after(self, now: datetime, calendar: BusinessCalendar) -> datetime | None:
        """Returns when the clock issues the next bulletin if nothing happens; None once closed.

        A scheduled outage's next reminder; after the last, its first overrun slot: the unscheduled
        cadence counted from the planned end, or from a bulletin given since (R17).
        """
        if self.is_closed or self.last_bulletin_at is None:
            return None
        if reminders := self.pending_reminders(now):
            return reminders[0]
        last = self.last_bulletin_at
        if self.planned_end_at is not None:
            last = max(last, self.planned_end_at)
        return next_due(last, self.condition, calendar)


def was_withdrawn(started_at: datetime, restored_at: datetime | None) -> bool:
    """Returns whether a system was taken off a planned outage before the start: it never suffered."""
    return restored_at is not None and restored_at < started_at


def ends_by(now: datetime, impacts: Iterable[Impact]) -> list[datetime]:
    """Returns when those of `impacts` ended that an update has dropped.

    An end after `now` was recorded by a clock that was ahead (P5): it must not keep an outage open.
    """
    return [i.restored_at for i in impacts if i.restored_at is not None and i.restored_at <= now]


def has_direction(system: System) -> bool:
    """Returns whether a system's impact has a direction (R37–R43)."""
    return CATALOGUE[system].has_directions


def conflicts(wanted: Outage, existing: Outage, now: datetime) -> bool:
    """Returns whether `existing` already covers a system, direction and time of `wanted`.

    An unscheduled outage runs from its start without end, a scheduled one too once it has started;
    a scheduled one still to come never stands in the way of what is under way.
    """
    if existing.is_closed:
        return False
    is_under_way = wanted.state_at(now) is not OutageState.SCHEDULED
    if is_under_way and existing.state_at(now) is OutageState.SCHEDULED:
        return False
    if not _times_overlap(wanted, existing, now):
        return False
    return any(a.overlaps(b) for a in wanted.active_impacts for b in existing.active_impacts)


def _times_overlap(one: Outage, other: Outage, now: datetime) -> bool:
    return _starts_before_end(one, other, now) and _starts_before_end(other, one, now)


def _starts_before_end(one: Outage, other: Outage, now: datetime) -> bool:
    end = other.planned_end_at if other.state_at(now) is OutageState.SCHEDULED else None
    return end is None or one.started_at < end
