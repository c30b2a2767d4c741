"""The deadlines of an outage for calendars (iCalendar, RFC 5545): an entry for each, in both languages."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event

from outage_service.content import Content
from outage_service.domain.contingency import Deadline
from outage_service.domain.texts import Language
from outage_service.rendering.times import moment

PRODUCT = "-//outage-service//deadlines//EN"
REMINDED_BEFORE = timedelta(hours=1)


def agenda(
    deadlines: tuple[Deadline, ...],
    content: Content,
    first: Language,
    *,
    number: str,
    url: str,
    stamped_at: datetime,
    version: int,
) -> bytes:
    """Returns the calendar; a corrected deadline replaces the one that a calendar has already.

    Args:
        first: the language that comes first.
        stamped_at: when what it says was last said.
        version: grows with each change.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", number)
    for deadline in deadlines:
        event = _event(deadline, content, first, number)
        event.add("uid", "-".join([number, deadline.name, *deadline.systems]) + f"@{urlsplit(url).hostname}")
        event.add("dtstamp", stamped_at)
        event.add("sequence", version)
        event.add("url", url)
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _event(deadline: Deadline, content: Content, first: Language, number: str) -> Event:
    event = Event()
    label, note = content.labels[deadline.name], content.labels[f"{deadline.name}_note"]
    languages = (first, first.other)
    summary = " / ".join(label[language] for language in languages)
    names = ", ".join(content.systems[system].abbr[first] for system in deadline.systems)
    event.add("summary", f"{number} – {summary} ({names})" if names else f"{number} – {summary}")
    event.add("dtstart", deadline.at)
    event.add("dtend", deadline.at)
    event.add("transp", "TRANSPARENT")
    event.add(
        "description",
        "\n\n".join(f"{label[x]} {moment(deadline.at, x)}\n{note[x]}" for x in languages),
    )
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -REMINDED_BEFORE)
    event.add_component(alarm)
    return event
