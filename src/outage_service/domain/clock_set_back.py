"""What becomes of a due time that was set while the clock was ahead: it must not silence an outage (P5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from outage_service.domain.cadence import latest_due
from outage_service.domain.calendar import BusinessCalendar, cut_to_minute
from outage_service.domain.outages import Outage

SKEW = timedelta(minutes=1)
"""Clocks of several hosts differ by less; within it nothing is taken for the future."""


def due_instead(outage: Outage, *, now: datetime, calendar: BusinessCalendar) -> datetime | None:
    """Returns when an outage is due instead of at a time that only a wrong clock can have led to, else None.

    Whatever was issued in the future counts as issued now. The time returned may have had a bulletin while
    the clock was ahead: it is due again all the same, for nobody is to wait longer than the cadence says.
    """
    due = outage.next_due_at
    if due is None or due <= now:
        return None
    if outage.last_bulletin_at is not None and outage.last_bulletin_at > now + SKEW:
        outage = replace(outage, last_bulletin_at=cut_to_minute(now))
    if outage.reminded_until is not None and outage.reminded_until > now + SKEW:
        outage = replace(outage, reminded_until=now)
    if outage.pending_reminders(now) or due > latest_due(max(now, outage.planned_end_at or now)):
        instead = outage.due_after(now, calendar)
        return instead if instead is not None and instead < due else None
    return None


def is_void(outage: Outage, *, now: datetime) -> bool:
    """Returns whether the slot that has come was brought back by a clock that is right again: nothing is due.

    A bulletin that is not in the future has been given at that very time, or since. So the bulletin of a slot
    makes it void: as long as no clock goes back, no slot is given twice (P1).
    """
    due, last = outage.next_due_at, outage.last_bulletin_at
    if due is None or last is None or outage.pending_reminders(now):
        return False
    return due <= last <= now
