"""What somebody searches the archive for, as a form sends it: blanks for what does not matter."""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from outage_service.domain.calendar import at_wall_clock
from outage_service.domain.outages import OutageState
from outage_service.domain.systems import System
from outage_service.services.request_types import EARLIEST, LATEST
from outage_service.storage.archive import ArchiveFilter

WORDS_LONGEST = 100
"""Characters."""
WORDS_AT_MOST = 8
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MIDNIGHT = time(0)
_VALUES_AT_MOST = 20
Text = Annotated[str, Query(max_length=1_000)]
Texts = Annotated[list[str], Query(max_length=_VALUES_AT_MOST)]
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """The form as it was sent, what it comes to, and the names of the fields that cannot be used."""

    q: str
    system: tuple[str, ...]
    state: list[str]
    since: str
    until: str
    wanted: ArchiveFilter
    errors: tuple[str, ...]

    def query(self) -> list[tuple[str, str]]:
        """Returns the same search as the parameters of an address."""
        given = [("q", self.q), ("since", self.since), ("until", self.until)]
        given += [("system", code) for code in self.system] + [("state", code) for code in self.state]
        return [(name, value) for name, value in given if value]


def read_search(
    q: Text = "",
    system: Texts = [],  # noqa: B006 - FastAPI copies it
    state: Texts = [],  # noqa: B006
    since: Text = "",
    until: Text = "",
) -> SearchAsked:
    """Returns the search that a form asks for; days are Eastern ones, both included."""
    errors: list[str] = []
    text = "".join(" " if unicodedata.category(one)[0] == "C" else one for one in q).strip()
    if len(text) > WORDS_LONGEST:
        errors.append("words")
        text = text[:WORDS_LONGEST]
    systems = _members(System, system, "system", errors)
    states = _members(OutageState, state, "state", errors)
    begin, end = _day(since, "since", errors), _day(until, "until", errors)
    if begin and end and end < begin:
        errors.append("until")
    wanted = ArchiveFilter(
        systems,
        states,
        since=_midnight(begin),
        before=_midnight(end + timedelta(days=1)) if end else None,
        words=text.split()[:WORDS_AT_MOST],
    )
    return SearchAsked(
        text, tuple(systems), [each.value for each in states], since, until, wanted, tuple(errors)
    )


Search = Annotated[SearchAsked, Depends(read_search)]


def _members(known: type[E], given: Sequence[str], name: str, errors: list[str]) -> list[E]:
    chosen = [value for value in given if value]
    if set(chosen) <= {member.value for member in known}:
        return [known(value) for value in dict.fromkeys(chosen)]
    errors.append(name)
    return []


def _day(given: str, name: str, errors: list[str]) -> date | None:
    if not given:
        return None
    with suppress(ValueError):
        found = date.fromisoformat(given)
        if _DAY.fullmatch(given) and EARLIEST.date() < found < LATEST.date():
            return found
    errors.append(name)
    return None


def _midnight(day: date | None) -> datetime | None:
    return at_wall_clock(day, _MIDNIGHT) if day else None
