"""Subscribers from and to CSV: `email,language,systems,kinds`, lists separated by `;`, blank for all."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from outage_service.domain.subscriptions import (
    SubscriptionKind,
    kinds_mask,
    kinds_of_mask,
    systems_mask,
    systems_of_mask,
)
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import suppressions
from outage_service.services.addresses import AddressRefused, parse_address
from outage_service.services.engine import Engine
from outage_service.storage import Connection, audit
from outage_service.storage.subscribers import Choices, insert_subscribers, iterate_active, known_keys

E = TypeVar("E", System, SubscriptionKind)

HEADER = ["email", "language", "systems", "kinds"]
CHUNK = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A refused line: its number in the file (the header is 1) and why, without the address.

    `code` never changes: pages say the reason in their own language.
    """

    line: int
    reason: str
    code: str


@dataclass(slots=True)
class ImportPlan:
    """What a file holds: people to add, lines refused. An address that comes again is refused."""

    choices: list[Choices] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


class _BadCell(ValueError):
    """A line cannot be used."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class WrongHeader(ValueError):
    """The first line is not the header that was expected."""


def read_file(lines: Iterable[str]) -> ImportPlan:
    """Reads a CSV file whole and refuses each wrong line by number.

    No cell holds a line break: each line is read by itself, so that a quote left open costs one line.

    Raises:
        WrongHeader: the first line is not `email,language,systems,kinds`.
    """
    numbered = enumerate(lines, 1)
    _check_header(next(numbered, (1, ""))[1])
    plan, seen = ImportPlan(), set[str]()
    for number, line in numbered:
        if not line.strip(" ,\t\r\n"):
            continue
        try:
            choices = _choices(_cells(line))
        except _BadCell as error:
            plan.bad.append(BadLine(number, str(error), error.code))
            continue
        if choices.address_key in seen:
            plan.bad.append(BadLine(number, "The address stands in the file twice.", "twice"))
            continue
        seen.add(choices.address_key)
        plan.choices.append(choices)
    return plan


def _check_header(line: str) -> None:
    expected = f"The first line must be {','.join(HEADER)}."
    try:
        names = [name.strip().lower() for name in _cells(line.removeprefix("\ufeff"))]
    except _BadCell as error:
        raise WrongHeader(expected) from error
    if names != HEADER:
        raise WrongHeader(expected)


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise _BadCell("not_csv", f"This is not CSV: {error}.") from error


def _choices(row: list[str]) -> Choices:
    if len(row) != len(HEADER):
        raise _BadCell("columns", f"It has {len(row)} columns instead of {len(HEADER)}.")
    email, language, systems, kinds = (cell.strip() for cell in row)
    try:
        address = parse_address(email.removeprefix("'"))
    except AddressRefused as error:
        raise _BadCell("address", str(error)) from error
    if language not in set(Language):
        raise _BadCell("language", "The language must be en or fr.")
    return Choices(
        address.wire,
        address.key,
        Language(language),
        systems_mask(_listed(systems, System, "system")),
        kinds_mask(_listed(kinds, SubscriptionKind, "kind")),
    )


def _listed(cell: str, known: type[E], what: str) -> list[E]:
    names = [name.strip() for name in cell.split(";") if name.strip()]
    unknown = [name for name in names if name not in set(known)]
    if unknown:
        raise _BadCell(what, f"An unknown {what}; known are {', '.join(known)}.")
    return [known(name) for name in names]


def refuse_known(tx: Connection, plan: ImportPlan) -> int:
    """Drops people from the plan who are subscribers already, whatever their state; returns how many."""
    known: set[str] = set()
    for start in range(0, len(plan.choices), CHUNK):
        known |= known_keys(tx, [one.address_key for one in plan.choices[start : start + CHUNK]])
    plan.choices = [one for one in plan.choices if one.address_key not in known]
    return len(known)


def import_chunk(engine: Engine, tx: Connection, chunk: list[Choices], *, actor: str) -> None:
    """Adds people who count as confirmed; nobody is written to."""
    now = engine.clock()
    insert_subscribers(tx, chunk, now=now)
    suppressions.hold_back(engine, tx, [one.address_key for one in chunk])
    audit.record(tx, "subscribers_imported", at=now, actor=actor, detail={"count": len(chunk)})


def record_export(engine: Engine, tx: Connection, *, actor: str) -> None:
    """Notes in the audit log that somebody took the list along."""
    audit.record(tx, "subscribers_exported", at=engine.clock(), actor=actor)


def export_rows(tx: Connection) -> Iterator[list[str]]:
    """Yields the header and a row for each active subscriber; cells a spreadsheet would run are quoted."""
    yield HEADER
    for one in iterate_active(tx):
        chosen = one.choices
        systems = ";".join(systems_of_mask(chosen.systems))
        kinds = ";".join(kinds_of_mask(chosen.kinds))
        yield [_inert(chosen.email), chosen.language.value, systems, kinds]


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
