"""Subscribers from and to CSV: `email,language,systems,kinds`, lists separated by `;`, blank for all."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TypeVar

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
from outage_service.storage.locks import take_turns
from outage_service.storage.subscribers import (
    Choices,
    count_active,
    insert_subscribers,
    iterate_active,
    known_keys,
)

E = TypeVar("E", System, SubscriptionKind)

HEADER = ["email", "language", "systems", "kinds"]
CHUNK = 500
PART = 5_000
"""So many people are added in one transaction; others wait for it, a declaration among them (decision 2)."""
_IN_MEMORY = 1024 * 1024
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

    def parts(self) -> list["ImportPlan"]:
        """Returns plans for one transaction each, of which the first may be empty."""
        starts = range(0, max(1, len(self.choices)), PART)
        return [ImportPlan(self.choices[start : start + PART]) for start in starts]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many people were added, and how many passed over since they are subscribers already."""

    added: int = 0
    known: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(self.added + other.added, self.known + other.known)


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


def import_part(engine: Engine, tx: Connection, part: ImportPlan, *, actor: str) -> Imported:
    """Adds the people of a plan, or of a part of one, who are no subscribers yet; nobody is written to."""
    take_turns(tx, "import")
    known = refuse_known(tx, part)
    for start in range(0, len(part.choices), CHUNK):
        import_chunk(engine, tx, part.choices[start : start + CHUNK], actor=actor)
    return Imported(len(part.choices), known)


def import_parts(
    engine: Engine,
    parts: Iterable[ImportPlan],
    *,
    actor: str,
    advance: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Adds the people of each part in a transaction of its own; interrupted, it may be run again.

    Args:
        advance: told how many people each part had.
    """
    done = Imported()
    for part in parts:
        count = len(part.choices)
        done += engine.act(partial(_import_part, engine, part, actor))
        advance(count)
    return done


def _import_part(engine: Engine, part: ImportPlan, actor: str, tx: Connection) -> Imported:
    return import_part(engine, tx, part, actor=actor)


def import_chunk(engine: Engine, tx: Connection, chunk: list[Choices], *, actor: str) -> None:
    """Adds people who count as confirmed; nobody is written to."""
    now = engine.clock()
    insert_subscribers(tx, chunk, now=now)
    suppressions.hold_back(engine, tx, [one.address_key for one in chunk])
    audit.record(tx, "subscribers_imported", at=now, actor=actor, detail={"count": len(chunk)})


Rows = Iterable[list[str]]


def export(
    engine: Engine, *, actor: str, line_end: str, watched: Callable[[Rows, int], Rows] = lambda rows, _: rows
) -> IO[str]:
    """Returns the active subscribers as a file to be read and closed, and records who took them along.

    It is read in whole first: no transaction is open while whoever gets it takes their time (P16).

    Args:
        watched: given the rows and their number, returns them while it shows how far they have come.
    """
    engine.db.write(lambda tx: audit.record(tx, "subscribers_exported", at=engine.clock(), actor=actor))
    file: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by whoever reads it
        _IN_MEMORY, "w+", encoding="utf-8", newline=""
    )
    with engine.db.read() as tx:
        rows = watched(_rows(tx), count_active(tx) + 1)
        csv.writer(file, lineterminator=line_end).writerows(rows)
    file.seek(0)
    return file


def _rows(tx: Connection) -> Iterator[list[str]]:
    """Yields the header and a row for each active subscriber; cells a spreadsheet would run are quoted."""
    yield HEADER
    for one in iterate_active(tx):
        chosen = one.choices
        systems = ";".join(systems_of_mask(chosen.systems))
        kinds = ";".join(kinds_of_mask(chosen.kinds))
        yield [_inert(chosen.email), chosen.language.value, systems, kinds]


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
