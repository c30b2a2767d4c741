"""Standard texts for operators, from `standard_texts.yaml`: one for each situation and system it can befall.

To add one: an entry of the file. To add a type of field: a member of `FieldKind`, and its line in
`services/standard_texts.py`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from outage_service.content.catalogue import SystemText
from outage_service.content.loading import load_content
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language

_FILE = Path(__file__).resolve().parent / "standard_texts.yaml"
_PLACE = re.compile(r"\{(\w+)\}")
_NOUNS = frozenset({"the", "of"})


class FieldKind(StrEnum):
    """What an operator fills in: minutes behind, an instant, a day, or words in both languages."""

    MINUTES = "minutes"
    TIME = "time"
    DATE = "date"
    TEXT = "text"


class Use(StrEnum):
    """The act a text is meant for; `schedule` is the announcement of a scheduled outage."""

    DECLARE = "declare"
    SCHEDULE = "schedule"
    UPDATE = "update"
    RESOLVE = "resolve"
    REVOKE = "revoke"
    CANCEL = "cancel"
    CORRECT = "correct"
    GRACE = "grace"


class Premise(StrEnum):
    """What a text says that is not true of every outage it could be chosen for."""

    PROCEDURES_REMAIN = "procedures_remain"
    PLANNED_WORK = "planned_work"


@dataclass(frozen=True, slots=True)
class StandardText:
    """A text with places for its fields; `system` is None where it is about several, or names none.

    `situation` is its entry in the file, `says` what has to be true for it.
    """

    id: str
    situation: str
    system: System | None
    name: Bilingual
    uses: tuple[Use, ...]
    fields: Mapping[str, FieldKind]
    pattern: Bilingual
    says: Premise | None = None


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Noun(_Entry):
    the: Bilingual
    of: Bilingual


class _Situation(_Entry):
    name: Bilingual
    uses: Annotated[tuple[Use, ...], Field(min_length=1)]
    says: Premise | None = None
    fields: dict[_Name, FieldKind] = Field(default_factory=dict)
    text: Bilingual | None = None
    texts: dict[System, Bilingual] = Field(default_factory=dict)


class _File(_Entry):
    several: _Noun
    situations: dict[_Name, _Situation]


class WrongStandardText(ValueError):
    """A text has a place that is no field, or lacks one in a language."""


@cache
def standard_texts() -> Mapping[str, StandardText]:
    """Returns every standard text by its id, in the order of the file.

    Raises:
        pydantic.ValidationError: the file lacks something or has a key nobody knows.
        WrongStandardText: a text and its fields do not fit.
    """
    return read_standard_texts(_FILE.read_text(encoding="utf-8"), load_content().systems)


def read_standard_texts(written: str, systems: Mapping[System, SystemText]) -> Mapping[str, StandardText]:
    """Returns the texts that a file describes; see `standard_texts`."""
    file = _File.model_validate(yaml.safe_load(written))
    made = [
        text
        for situation, entry in file.situations.items()
        for text in _texts_of(situation, entry, file.several, systems)
    ]
    return {text.id: text for text in made}


def _texts_of(
    situation: str, entry: _Situation, several: _Noun, systems: Mapping[System, SystemText]
) -> Iterator[StandardText]:
    if entry.text is not None:
        yield _made(situation, None, entry, _named(entry.text, several))
    for system, wording in systems.items():
        pattern = entry.texts.get(system)
        if pattern is None and entry.text is not None and _NOUNS & _places(entry.text.en):
            noun = _Noun(the=wording.short.the, of=wording.short.of)
            pattern = _named(entry.text, noun)
        if pattern is not None:
            yield _made(situation, system, entry, pattern)


def _made(situation: str, system: System | None, entry: _Situation, pattern: Bilingual) -> StandardText:
    text_id = situation if system is None else f"{system}_{situation}"
    for language in Language:
        if _places(pattern[language]) != set(entry.fields):
            raise WrongStandardText(f"{text_id}, {language}: its places must be {sorted(entry.fields)}")
    return StandardText(
        text_id, situation, system, entry.name, entry.uses, entry.fields, pattern, says=entry.says
    )


def _named(text: Bilingual, noun: _Noun) -> Bilingual:
    """Returns the text with the name of its systems filled in, and its other places left."""

    def fill(language: Language) -> str:
        return text[language].replace("{the}", noun.the[language]).replace("{of}", noun.of[language])

    return Bilingual(fill(Language.EN), fill(Language.FR))


def _places(text: str) -> set[str]:
    return set(_PLACE.findall(text))
