"""Scheduled outages by the calendar, with what the clock will send of them (R17)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outage_service.domain.calendar import at_wall_clock, eastern
from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.warnings import WarningCode, window_warnings
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.archive import ArchiveFilter, search_outages

OUTAGES_AT_MOST = 1_000
"""Outages of a month, and outages not over yet."""
_AHEAD = (OutageState.SCHEDULED, OutageState.OPEN, OutageState.OVERRUN)


@dataclass(frozen=True, slots=True)
class Planned:
    """A scheduled outage, its state, the reminders still to come, and what is unusual about its window.

    `lasts_until` is when it ended; while nobody has said so, it goes on past its planned end (R11).
    """

    outage: Outage
    state: OutageState
    lasts_until: datetime
    reminders: tuple[datetime, ...]
    warnings: tuple[WarningCode, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day: the outages planned for any part of it, and the reminders that go out on it."""

    date: date
    outages: tuple[Planned, ...]
    reminders: tuple[tuple[datetime, Planned], ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month in whole weeks from Monday; days of others are None. `ahead` has all that is to come."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    ahead: tuple[Planned, ...]


def read_month(engine: Engine, tx: Connection, first: date) -> Month:
    """Returns the month that begins on `first`; cancelled outages are left out."""
    now = engine.clock()
    begin, end = (at_wall_clock(day, time(0)) for day in (first, next_month(first)))
    filters = ArchiveFilter(since=begin, before=end), ArchiveFilter(states=_AHEAD)
    found = {
        one.id: one
        for wanted in filters
        for one in search_outages(tx, wanted, before_id=None, limit=OUTAGES_AT_MOST, now=now)
        if one.is_scheduled and one.cancelled_at is None
    }
    planned = [_planned(one, now) for one in sorted(found.values(), key=lambda one: (one.started_at, one.id))]
    days = [_day(first + timedelta(days=offset), planned) for offset in range(_length(first))]
    ahead = tuple(one for one in planned if not one.outage.is_closed)
    return Month(first, _weeks(days), ahead)


def _planned(outage: Outage, now: datetime) -> Planned:
    planned_end = outage.planned_end_at or outage.started_at
    return Planned(
        outage,
        outage.state_at(now),
        outage.restored_at or max(planned_end, now),
        outage.pending_reminders(now),
        window_warnings(outage, announced_at=outage.reminders_after or outage.started_at),
    )


def next_month(first: date) -> date:
    """Returns the first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def previous_month(first: date) -> date:
    """Returns the first day of the month before."""
    return (first - timedelta(days=1)).replace(day=1)


def _length(first: date) -> int:
    return (next_month(first) - first).days


def _day(day: date, planned: list[Planned]) -> Day:
    return Day(
        day,
        tuple(one for one in planned if _touches(one, day)),
        tuple((at, one) for one in planned for at in one.reminders if eastern(at).date() == day),
    )


def _touches(one: Planned, day: date) -> bool:
    return eastern(one.outage.started_at).date() <= day <= eastern(one.lasts_until).date()


def _weeks(days: list[Day]) -> tuple[tuple[Day | None, ...], ...]:
    before: list[Day | None] = [None] * days[0].date.weekday()
    after: list[Day | None] = [None] * (6 - days[-1].date.weekday())
    cells = [*before, *days, *after]
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))
