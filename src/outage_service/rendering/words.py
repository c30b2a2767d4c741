"""Content in one language: words, labels, names in a row, and times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from outage_service.content import Content
from outage_service.domain.bulletins import ImpactFacts
from outage_service.domain.systems import Direction, System, in_catalogue_order
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.times import moment, prose_time, table_time

Form = Literal["plain", "the", "of"]
Named = Sequence[tuple[System, Direction | None]]
"""Systems in the catalogue's order; a direction only where it is not both."""
K = TypeVar("K")

_AND = {Language.EN: " and ", Language.FR: " et "}


@dataclass(frozen=True, slots=True)
class Words:
    """What `content` says, in one language."""

    content: Content
    language: Language

    def label(self, name: str, **values: object) -> str:
        """Returns a label of labels.yaml with `values` in its places."""
        return self.content.label(name, self.language).format_map(values)

    def pick(self, text: Bilingual) -> str:
        """Returns the text in this language."""
        return text[self.language]

    def of(self, texts: Mapping[K, Bilingual], key: K) -> str:
        """Returns what `texts` says of `key`."""
        return texts[key][self.language]

    def stamp(self, instant: datetime) -> str:
        """Returns the instant as tables show it."""
        return table_time(instant, self.language)

    def moment(self, instant: datetime) -> str:
        """Returns the instant as sentences say it, in French without its article."""
        return moment(instant, self.language)

    def on(self, instant: datetime) -> str:
        """Returns the instant as sentences say it, in French with its article."""
        return prose_time(instant, self.language)

    def heading(self, text: Bilingual) -> str:
        """Returns a name at the start of a line; English ones bring their own capitals (eManifest)."""
        name = text[self.language]
        return name if self.language is Language.EN else name[0].upper() + name[1:]

    def name(self, system: System, form: Form = "the") -> str:
        """Returns the short name of `system`."""
        noun = self.content.systems[system].short
        return self.pick({"plain": noun.plain, "the": noun.the, "of": noun.of}[form])

    def opening(self, systems: Iterable[System]) -> str:
        """Returns names without articles at the start of a line."""
        names = self.joined([self.name(system, "plain") for system in systems])
        return self.heading(Bilingual(names, names))

    def direction(self, direction: Direction | None) -> str:
        """Returns ` (inbound)` / ` (entrant)`, or nothing where there is none to name."""
        return f" ({self.of(self.content.wording.directions, direction).lower()})" if direction else ""

    def names(self, systems: Named, form: Form = "the") -> str:
        """Returns the systems in a row, each with the direction it has."""
        return self.joined([self.name(system, form) + self.direction(way) for system, way in systems])

    def joined(self, names: Sequence[str]) -> str:
        """Returns `a, b and c` / `a, b et c`."""
        return _AND[self.language].join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def named(impacts: Iterable[ImpactFacts]) -> Named:
    """Returns each system of `impacts` once, with its direction if it is but one of the two."""
    directions: dict[System, set[Direction | None]] = {}
    for impact in impacts:
        directions.setdefault(impact.system, set()).add(impact.direction)
    return [(system, _only_way(directions[system])) for system in in_catalogue_order(directions)]


def _only_way(directions: set[Direction | None]) -> Direction | None:
    return next(iter(directions)) if len(directions) == 1 and Direction.BOTH not in directions else None
