"""The sentences of one help line's message in one language, out of the patterns of `content/voice.yaml`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from outage_service.content import Content
from outage_service.content.voice import Upcoming, VoiceText
from outage_service.domain.broadcasts import LineEvent, LineImpact
from outage_service.domain.calendar import eastern
from outage_service.domain.outages import OutageState
from outage_service.domain.systems import Condition, Direction, System, in_catalogue_order
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.times import spoken_date, spoken_time

_AND = {Language.EN: " and ", Language.FR: " et "}
_TO = {Language.EN: "{clock} on {date}", Language.FR: "{date} à {clock}"}
# "Heure normale" would put a forbidden word into a message on an outage (R22).
_STANDARD_TIME = ("heure normale de l’Est", "heure d’hiver de l’Est")


@dataclass(frozen=True, slots=True)
class Script:
    """Says single sentences; the date of a time is told where it is not that of `as_of`.

    A brief one calls systems by their abbreviations. One that lasts may be listened to on any other day, so
    it tells every date. `tells_ends`: of a scheduled outage that has begun, also its planned end.
    """

    content: Content
    voice: VoiceText
    language: Language
    as_of: datetime
    is_brief: bool = False
    is_lasting: bool = False
    tells_ends: bool = True

    def say(self, pattern: Bilingual, **blanks: str) -> str:
        """Returns the sentence with its blanks filled and its first letter a capital."""
        sentence = pattern[self.language].format(**blanks)
        return sentence[:1].upper() + sentence[1:]

    def names(self, systems: Iterable[System]) -> str:
        """Returns `EDI and the CERS Portal` / `l’EDI et le portail du SCDE`; brief: `EDI and CERS`."""
        if self.is_brief:
            return self._listed(self.content.systems[s].abbr[self.language] for s in systems)
        return self._listed(self.content.systems[s].short.the[self.language] for s in systems)

    def names_of(self, systems: Iterable[System]) -> str:
        """Returns `of EDI and of the CERS Portal` / `de l’EDI et du portail du SCDE`."""
        return self._listed(self.content.systems[s].short.of[self.language] for s in systems)

    def _listed(self, names: Iterable[str]) -> str:
        *head, last = names
        return f"{', '.join(head)}{_AND[self.language]}{last}" if head else last

    def since(self, instant: datetime, *, told: datetime | None = None) -> str:
        """Returns a time as it follows "since" / « depuis »; no date on the day of `told`, which was said.

        Where nothing was, the day of the message goes without saying, unless it lasts.
        """
        known = told or (None if self.is_lasting else self.as_of)
        if known is not None and eastern(instant).date() == eastern(known).date():
            return self._clock(instant)
        return self._in_full(instant)

    def at(self, instant: datetime, *, told: datetime | None = None) -> str:
        """Returns a time as it follows "at" or "by"; French brings its own « à »."""
        moment = self.since(instant, told=told)
        return f"à {moment}" if self.language is Language.FR and not moment.startswith("le ") else moment

    def as_of_in_full(self) -> str:
        """Returns the time of the message, always with its date."""
        return self._in_full(self.as_of)

    def _in_full(self, instant: datetime) -> str:
        date = spoken_date(instant, self.language)
        return _TO[self.language].format(clock=self._clock(instant), date=date)

    def _clock(self, instant: datetime) -> str:
        return spoken_time(instant, self.language).replace(*_STANDARD_TIME)

    def running(self, systems: tuple[System, ...]) -> str:
        """Says that nothing is open on these systems (R22)."""
        return self.say(self.voice.running.for_count(len(systems)), names=self.names(systems))

    def event(self, event: LineEvent) -> list[str]:
        """Says what is open: a sentence for each condition, direction and start, the worst first."""
        return [
            self._suffering(event, alike)
            for condition in (Condition.OUTAGE, Condition.DELAY)
            for direction in (Direction.BOTH, Direction.INBOUND, Direction.OUTBOUND)
            for alike in _suffering_so(event, condition, direction)
        ]

    def _suffering(self, event: LineEvent, alike: Sequence[LineImpact]) -> str:
        one = alike[0]
        systems = in_catalogue_order(impact.system for impact in alike)
        pattern = self.voice.outage if one.condition is Condition.OUTAGE else self.voice.delay
        one_way = self.voice.directions.get(one.direction or Direction.BOTH)
        return self.say(
            pattern.for_count(len(systems)),
            names=self.names(systems),
            direction=one_way[self.language] if one_way else "",
            since=self.since(one.started_at),
            window=self._window(event),
        )

    def _window(self, event: LineEvent) -> str:
        if event.planned_end_at is None or not self.tells_ends:
            return ""
        windows = self.voice.windows
        pattern = windows.open if self.as_of < event.planned_end_at else windows.ended
        if event.state is OutageState.OVERRUN:
            pattern = windows.overrun
        return pattern[self.language].format(end=self.since(event.planned_end_at))

    def upcoming(self, event: LineEvent) -> str:
        """Says when a scheduled outage is to start and to end."""
        end = event.planned_end_at or event.started_at
        return self.say(
            self._announced.each,
            names=self.names(event.systems),
            start=self.at(event.started_at),
            end=self.at(end, told=event.started_at),
        )

    def several_upcoming(self, systems: Iterable[System], *, count: int) -> str:
        """Says that so many scheduled outages of these systems are to come."""
        return self.say(self._announced.several.for_count(count), names=self.names(systems))

    @property
    def _announced(self) -> Upcoming:
        return self.voice.last_known.upcoming if self.is_lasting else self.voice.upcoming

    def remaining(self, systems: Iterable[System]) -> str:
        """Says that procedures outlived the outages of these systems (R6)."""
        pattern = self.voice.last_known.remain if self.is_lasting else self.voice.procedures.remain
        return self.say(pattern, names=self.names(systems))

    def procedures(self, concerned: tuple[System, ...], in_effect: tuple[System, ...]) -> str:
        """Says for which of the systems concerned procedures are in effect."""
        texts = self.voice.procedures
        if not in_effect:
            return self.say(texts.not_in_effect)
        if in_effect == concerned:
            return self.say(texts.in_effect)
        return self.say(texts.partly, names=self.names(in_effect))

    def next_update(self, due: datetime | None) -> str:
        """Says by when the next update comes; a due time that has passed is caught up at once."""
        if due is None or due <= self.as_of:
            return self.say(self.voice.next_update_soon)
        return self.say(self.voice.next_update, at=self.at(due))


def _suffering_so(
    event: LineEvent, condition: Condition, direction: Direction
) -> Iterator[Sequence[LineImpact]]:
    """Yields the impacts so affected, together those that began together: none is told an earlier start."""
    alike = [
        impact
        for impact in event.impacts
        if impact.condition is condition and (impact.direction or Direction.BOTH) is direction
    ]
    for start in sorted({impact.started_at for impact in alike}):
        yield [impact for impact in alike if impact.started_at == start]


def spaced_digits(number: str) -> str:
    """Returns a telephone number as it is read out, digit by digit: `1 8 8 8 9 5 7 7 2 2 4`."""
    return " ".join(digit for digit in number if digit.isdigit())
