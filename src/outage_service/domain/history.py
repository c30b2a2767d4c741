"""How each system fared day by day: what was announced, as long as it lasted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outage_service.domain.calendar import at_wall_clock, eastern
from outage_service.domain.outages import Outage
from outage_service.domain.systems import CATALOGUE, Condition, System

HISTORY_DAYS = 90
"""Days that the history goes back, today included."""

Span = tuple[datetime, datetime]
_MIDNIGHT = time(0)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Day:
    """One Eastern day of one system: for how long an outage and a delay were under way."""

    date: date
    outage: timedelta
    delay: timedelta

    @property
    def worst(self) -> Condition | None:
        """The worse of the two; None where nothing was announced."""
        if self.outage:
            return Condition.OUTAGE
        return Condition.DELAY if self.delay else None


def first_day(now: datetime) -> date:
    """Returns the day with which the history begins."""
    return eastern(now).date() - timedelta(days=HISTORY_DAYS - 1)


def history_of(outages: Iterable[Outage], now: datetime) -> Mapping[System, tuple[Day, ...]]:
    """Returns the last days of every system, the oldest first, until `now`.

    Cancelled outages never were. Several at once count once; each counts by its condition as last told.
    """
    told = [outage for outage in outages if outage.cancelled_at is None]
    days = [first_day(now) + timedelta(days=n) for n in range(HISTORY_DAYS)]
    bounds = [(day, at_wall_clock(day, _MIDNIGHT), _end_of(day, now)) for day in days]
    return {system: _days(system, told, bounds, now) for system in CATALOGUE}


def _end_of(day: date, now: datetime) -> datetime:
    return min(at_wall_clock(day + timedelta(days=1), _MIDNIGHT), now)


def _days(
    system: System, outages: list[Outage], bounds: list[tuple[date, datetime, datetime]], now: datetime
) -> tuple[Day, ...]:
    spans = {condition: _spans(system, condition, outages, now) for condition in Condition}
    return tuple(
        Day(
            day,
            outage=_within(spans[Condition.OUTAGE], begin, end),
            delay=_within(spans[Condition.DELAY], begin, end),
        )
        for day, begin, end in bounds
    )


def _spans(system: System, condition: Condition, outages: list[Outage], now: datetime) -> list[Span]:
    """Returns when a system suffered, in order."""
    return sorted(
        (impact.started_at or outage.started_at, impact.restored_at or outage.restored_at or now)
        for outage in outages
        for impact in outage.impacts
        if impact.system is system and impact.condition is condition
    )


def _within(spans: list[Span], begin: datetime, end: datetime) -> timedelta:
    """Returns for how long any of `spans` ran between two instants."""
    total, covered_until = _NOTHING, begin
    for started_at, ended_at in spans:
        from_, until = max(started_at, covered_until), min(ended_at, end)
        if until > from_:
            total += until - from_
            covered_until = until
    return total
