"""What the content files say, as checked, frozen types.

To add a kind of content: a model here, a field of `Content`, a file named after the field.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import ContingencyState, OutageState
from outage_service.domain.subscriptions import SubscriptionKind
from outage_service.domain.systems import CATALOGUE, Condition, Direction, HelpLine, InternalSystem, System
from outage_service.domain.texts import Bilingual, Language

K = TypeVar("K", bound=StrEnum)
V = TypeVar("V")


class Entry(BaseModel):
    """Frozen; a key nobody knows is a spelling mistake and is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _complete(entries: dict[K, V]) -> dict[K, V]:
    """Refuses a mapping that lacks a member of its keys' enumeration."""
    members = type(next(iter(entries))) if entries else StrEnum
    missing = [str(member) for member in members if member not in entries]
    if missing or not entries:
        raise ValueError(f"nothing is said of {', '.join(missing) or 'anything'}")
    return entries


Complete = Annotated[dict[K, V], AfterValidator(_complete)]
"""A mapping with an entry for every member of the enumeration of its keys."""


class Noun(Entry):
    """A name in the forms that sentences need: alone, with its article, and after "of" (de l’, du, de la)."""

    plain: Bilingual
    the: Bilingual
    of: Bilingual


class EffectCase(StrEnum):
    """Why data sent meanwhile fares as it does; a backlog is a delay that counts as an outage (R34, R35)."""

    OUTAGE = "outage"
    BACKLOG = "backlog"
    DELAY = "delay"


class SystemText(Entry):
    """One system in words."""

    full: Noun
    short: Noun
    abbr: Bilingual
    clients: Bilingual
    effects: dict[EffectCase, dict[Direction, Bilingual]]


class HelpNumber(Entry):
    """A telephone number as people dial it, from where, and what to press afterwards."""

    number: str
    reached_from: Bilingual
    option: Bilingual | None = None


class HelpLineText(Entry):
    """A help line as it is printed (R20, R24)."""

    name: Bilingual
    abbr: Bilingual
    numbers: tuple[HelpNumber, ...]
    hours: Bilingual
    provisional: bool = False


class KindText(Entry):
    """A kind of bulletin: its name in lists, and what stands before the title of its subject, if anything."""

    name: Bilingual
    prefix: Bilingual | None = None


class Wording(Entry):
    """Words that are the same on bulletins, pages and telephone lines."""

    assume_ongoing: Bilingual
    kinds: Complete[BulletinKind, KindText]
    conditions: Complete[Condition, Bilingual]
    directions: Complete[Direction, Bilingual]
    states: Complete[OutageState, Bilingual]
    contingency: Complete[ContingencyState, Bilingual]
    subscription_kinds: Complete[SubscriptionKind, Bilingual]
    internal_systems: Complete[InternalSystem, Bilingual]


class Phase(StrEnum):
    """Where an outage stands for its clients: it decides what they are to do."""

    AHEAD = "ahead"
    LATE = "late"
    PROCEDURES = "procedures"
    BACKLOG = "backlog"
    DELAY = "delay"
    RELIEVED = "relieved"
    CATCH_UP = "catch_up"
    NOTHING = "nothing"


class Action(Entry):
    """One line of what to do; `cases` None concerns every system."""

    id: str
    phases: frozenset[Phase]
    text: Bilingual
    cases: dict[System, frozenset[Direction]] | None = None

    def concerns(self, system: System, direction: Direction | None) -> bool:
        """Returns whether it is for clients of `system`, affected in `direction` (None where it has none)."""
        return self.cases is None or (direction or Direction.BOTH) in self.cases.get(system, frozenset())


class Term(Entry):
    """An official pair of terms; `provisional` marks our own translation."""

    en: str
    fr: str
    provisional: bool = False


class Content(Entry):
    """Everything the content files say, complete in both languages."""

    systems: Complete[System, SystemText]
    lines: Complete[HelpLine, HelpLineText]
    wording: Wording
    labels: Mapping[str, Bilingual]
    actions: tuple[Action, ...]
    glossary: tuple[Term, ...]

    @model_validator(mode="after")
    def _fits_the_catalogue(self) -> Self:
        for system, entry in CATALOGUE.items():
            cases = set(EffectCase) if entry.threshold else {EffectCase.OUTAGE, EffectCase.DELAY}
            directions = set(Direction) if entry.has_directions else {Direction.BOTH}
            effects = self.systems[system].effects
            if set(effects) != cases or any(set(texts) != directions for texts in effects.values()):
                raise ValueError(f"{system}: effects must be {sorted(cases)}, each with {sorted(directions)}")
        return self

    def effect(self, system: System, direction: Direction | None, case: EffectCase) -> Bilingual:
        """Returns what happens to data sent meanwhile (R37–R43)."""
        return self.systems[system].effects[case][direction or Direction.BOTH]

    def label(self, name: str, language: Language) -> str:
        """Returns a label of `labels.yaml`.

        Raises:
            KeyError: there is no such label.
        """
        return self.labels[name][language]
