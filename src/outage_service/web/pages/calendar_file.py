"""The times of an outage as a calendar file (RFC 5545): instants in UTC, which no program misreads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from outage_service.domain.outages import Outage
from outage_service.domain.texts import Language

_PRODUCT = "-//outage-service//outages//EN"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that happens at `at`, or from then until `until`; `name` tells it apart within its outage."""

    name: str
    title: str
    at: datetime
    until: datetime | None = None


def calendar_file(
    outage: Outage, occasions: Iterable[Occasion], *, name: str, address: str, language: Language
) -> bytes:
    """Returns the file; an event keeps its id, so that a newer file replaces what an older one said.

    Args:
        name: what the calendar is called.
        address: the page of the outage, which every event leads to.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    for occasion in occasions:
        calendar.add_component(_event(outage, occasion, address, language))
    made: bytes = calendar.to_ical()
    return made


def _event(outage: Outage, occasion: Occasion, address: str, language: Language) -> Event:
    event = Event()
    event.add("uid", f"{outage.number}-{occasion.name}-{language}@{urlsplit(address).hostname}")
    event.add("summary", f"{outage.number} – {occasion.title}", parameters={"LANGUAGE": f"{language}-CA"})
    event.add("dtstart", occasion.at)
    if occasion.until is not None and occasion.until > occasion.at:
        event.add("dtend", occasion.until)
    event.add("dtstamp", outage.last_bulletin_at or outage.started_at)
    event.add("sequence", outage.sequence)
    event.add("status", "CANCELLED" if outage.cancelled_at else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("url", address)
    return event
