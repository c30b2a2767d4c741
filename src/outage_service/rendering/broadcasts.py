"""What a help line says (R11, R20–R25), in three frames of mind: known, last known, and not known at all.

The sentences are in `content/voice.yaml`. The order is that of a listener's needs: which system, its state,
since when, procedures, assume ongoing, the next update, the time of the message.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum

from outage_service.content import Content
from outage_service.content.voice import load_voice
from outage_service.domain.broadcasts import SPOKEN_AT_MOST, LineEvent, LineFacts, LineState, says_normal
from outage_service.domain.systems import Condition, HelpLine, System, in_catalogue_order, systems_of_line
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.script import Script, spaced_digits


class _Detail(IntEnum):
    """How much is told; a message too long in one language falls back to the next in both."""

    FULL = 0
    NO_WINDOWS = 1  # of what is to come
    NO_ENDS = 2  # that were planned for what has begun
    SYSTEMS = 3  # only which are affected, by their abbreviations; the bulletins tell the rest
    LEAST = 4  # nothing of what is to come


_Telling = Callable[[LineFacts, Script, _Detail], list[str]]
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # for texts that tell no time


@dataclass(frozen=True, slots=True)
class LineMessage:
    """What one line says; `is_stale` where it may be old, `is_override` where an operator wrote it."""

    line: HelpLine
    state: LineState
    text: Bilingual
    is_stale: bool = False
    is_override: bool = False


def current_message(facts: LineFacts, content: Content) -> LineMessage:
    """Returns what a line says whose state has just been checked; an override comes first (R23)."""
    own = _override(facts, content)
    return LineMessage(
        facts.line, facts.state, own or _spoken(facts, content, _current), is_override=own is not None
    )


def last_known_message(facts: LineFacts, content: Content) -> LineMessage:
    """Returns what stays true however old `facts` get: never "normal", never an override (P21)."""
    state = LineState.UNKNOWN if facts.state is LineState.NORMAL else facts.state
    return LineMessage(facts.line, state, _spoken(facts, content, _last_known), is_stale=True)


def unknown_message(line: HelpLine, content: Content) -> LineMessage:
    """Returns what a line says where nothing was ever known: a first start without a database (P21)."""
    nothing = LineFacts(line, systems_of_line(line), as_of=_ANY_TIME)
    return LineMessage(line, LineState.UNKNOWN, _spoken(nothing, content, _nothing_known), is_stale=True)


def not_found_sentence(content: Content) -> str:
    """Returns what to say where there is no such line or format: English, then French."""
    desk = content.lines[HelpLine.TCCU]
    number = spaced_digits(desk.numbers[0].number)
    pattern = load_voice().not_found
    return " ".join(
        pattern[lang].format(name=_with_article(desk.name, lang), number=number) for lang in Language
    )


def _with_article(name: Bilingual, language: Language) -> str:
    return f"the {name.en}" if language is Language.EN else name.fr


def _override(facts: LineFacts, content: Content) -> Bilingual | None:
    """The operator's text with what must be appended; None where there is none or it cannot be said.

    An outage can open after its text was checked (a planned start issues no bulletin to end it): a text
    that says "normal" gives way then.
    """
    if facts.override is None:
        return None
    said = facts.override.message
    if not facts.is_open:
        return said
    assume = content.wording.assume_ongoing
    text = Bilingual(f"{said.en} {assume.en}", f"{said.fr} {assume.fr}")
    if _is_too_long(text) or any(says_normal(said[language]) for language in Language):
        return None
    return text


def _spoken(facts: LineFacts, content: Content, tell: _Telling) -> Bilingual:
    """The message in all the detail that fits, the same in both languages."""
    *details, least = _Detail
    for detail in details:
        text = _told(facts, content, tell, detail)
        if not _is_too_long(text):
            return text
    return _told(facts, content, tell, least)


def _told(facts: LineFacts, content: Content, tell: _Telling, detail: _Detail) -> Bilingual:
    def in_(language: Language) -> str:
        script = Script(
            content,
            load_voice(),
            language,
            facts.as_of,
            is_brief=detail >= _Detail.SYSTEMS,
            tells_ends=detail < _Detail.NO_ENDS,
        )
        return " ".join(tell(facts, script, detail))

    return Bilingual(in_(Language.EN), in_(Language.FR))


def _is_too_long(text: Bilingual) -> bool:
    return any(len(text[language]) > SPOKEN_AT_MOST for language in Language)


def _current(facts: LineFacts, script: Script, detail: _Detail) -> list[str]:
    time = script.say(script.voice.message_of, at=script.as_of_in_full())
    upcoming = _upcoming(facts, script, detail)
    if not facts.is_open:
        return [script.running(facts.systems), _procedures(facts, script), *upcoming, time]
    due = min((event.next_due_at for event in facts.events if event.next_due_at), default=None)
    return [
        *_events(facts, script, detail),
        _procedures(facts, script),
        script.say(script.content.wording.assume_ongoing),
        script.next_update(due),
        *upcoming,
        time,
    ]


def _last_known(facts: LineFacts, script: Script, detail: _Detail) -> list[str]:
    script = replace(script, is_lasting=True)
    texts, at = script.voice.last_known, script.as_of_in_full()
    nothing_open = script.say(texts.nothing_open, at=at, names=script.names(facts.systems))
    in_effect = facts.procedures_remain or any(event.procedures_apply for event in facts.events)
    return [
        script.say(texts.open, at=at) if facts.is_open else nothing_open,
        *_events(facts, script, detail),
        *([_procedures(facts, script)] if in_effect else []),
        *_upcoming(facts, script, detail),
        script.say(texts.since_then),
        script.say(script.voice.assume_announced),
    ]


def _nothing_known(facts: LineFacts, script: Script, _: _Detail) -> list[str]:
    unknown = script.say(script.voice.unknown, names=script.names_of(facts.systems))
    return [unknown, script.say(script.voice.assume_announced)]


def _procedures(facts: LineFacts, script: Script) -> str:
    remaining = facts.procedures_remain
    if not facts.is_open and remaining:
        return script.remaining(remaining)
    applying = [system for event in facts.events if event.procedures_apply for system in event.systems]
    return script.procedures(_systems(facts.events), in_catalogue_order([*applying, *remaining]))


def _events(facts: LineFacts, script: Script, detail: _Detail) -> list[str]:
    if detail >= _Detail.SYSTEMS and facts.is_open:
        return [script.say(script.voice.several, names=script.names(_systems(facts.events)))]
    return [sentence for event in sorted(facts.events, key=_worst_first) for sentence in script.event(event)]


def _worst_first(event: LineEvent) -> tuple[bool, datetime]:
    return event.condition is not Condition.OUTAGE, event.started_at


def _upcoming(facts: LineFacts, script: Script, detail: _Detail) -> list[str]:
    if not facts.upcoming or detail >= _Detail.LEAST:
        return []
    if detail >= _Detail.NO_WINDOWS:
        return [script.several_upcoming(_systems(facts.upcoming), count=len(facts.upcoming))]
    return [script.upcoming(event) for event in sorted(facts.upcoming, key=lambda event: event.started_at)]


def _systems(events: Iterable[LineEvent]) -> tuple[System, ...]:
    return in_catalogue_order(system for event in events for system in event.systems)
