"""Titles and subjects of bulletins: made of the facts of the body, so that they cannot name other systems."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from outage_service.content import Content
from outage_service.domain.bulletins import BulletinFacts, ImpactFacts
from outage_service.domain.systems import FULL_OUTAGE, Condition, Direction, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.times import table_date
from outage_service.rendering.words import Form, Named, Words, named

SUBJECT_LENGTH = 200
"""Longer subjects are cut off in lists of messages: names become shorter first."""


_FORMS: tuple[Form, ...] = ("plain", "the", "of")


class Room(IntEnum):
    """How much room a title has: ample, only for abbreviations, not even for directions."""

    AMPLE = 0
    SCARCE = 1
    NONE = 2


def subject(facts: BulletinFacts, content: Content, *, test_mode: bool) -> Bilingual:
    """Returns the subject with English first (`en`) and with French first (`fr`)."""
    lines = [_subject(facts, content, room, test_mode=test_mode) for room in Room]
    return next((line for line in lines if max(len(line.en), len(line.fr)) <= SUBJECT_LENGTH), lines[-1])


def _subject(facts: BulletinFacts, content: Content, room: Room, *, test_mode: bool) -> Bilingual:
    tag, prefix = content.labels["test_tag"], content.wording.kinds[facts.kind].prefix
    parts = [prefix, title(facts, content, room)] if prefix else [title(facts, content, room)]
    orders = (
        (f"[{in_both(tag, first)}] " if test_mode else "")
        + " – ".join([facts.number, *(in_both(part, first) for part in parts)])
        for first in Language
    )
    return Bilingual(*orders)


def in_both(text: Bilingual, first: Language) -> str:
    """Returns both languages on one line, or one where they are the same word."""
    return text.en if text.en == text.fr else f"{text[first]} / {text[first.other]}"


def title(facts: BulletinFacts, content: Content, room: Room = Room.AMPLE) -> Bilingual:
    """Returns the title: every system affected, outage or delay, a direction if but one, the day planned."""
    return Bilingual(*(_Writer(Words(content, language), room).write(facts) for language in Language))


def titled_impacts(facts: BulletinFacts) -> tuple[ImpactFacts, ...]:
    """Returns the impacts no update has dropped: what the outage is, or was when it ended."""
    return tuple(i for i in facts.impacts if not i.was_dropped)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Fills the patterns `title_…` of labels.yaml in one language."""

    words: Words
    room: Room

    def write(self, facts: BulletinFacts) -> str:
        outages, delays = _suffering(facts, Condition.OUTAGE), _suffering(facts, Condition.DELAY)
        text = self._outages(facts, outages)
        if facts.is_full:
            delays = _without(FULL_OUTAGE, delays)
        if self.room is Room.NONE:
            delays = _without({system for system, _ in outages}, delays)
        if delays:
            text = self._fill(self._label("title_mixed") if text else "title_delay", delays, title=text)
        if facts.is_scheduled:
            text = self._fill("title_day", title=text, day=table_date(facts.started_at))
        return text

    def _outages(self, facts: BulletinFacts, outages: Named) -> str:
        """Returns what is out; blank where systems are but slow."""
        if facts.is_full:
            text = self._fill("title_full_scheduled" if facts.is_scheduled else "title_full")
            more = _without(FULL_OUTAGE, outages)
            return self._fill("title_full_more", more, title=text) if more else text
        label = self._label("title_scheduled" if facts.is_scheduled else "title_outage")
        return self._fill(label, outages) if outages else ""

    def _label(self, label: str) -> str:
        return label if self.room is Room.AMPLE else f"{label}_brief"

    def _fill(self, label: str, systems: Named = (), **values: str) -> str:
        """Returns the pattern filled; a direction all systems share stands once, behind it."""
        ways = {way for _, way in systems}
        shared = self._direction(ways.pop()) if len(ways) == 1 else None
        names = {
            form: self.words.joined(
                [
                    self._name(system, form) + (self._direction(way) if shared is None else "")
                    for system, way in systems
                ]
            )
            for form in _FORMS
        }
        return self.words.label(label, **names, **values) + (shared or "")

    def _name(self, system: System, form: Form) -> str:
        if form == "plain" and self.room is not Room.AMPLE:
            return self.words.pick(self.words.content.systems[system].abbr)
        return self.words.name(system, form)

    def _direction(self, direction: Direction | None) -> str:
        return "" if self.room is Room.NONE else self.words.direction(direction)


def _suffering(facts: BulletinFacts, condition: Condition) -> Named:
    return named(impact for impact in titled_impacts(facts) if impact.condition is condition)


def _without(told: Collection[System], systems: Named) -> Named:
    return [(system, way) for system, way in systems if system not in told]
