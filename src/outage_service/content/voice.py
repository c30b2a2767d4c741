"""The sentences of the help lines' messages, from `voice.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict

from outage_service.domain.systems import Direction
from outage_service.domain.texts import Bilingual

_FILE = Path(__file__).resolve().parent / "voice.yaml"


def _same_blanks(pattern: Bilingual) -> Bilingual:
    if _blanks(pattern.en) != _blanks(pattern.fr):
        raise ValueError(f"the two languages leave different blanks: {pattern.en!r}, {pattern.fr!r}")
    return pattern


def _blanks(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}


Pattern = Annotated[Bilingual, AfterValidator(_same_blanks)]
"""A sentence with blanks for `str.format`, the same ones in both languages."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agreeing(_Entry):
    """A sentence that agrees in number with what it counts: systems, or outages."""

    one: Pattern
    many: Pattern

    def for_count(self, count: int) -> Bilingual:
        """Returns the form for that many."""
        return self.one if count == 1 else self.many


class Windows(_Entry):
    """What follows the start of a scheduled outage that has begun."""

    open: Pattern
    ended: Pattern
    overrun: Pattern


class Upcoming(_Entry):
    """Scheduled outages that have not begun: one with its window, or all of them by their systems."""

    each: Pattern
    several: Agreeing


class Procedures(_Entry):
    """Whether contingency procedures may be followed."""

    in_effect: Pattern
    partly: Pattern
    not_in_effect: Pattern
    remain: Pattern


class LastKnown(_Entry):
    """What stays true however old it gets."""

    open: Pattern
    nothing_open: Pattern
    remain: Pattern
    upcoming: Upcoming
    since_then: Pattern


class PageText(_Entry):
    """The page that outlives the service."""

    title: Pattern
    about: Pattern


class VoiceText(_Entry):
    """Everything a line can say, in both languages."""

    running: Agreeing
    outage: Agreeing
    delay: Agreeing
    directions: Mapping[Direction, Pattern]
    windows: Windows
    several: Pattern
    upcoming: Upcoming
    procedures: Procedures
    next_update: Pattern
    next_update_soon: Pattern
    message_of: Pattern
    last_known: LastKnown
    unknown: Pattern
    assume_announced: Pattern
    not_found: Pattern
    page: PageText


@cache
def load_voice() -> VoiceText:
    """Returns the sentences, each with the same blanks in both languages.

    Raises:
        pydantic.ValidationError: a sentence or a language is missing, or the blanks differ.
    """
    return VoiceText.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
