"""By when to transmit beforehand and to put things right afterwards (SOCP 2.1 and 3)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from outage_service.domain.calendar import BusinessCalendar

TRANSMIT_BEFORE_START = timedelta(hours=2)
"""Data must be in this long before a scheduled start (R45)."""
PAPER_ACCEPTED_AFTER = timedelta(hours=2)
"""Paper is accepted this long after the outage (R51)."""
PENALTY_RELIEF_AFTER = timedelta(hours=2)
"""No monetary penalty for failing to transmit until this long after resumption (R54)."""
DOCUMENTS_DUE_AFTER = timedelta(hours=24)
"""In business hours: due. In elapsed hours: recommended, as penalties are mentioned past it (R52)."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Absolute instants in UTC; None where the rule does not apply (yet)."""

    transmit_by: datetime | None = None
    paper_accepted_until: datetime | None = None
    penalty_relief_until: datetime | None = None
    documents_due_at: datetime | None = None
    documents_recommended_by: datetime | None = None


def transmission_cut_off(planned_start: datetime) -> datetime:
    """Returns the last instant to transmit before a scheduled outage (R45)."""
    return planned_start.astimezone(UTC) - TRANSMIT_BEFORE_START


def paper_accepted_until(anchor: datetime) -> datetime:
    """Returns when paper stops being accepted after the outage ended at `anchor` (R51)."""
    return anchor.astimezone(UTC) + PAPER_ACCEPTED_AFTER


def deadlines(
    *, planned_start: datetime | None, anchor: datetime | None, calendar: BusinessCalendar
) -> Deadlines:
    """Returns the deadlines of an outage (R45, R51, R52, R54).

    `planned_start` is that of a scheduled outage. `anchor` is when the outage ended for those who
    follow contingency procedures: its restoration, or their revocation where they outlived it (R6);
    None while they may still be followed, or where they were never invoked.
    """
    transmit_by = transmission_cut_off(planned_start) if planned_start else None
    if anchor is None:
        return Deadlines(transmit_by=transmit_by)
    return Deadlines(
        transmit_by=transmit_by,
        paper_accepted_until=paper_accepted_until(anchor),
        penalty_relief_until=anchor.astimezone(UTC) + PENALTY_RELIEF_AFTER,
        documents_due_at=calendar.add_business_hours(anchor, DOCUMENTS_DUE_AFTER),
        documents_recommended_by=anchor.astimezone(UTC) + DOCUMENTS_DUE_AFTER,
    )
