"""The times of an outage for calendars (iCalendar, RFC 5545): instants in UTC, which no program misreads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event

from outage_service.content import Content
from outage_service.domain.contingency import Deadline
from outage_service.domain.texts import Language
from outage_service.rendering.times import moment

PRODUCT = "-//outage-service//outages//EN"
REMINDED_BEFORE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happens at `at`, or from then until `until`; `name` tells it apart within its outage."""

    name: str
    summary: str
    at: datetime
    until: datetime | None = None
    description: str = ""
    is_reminded: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What the calendar is of. `version` grows with each change, `stamped_at` is when it was last said.

    `name` is what the calendar is called, `url` the page that every entry leads to. `language` is None
    where entries are in both.
    """

    number: str
    name: str
    url: str
    stamped_at: datetime
    version: int
    language: Language | None = None
    is_cancelled: bool = False


def agenda(entries: Iterable[Entry], source: Source) -> bytes:
    """Returns the calendar; a corrected entry replaces the one that a calendar has already."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("name", source.name)
    for entry in entries:
        calendar.add_component(_event(entry, source))
    made: bytes = calendar.to_ical()
    return made


def _event(entry: Entry, source: Source) -> Event:
    event = Event()
    language = {"LANGUAGE": f"{source.language}-CA"} if source.language else {}
    own = f"{entry.name}-{source.language}" if source.language else entry.name
    event.add("uid", f"{source.number}-{own}@{urlsplit(source.url).hostname}")
    event.add("summary", f"{source.number} – {entry.summary}", parameters=language)
    event.add("dtstart", entry.at)
    if entry.until is not None and entry.until > entry.at:
        event.add("dtend", entry.until)
    event.add("dtstamp", source.stamped_at)
    event.add("sequence", source.version)
    event.add("status", "CANCELLED" if source.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("url", source.url)
    if entry.description:
        event.add("description", entry.description, parameters=language)
    if entry.is_reminded:
        event.add_component(_alarm(entry))
    return event


def _alarm(entry: Entry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.summary)
    alarm.add("trigger", -REMINDED_BEFORE)
    return alarm


def deadline_entries(
    deadlines: Iterable[Deadline], content: Content, languages: Sequence[Language]
) -> Iterator[Entry]:
    """Yields deadlines as entries in each of `languages`, the first of them first, with a reminder.

    Their summaries tell the time too: a French label alone would end in an article.
    """
    for deadline in deadlines:
        label, note = content.labels[label_of(deadline)], content.labels[note_of(deadline)]
        said = {language: f"{label[language]} {moment(deadline.at, language)}" for language in languages}
        summary = " / ".join(said.values())
        names = ", ".join(content.systems[system].abbr[languages[0]] for system in deadline.systems)
        yield Entry(
            name=entry_name(deadline),
            summary=f"{summary} ({names})" if names else summary,
            at=deadline.at,
            description="\n\n".join(f"{said[language]}\n{note[language]}" for language in languages),
            is_reminded=True,
        )


def entry_name(deadline: Deadline) -> str:
    """Returns what tells a deadline apart within its outage."""
    return "-".join([deadline.name, *deadline.systems])


def label_of(deadline: Deadline) -> str:
    """Returns the name of a deadline's label: "at least" while it may move (R51)."""
    return deadline.name if deadline.is_final else f"{deadline.name}_open"


def note_of(deadline: Deadline) -> str:
    """Returns the name of the label that says what a deadline means."""
    return f"{label_of(deadline)}_note"
