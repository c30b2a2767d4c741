"""What an operator is told beside the answer: allowed, but worth a second look."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from outage_service.domain.calendar import SATURDAY, eastern
from outage_service.domain.deadlines import transmission_cut_off
from outage_service.domain.outages import Outage

RESTORED_LONG_AGO = timedelta(minutes=30)
"""A restoration further back is warned about: clients relied on the outage until told (R54)."""
EARLY_MORNING_ENDS = time(8)
"""Scheduled outages belong in early weekend mornings, before business opens (R19)."""


class WarningCode(StrEnum):
    """Stable codes; their wording is in `content/warnings.yaml`."""

    ANNOUNCED_LATE = "announced_late"
    NOT_EARLY_WEEKEND = "not_early_weekend"
    RESTORED_LONG_AGO = "restored_long_ago"
    NOT_ESCALATED = "not_escalated"
    NO_REGIONAL_RECIPIENTS = "no_regional_recipients"


def window_warnings(
    outage: Outage, *, announced_at: datetime, before: Outage | None = None
) -> tuple[WarningCode, ...]:
    """Returns what is unusual about a scheduled window as announced, or moved from `before`, then (R17, R19).

    Only a new start can come too late to transmit; a window that did not move is no news.
    """
    is_new_start = before is None or before.started_at != outage.started_at
    is_new_end = before is None or before.planned_end_at != outage.planned_end_at
    if outage.planned_end_at is None or not (is_new_start or is_new_end):
        return ()
    found = []
    if is_new_start and announced_at > transmission_cut_off(outage.started_at):
        found.append(WarningCode.ANNOUNCED_LATE)
    start, end = eastern(outage.started_at), eastern(outage.planned_end_at)
    is_early = start.date() == end.date() and end.time() <= EARLY_MORNING_ENDS
    if start.weekday() < SATURDAY or not is_early:
        found.append(WarningCode.NOT_EARLY_WEEKEND)
    return tuple(found)


def restoration_warnings(anchor: datetime | None, *, now: datetime) -> tuple[WarningCode, ...]:
    """Returns whether a restoration or revocation is reported long after the fact (R54)."""
    is_late = anchor is not None and now - anchor > RESTORED_LONG_AGO
    return (WarningCode.RESTORED_LONG_AGO,) if is_late else ()
