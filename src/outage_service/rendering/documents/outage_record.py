"""The record of an outage as a PDF in both languages (R107)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from outage_service.content import Content
from outage_service.domain.outages import OutageState
from outage_service.domain.records import OutageRecord, RecordedImpact
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.documents.texts import Facts, Section, TextDocument, TextPart, text_document
from outage_service.rendering.documents.words import load_words
from outage_service.rendering.words import Words

_DOCUMENT = "outage_record"
_TIMES = ("transmit_by", "paper_accepted_until", "penalty_relief_until")
_DOCUMENTS = ("documents_recommended_by", "documents_due_at")


def outage_record(
    record: OutageRecord, content: Content, *, code: str, pages: Mapping[Language, str], first: Language
) -> bytes:
    """Returns the PDF; `pages` are where the code is confirmed. See `typeset` for what it raises."""
    parts = tuple(
        _Writer(record, Words(content, one), code, pages[one]).part() for one in (first, first.other)
    )
    return text_document(TextDocument(title=parts[0].title, footer=f"{record.number} · {code}", parts=parts))


def record_facts(record: OutageRecord, content: Content, language: Language) -> Facts:
    """Returns the main facts of a record as rows, for a page."""
    return _Writer(record, Words(content, language), "", "").facts()


@dataclass(frozen=True, slots=True)
class _Writer:
    """Puts a record into one language."""

    record: OutageRecord
    words: Words
    code: str
    page: str

    def part(self) -> TextPart:
        """Returns this language's part."""
        record = self.record
        deadlines = tuple(self._deadlines())
        return TextPart(
            language=self.words.language,
            title=self._say("title", number=record.number),
            note=self._say("note", time=self.words.stamp(record.as_of)),
            facts=self.facts(),
            sections=(
                Section(paragraphs=(self._say("intro_plan" if record.is_plan else "intro"),)),
                Section(self._say("systems"), facts=tuple(self._systems())),
                *([Section(self._say("deadlines"), facts=deadlines)] if deadlines else []),
                Section(self._say("bulletins"), facts=tuple(self._bulletins())),
                Section(
                    self._say("verification"),
                    (self._say("verify"),),
                    ((self._say("code"), self.code), (self._say("page"), self.page)),
                ),
            ),
        )

    def facts(self) -> Facts:
        """Returns what happened when."""
        record, words = self.record, self.words
        times = {
            "planned_start" if record.is_plan else "began": record.started_at,
            "planned_end": record.planned_end_at,
            "ended": record.restored_at,
            "cancelled": record.cancelled_at,
            "invoked": record.contingency.invoked_at,
            "revoked": record.contingency.revoked_at,
        }
        return (
            (self._say("number"), record.number),
            (self._say("state"), words.of(words.content.wording.states, record.state)),
            *((self._say(name), words.stamp(at)) for name, at in times.items() if at is not None),
        )

    def _systems(self) -> Iterator[tuple[str, str]]:
        words = self.words
        for impact in self.record.impacts:
            name = words.heading(words.content.systems[impact.system].short.plain)
            yield f"{name}{words.direction(impact.direction)}", self._suffered(impact)

    def _suffered(self, impact: RecordedImpact) -> str:
        """Says what a system suffered, and never that it did where it was only planned to."""
        words, start, end = self.words, impact.started_at, impact.restored_at
        if impact.was_withdrawn:
            return self._span("system_withdrawn", end=end)
        if self.record.is_plan:
            return self._span(f"system_{self.record.state}", start, self.record.planned_end_at)
        span = self._span("system_times" if end else "system_since", start, end)
        return f"{words.of(words.content.wording.conditions, impact.condition)}, {span}"

    def _span(self, key: str, start: datetime | None = None, end: datetime | None = None) -> str:
        times = {"start": start, "end": end}
        return self._say(key, **{name: self.words.stamp(at) for name, at in times.items() if at})

    def _deadlines(self) -> Iterator[tuple[str, str]]:
        if self.record.state is OutageState.CANCELLED:
            return  # nothing need be transmitted ahead of an outage that was called off
        known, words = self.record.deadlines, self.words
        for name in (*_TIMES, *_DOCUMENTS):
            at = getattr(known, name)
            if at is not None:
                yield self._say(name), words.stamp(at)
        for relief in self.record.reliefs:
            system = words.heading(words.content.systems[relief.system].short.plain)
            for name in _TIMES[1:]:
                until, end = getattr(relief, name), getattr(known, name)
                if until is not None and until != end:
                    label = self._say(name) if end else words.label(f"{name}_open")
                    yield self._say("extended", name=system, label=label), words.stamp(until)

    def _bulletins(self) -> Iterator[tuple[str, str]]:
        words = self.words
        for one in self.record.bulletins:
            kind = words.pick(words.content.wording.kinds[one.kind].name)
            yield self._say("bulletin", sequence=one.sequence), f"{words.stamp(one.issued_at)} – {kind}"

    def _say(self, key: str, **values: object) -> str:
        text: Bilingual = load_words(_DOCUMENT)[key]
        return text[self.words.language].format_map(values)
