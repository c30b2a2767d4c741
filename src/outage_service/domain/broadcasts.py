"""What the broadcast message of a help line says, as data (R20–R25). Its wording is in `rendering`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outage_service.domain.errors import InvalidAct
from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.systems import (
    Condition,
    Direction,
    HelpLine,
    System,
    in_catalogue_order,
    systems_of_line,
    worst_condition,
)
from outage_service.domain.texts import Bilingual, Language

OVERRIDE_AT_MOST = timedelta(hours=24)
"""How far ahead an operator's own text may expire (R23)."""
SPOKEN_AT_MOST = 600
"""Characters of a message in one language: about as long as a caller listens."""
OVERRIDE_LONGEST = 450
"""Characters of an operator's own text in one language: what is always appended must fit too (R23)."""
SAYS_NORMAL = "normal"
"""What no message says while anything is open; the French `normalement` contains it, too (R22)."""


class LineState(StrEnum):
    """What is known of a line or of one system; `unknown` is never told as normal (R11, R22)."""

    NORMAL = "normal"
    DELAY = "delay"
    OUTAGE = "outage"
    UNKNOWN = "unknown"


class BroadcastLanguage(StrEnum):
    """The resources of a message; `both` is English first, then French."""

    EN = "en"
    FR = "fr"
    BOTH = "both"


class BroadcastFormat(StrEnum):
    """The formats telephone platforms take."""

    TXT = "txt"
    JSON = "json"
    SSML = "ssml"
    VXML = "vxml"
    TWIML = "twiml"


@dataclass(frozen=True, slots=True)
class LineImpact:
    """What one of the line's systems suffers, and since when; what is to come has its planned start."""

    system: System
    direction: Direction | None
    condition: Condition
    started_at: datetime


@dataclass(frozen=True, slots=True)
class LineEvent:
    """One unclosed outage as a line tells it, with only the systems that are the line's.

    `planned_end_at` is None where it was not scheduled.
    """

    number: str
    state: OutageState
    impacts: tuple[LineImpact, ...]
    planned_end_at: datetime | None
    procedures_apply: bool
    next_due_at: datetime | None

    @property
    def started_at(self) -> datetime:
        """When the first of the line's systems was affected."""
        return min(impact.started_at for impact in self.impacts)

    @property
    def condition(self) -> Condition:
        """The worst condition on this line."""
        return worst_condition(impact.condition for impact in self.impacts)

    @property
    def systems(self) -> tuple[System, ...]:
        """The line's systems it concerns, in the catalogue's order."""
        return in_catalogue_order(impact.system for impact in self.impacts)


@dataclass(frozen=True, slots=True)
class Override:
    """An operator's own text for a line."""

    message: Bilingual
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What one line says at `as_of`: open events, scheduled ones to come, and any override.

    `procedures_remain` are the systems of resolved outages whose procedures are still in effect (R6).
    """

    line: HelpLine
    systems: tuple[System, ...]
    as_of: datetime
    events: tuple[LineEvent, ...] = ()
    upcoming: tuple[LineEvent, ...] = ()
    procedures_remain: tuple[System, ...] = ()
    override: Override | None = None

    @property
    def is_open(self) -> bool:
        """Whether any outage or delay is open on the line's systems."""
        return bool(self.events)

    @property
    def state(self) -> LineState:
        """The worst condition of any open event; normal only where none is open (R22)."""
        if not self.events:
            return LineState.NORMAL
        return LineState(worst_condition(event.condition for event in self.events))


def line_facts(
    line: HelpLine, outages: Iterable[Outage], *, now: datetime, override: Override | None = None
) -> LineFacts:
    """Returns what `line` says of `outages`: events on other lines' systems change nothing (R20).

    A delay is an event as much as an outage, also one below the threshold (R21).

    Give every outage that is not closed, and the resolved ones whose procedures remain in effect.
    """
    systems = systems_of_line(line)
    concerned = [o for o in outages if any(i.system in systems for i in o.active_impacts)]
    told = [_line_event(o, systems, now) for o in concerned if not o.is_closed]
    remaining = [o for o in concerned if o.is_closed and o.contingency_at(now).applies]
    return LineFacts(
        line=line,
        systems=systems,
        as_of=now,
        events=tuple(event for event in told if event.state is not OutageState.SCHEDULED),
        upcoming=tuple(event for event in told if event.state is OutageState.SCHEDULED),
        procedures_remain=_own_systems(remaining, systems),
        override=override if override and override.expires_at > now else None,
    )


def _own_systems(outages: Iterable[Outage], systems: tuple[System, ...]) -> tuple[System, ...]:
    return in_catalogue_order(i.system for o in outages for i in o.active_impacts if i.system in systems)


def _line_event(outage: Outage, systems: tuple[System, ...], now: datetime) -> LineEvent:
    own = [impact for impact in outage.active_impacts if impact.system in systems]
    return LineEvent(
        number=outage.number,
        state=outage.state_at(now),
        impacts=tuple(
            LineImpact(each.system, each.direction, each.condition, each.started_at or outage.started_at)
            for each in own
        ),
        planned_end_at=outage.planned_end_at,
        procedures_apply=outage.contingency_at(now).applies,
        next_due_at=outage.next_due_at,
    )


def check_override(expires_at: datetime, now: datetime) -> None:
    """Refuses an expiry that has passed or is more than 24 h ahead (R23).

    Raises:
        InvalidAct: with the field `expires_at`.
    """
    if not now < expires_at <= now + OVERRIDE_AT_MOST:
        raise InvalidAct("override_expiry", "It must expire within the next 24 hours.", field="expires_at")


def check_override_message(message: Bilingual, facts: LineFacts) -> None:
    """Refuses an operator's text that could not be spoken as it stands on the line of `facts` (R22, R23).

    Raises:
        InvalidAct: too long in a language, or it says "normal" while an event is open, with its field.
    """
    for language in Language:
        if len(message[language]) > OVERRIDE_LONGEST:
            raise InvalidAct(
                "override_too_long",
                f"A telephone message has at most {OVERRIDE_LONGEST} characters in a language.",
                field=f"message.{language}",
            )
        if facts.is_open and says_normal(message[language]):
            raise InvalidAct(
                "override_says_normal",
                'While an outage or delay is open on the line, it must not say "normal".',
                field=f"message.{language}",
            )


def says_normal(text: str) -> bool:
    """Returns whether `text` has a word that must not be said while anything is open (R22)."""
    return SAYS_NORMAL in text.casefold()
