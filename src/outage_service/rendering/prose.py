"""Prose of bulletins: the parts in `templates/bulletins/<kind>/<part>.<language>.txt`, filled with the facts.

A kind has only the parts in which it differs; the others are in `_base/`. To add a part: a file in `_base/`
in both languages, and the field of `sections.Section` that shows it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outage_service.domain.bulletins import BulletinFacts, ImpactFacts
from outage_service.domain.systems import FULL_OUTAGE, Condition
from outage_service.rendering.templating import environment, paragraphs
from outage_service.rendering.titles import titled_impacts
from outage_service.rendering.words import Words, named


@dataclass(frozen=True, slots=True)
class Group:
    """The names of systems that began to suffer together, also after "of", and when that was."""

    names: str
    of: str
    since: datetime


class Prose:
    """Fills the parts of one bulletin in one language."""

    def __init__(self, facts: BulletinFacts, words: Words) -> None:
        self._folders = (f"bulletins/{facts.kind}", "bulletins/_base")
        self._language = words.language
        self._values = _values(facts, words)

    def part(self, name: str) -> tuple[str, ...]:
        """Returns the paragraphs of a part."""
        candidates = [f"{folder}/{name}.{self._language}.txt" for folder in self._folders]
        return paragraphs(environment().select_template(candidates).render(self._values))


def _values(facts: BulletinFacts, words: Words) -> dict[str, Any]:
    affected = titled_impacts(facts)
    # "Full" names five systems: only others are told one by one.
    told = [i for i in affected if not (facts.is_full and i.system in FULL_OUTAGE)]
    outages = [i for i in told if i.condition is Condition.OUTAGE]
    delays = [i for i in told if i.condition is Condition.DELAY]
    return {
        "facts": facts,
        "when": words.moment,
        "assume_ongoing": words.pick(words.content.wording.assume_ongoing),
        "extended": words.joined(
            [words.name(system) for system in facts.extends.systems] if facts.extends else []
        ),
        "restored": words.names(named(restored_meanwhile(facts))),
        "withdrawn": words.names(named(_withdrawn(facts))),
        **_group("affected", affected, words),
        **_group("outages", outages, words),
        **_group("delays", delays, words),
    }


def _group(name: str, impacts: Iterable[ImpactFacts], words: Words) -> dict[str, Any]:
    listed = tuple(impacts)
    return {
        name: words.names(named(listed)),
        f"{name}_of": words.names(named(listed), "of"),
        f"{name}_by_start": tuple(_by_start(listed, words)),
    }


def _by_start(impacts: Sequence[ImpactFacts], words: Words) -> Iterator[Group]:
    """Yields together what began together: nobody is told another system's earlier start."""
    for start in sorted({impact.started_at for impact in impacts}):
        alike = named(impact for impact in impacts if impact.started_at == start)
        yield Group(words.names(alike), words.names(alike, "of"), start)


def restored_meanwhile(facts: BulletinFacts) -> tuple[ImpactFacts, ...]:
    """Returns what an update dropped from an outage still open, unless the same has failed again."""
    return _gone(facts, [i for i in facts.impacts if i.restored_at and not i.was_withdrawn])


def _withdrawn(facts: BulletinFacts) -> tuple[ImpactFacts, ...]:
    """Returns what an update took off a planned outage, unless it has been put back."""
    return _gone(facts, [i for i in facts.impacts if i.was_withdrawn])


def _gone(facts: BulletinFacts, dropped: Iterable[ImpactFacts]) -> tuple[ImpactFacts, ...]:
    active = [i for i in facts.impacts if i.restored_at is None]
    return tuple(i for i in dropped if not any(_is_again(i, other) for other in active))


def _is_again(dropped: ImpactFacts, active: ImpactFacts) -> bool:
    if dropped.system is not active.system or dropped.direction is None or active.direction is None:
        return dropped.system is active.system
    return dropped.direction.overlaps(active.direction)
