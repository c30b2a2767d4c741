"""The tables of a bulletin in one language: systems, times that matter, help lines, earlier bulletins."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from outage_service.content.catalogue import EffectCase, HelpNumber
from outage_service.domain.bulletins import BulletinFacts, Chapter, ImpactFacts
from outage_service.domain.outages import OutageState
from outage_service.domain.systems import Condition, HelpLine
from outage_service.rendering.prose import restored_meanwhile
from outage_service.rendering.times import minutes_behind
from outage_service.rendering.words import Words

EARLIER_LENGTH = 6_000
"""Characters of earlier messages that a bulletin repeats per language: mail programs cut long ones off."""

HEADING_LENGTH = 300
"""Characters that the heading of an earlier bulletin counts as: in HTML it takes as much room."""

EARLIER_AT_MOST = EARLIER_LENGTH // HEADING_LENGTH + 1
"""How many earlier bulletins to give: one more than there ever is room for, so that it shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label, what it says, and what there is to add."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Something with a name and rows below it."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An earlier bulletin with the operators' own message; without one it had no news."""

    heading: str
    message: str | None


def system_cards(facts: BulletinFacts, words: Words) -> tuple[Card, ...]:
    """Returns what each system suffers, in the order of the title."""
    shown = facts.impacts
    if not facts.state.is_closed:
        back = restored_meanwhile(facts)
        shown = tuple(i for i in shown if i.restored_at is None or i.was_withdrawn or i in back)
    return tuple(
        Card(words.heading(words.content.systems[i.system].full.plain), tuple(_system_rows(i, facts, words)))
        for system in facts.systems
        for i in shown
        if i.system is system
    )


def _system_rows(impact: ImpactFacts, facts: BulletinFacts, words: Words) -> Iterator[Row]:
    wording = words.content.wording
    if impact.was_withdrawn or facts.state is not OutageState.CANCELLED:
        condition = words.of(wording.conditions, impact.condition)
        ended = words.label("withdrawn" if impact.was_withdrawn else "restored")
        yield Row(words.label("condition"), ended if impact.restored_at else condition)
    if impact.behind is not None and not impact.restored_at:
        yield Row(words.label("behind"), minutes_behind(impact.behind))
    if impact.direction is not None:
        yield Row(words.label("direction"), words.of(wording.directions, impact.direction))
    if not impact.was_withdrawn:  # else it has neither a start nor an end, and touches nobody
        yield from _times(impact, facts, words)
        yield Row(words.label("clients"), words.pick(words.content.systems[impact.system].clients))
    if not impact.restored_at and not facts.state.is_closed:
        effect = words.content.effect(impact.system, impact.direction, _case(impact))
        yield Row(words.label("effect"), words.pick(effect))


def _times(impact: ImpactFacts, facts: BulletinFacts, words: Words) -> Iterator[Row]:
    is_plan = facts.state in (OutageState.SCHEDULED, OutageState.CANCELLED)
    yield Row(words.label("planned_start" if is_plan else "started"), words.stamp(impact.started_at))
    if impact.restored_at is not None:
        yield Row(words.label("ended"), words.stamp(impact.restored_at))
    elif facts.planned_end_at is not None:
        yield Row(words.label("planned_end"), words.stamp(facts.planned_end_at))
    else:
        yield Row(words.label("ended"), words.label("ongoing"))


def _case(impact: ImpactFacts) -> EffectCase:
    """A delay that counts as an outage still receives data: say so, not that nothing works (R34, R35).

    An outage that was stated is one, whatever minutes are reported with it (docs/decisions/0006).
    """
    if impact.condition is Condition.DELAY:
        return EffectCase.DELAY
    return EffectCase.BACKLOG if impact.stated is Condition.DELAY else EffectCase.OUTAGE


def key_rows(facts: BulletinFacts, words: Words, next_bulletin: Sequence[str]) -> tuple[Row, ...]:
    """Returns the times nobody may miss: the cut-off before a planned start (R45), the next bulletin.

    `next_bulletin` is when it comes, and what may change that. An estimate that has passed is left out
    until another is given.
    """
    rows = []
    cut_off = facts.deadlines.transmit_by
    if cut_off is not None and facts.state is OutageState.SCHEDULED:
        note = "transmit_by_note" if facts.issued_at < cut_off else "transmit_by_passed"
        rows.append(Row(words.label("transmit_by"), words.moment(cut_off), words.label(note)))
    when, *changes = next_bulletin
    rows.append(Row(words.label("next_bulletin"), when, " ".join(changes)))
    estimate = facts.estimated_resolution_at
    if estimate is not None and facts.issued_at < estimate and not facts.state.is_closed:
        rows.append(Row(words.label("estimated"), words.on(estimate), words.label("estimated_note")))
    return tuple(rows)


def deadline_rows(facts: BulletinFacts, words: Words) -> tuple[Row, ...]:
    """Returns the deadlines that run once procedures are revoked, soonest first (R51, R52, R54)."""
    names = ("documents_recommended_by", "documents_due_at")
    found = [(name, getattr(facts.deadlines, name)) for name in names]
    rows = (Row(words.label(name), words.moment(at), words.label(f"{name}_note")) for name, at in found if at)
    reliefs = (
        row
        for name in ("paper_accepted_until", "penalty_relief_until")
        for row in _relief(name, facts, words)
    )
    return (*reliefs, *rows)


def _relief(name: str, facts: BulletinFacts, words: Words) -> Iterator[Row]:
    """Yields until when relief runs: once where it is the same for all, else for each group of systems."""
    known = getattr(facts.deadlines, name)
    extended = {relief.system: getattr(relief, name) or known for relief in facts.reliefs}
    until = {system: extended.get(system, known) for system in facts.systems}
    key = name if known else f"{name}_open"
    groups = sorted({at for at in until.values() if at})
    for at in groups:
        systems = [system for system in until if until[system] == at]
        label = words.label(key)
        if len(systems) < len(until):
            label = words.label("relief_of", label=label, names=words.opening(systems))
        yield Row(label, words.moment(at), words.label(f"{key}_note"))


def help_card(line: HelpLine, words: Words) -> Card:
    """Returns a help line with its numbers and hours (R20, R24)."""
    text = words.content.lines[line]
    rows = [Row(words.pick(number.reached_from), _dialled(number, words)) for number in text.numbers]
    return Card(
        f"{words.pick(text.name)} ({words.pick(text.abbr)})",
        (*rows, Row(words.label("hours"), words.pick(text.hours))),
    )


def _dialled(number: HelpNumber, words: Words) -> str:
    return f"{number.number}, {words.pick(number.option)}" if number.option else number.number


def earlier_entries(earlier: Iterable[Chapter], words: Words) -> tuple[tuple[Entry, ...], bool]:
    """Returns the earlier bulletins, newest first, and whether older ones had to be left out.

    The longer language decides, so that both show the same ones.
    """
    entries: list[Entry] = []
    room = EARLIER_LENGTH
    for chapter in earlier:
        room -= HEADING_LENGTH
        room -= max(len(chapter.message.en), len(chapter.message.fr)) if chapter.message else 0
        if room < 0:
            return tuple(entries), True
        kind = words.pick(words.content.wording.kinds[chapter.kind].name)
        number = words.label("bulletin_number", sequence=chapter.sequence)
        message = words.pick(chapter.message) if chapter.message else None
        entries.append(Entry(f"{number} – {kind} – {words.stamp(chapter.issued_at)}", message))
    return tuple(entries), False
