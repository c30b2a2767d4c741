"""What the site shows of outages present and past, read in the caller's connection; nothing here writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from outage_service.domain.calendar import at_wall_clock
from outage_service.domain.history import Day, first_day, history_of
from outage_service.domain.outages import Outage
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from outage_service.services import queries
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection
from outage_service.storage import archive as rows
from outage_service.storage.archive import ArchiveFilter
from outage_service.storage.bulletins import BulletinRecord, latest_messages
from outage_service.storage.outages import outages_in_effect, relapses_of

OUTAGES_AT_MOST = 5_000
"""Outages that a history is made of."""
CURRENT_AT_MOST = 20
"""Outages that somebody new is told of."""


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """An outage with all that everybody may know: bulletins oldest first, related outages by number."""

    outage: Outage
    bulletins: tuple[BulletinRecord, ...]
    relapse_of: str | None
    relapsed_by: tuple[str, ...]

    @property
    def message(self) -> Bilingual | None:
        """The latest news."""
        return next((one.message for one in reversed(self.bulletins) if one.message), None)


def find_record(tx: Connection, number: str) -> PublicRecord:
    """Returns the outage with this number.

    Raises:
        NotFound: there is none.
    """
    outage_id = rows.outage_id_of(tx, number)
    if outage_id is None:
        raise NotFound("outage", number)
    view = queries.find_outage(tx, outage_id)
    relapse_of = view.outage.relapse_of
    return PublicRecord(
        view.outage,
        view.bulletins,
        rows.number_of(tx, relapse_of) if relapse_of is not None else None,
        tuple(number for _, number in relapses_of(tx, outage_id)),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """An outage of the archive and its latest news."""

    outage: Outage
    message: Bilingual | None


def search(
    engine: Engine, tx: Connection, wanted: ArchiveFilter, *, before_id: int | None, limit: int
) -> list[Found]:
    """Returns outages, newest first; the states follow the clock (R17)."""
    outages = rows.search_outages(tx, wanted, before_id=before_id, limit=limit, now=engine.clock())
    messages = latest_messages(tx, [outage.id for outage in outages])
    return [Found(outage, messages.get(outage.id)) for outage in outages]


def history(engine: Engine, tx: Connection) -> Mapping[System, tuple[Day, ...]]:
    """Returns how each system fared over the last days."""
    now = engine.clock()
    since = at_wall_clock(first_day(now), time(0))
    return history_of(rows.outages_of_period(tx, since=since, now=now, limit=OUTAGES_AT_MOST), now)


@dataclass(frozen=True, slots=True)
class Current:
    """An outage that is not over, its latest news, and the newest of its bulletins."""

    outage: Outage
    message: Bilingual | None
    bulletin_id: int


def current_for(tx: Connection, *, systems: int, kinds: int) -> list[Current]:
    """Returns the outages whose next bulletin reaches a subscriber with these masks (R14), newest first."""
    outages = [
        outage for outage in outages_in_effect(tx) if outage.audience.includes(systems=systems, kinds=kinds)
    ][-CURRENT_AT_MOST:]
    messages = latest_messages(tx, [outage.id for outage in outages])
    return [
        Current(outage, messages.get(outage.id), queries.newest_bulletin(tx, outage.number))
        for outage in reversed(outages)
    ]
