"""The read side: what lists and pages show, gathered in the caller's connection. Nothing here writes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.status import StatusFacts, status_of
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection
from outage_service.storage import bulletins as bulletin_rows
from outage_service.storage import outages as outage_rows
from outage_service.storage.alerts import count_open_alerts
from outage_service.storage.bulletins import BulletinRecord
from outage_service.storage.delivery_reports import (
    FailedDelivery,
    Figures,
    failed_deliveries,
    figures,
)
from outage_service.storage.mailings import Progress, progress_of
from outage_service.storage.migrate import is_current
from outage_service.storage.notes import Note, notes_of
from outage_service.storage.pauses import held_at, paused_at
from outage_service.storage.workers import living_workers

NOT_REACHED = (DeliveryState.FAILED, DeliveryState.EXPIRED)
"""The ends of a delivery that somebody should look into."""
METRICS_WINDOW = timedelta(hours=72)
"""Deliveries older than this are not tried any more, and not counted."""


@dataclass(frozen=True, slots=True)
class OutageView:
    """An outage with all that is told of it; notes are for operators alone."""

    outage: Outage
    bulletins: tuple[BulletinRecord, ...]
    relapsed_by: tuple[int, ...]
    notes: tuple[Note, ...]


def find_outage(tx: Connection, outage_id: int) -> OutageView:
    """Returns an outage with its bulletins, oldest first.

    Raises:
        NotFound: there is none with this id.
    """
    outage = outage_rows.find_outage(tx, outage_id)
    if outage is None:
        raise NotFound("outage", outage_id)
    return view_outage(tx, outage)


def view_outage(tx: Connection, outage: Outage) -> OutageView:
    """Returns what is told of an outage that was just read or changed."""
    return OutageView(
        outage,
        tuple(bulletin_rows.bulletins_of(tx, outage.id)),
        tuple(relapse_id for relapse_id, _ in outage_rows.relapses_of(tx, outage.id)),
        tuple(notes_of(tx, outage.id)),
    )


@dataclass(frozen=True, slots=True)
class OutageFilter:
    """Which outages a list is to show; an empty collection leaves none out."""

    states: Collection[OutageState] = ()
    systems: Collection[System] = ()
    since: datetime | None = None


def list_outages(
    engine: Engine, tx: Connection, wanted: OutageFilter, *, before_id: int | None, limit: int
) -> list[Outage]:
    """Returns outages, newest first; the states follow the clock (R17)."""
    return outage_rows.list_outages(
        tx,
        before_id=before_id,
        limit=limit,
        now=engine.clock(),
        states=wanted.states,
        systems=wanted.systems,
        since=wanted.since,
    )


def current_status(engine: Engine, tx: Connection) -> StatusFacts:
    """Returns the state of every system now."""
    return status_of(outage_rows.outages_in_effect(tx), engine.clock())


@dataclass(frozen=True, slots=True)
class BulletinView:
    """A bulletin with the others of its outage, oldest first."""

    bulletin: BulletinRecord
    earlier: tuple[BulletinRecord, ...]
    later: tuple[BulletinRecord, ...]


def find_bulletin(tx: Connection, bulletin_id: int) -> BulletinView:
    """Returns a bulletin of the archive.

    Raises:
        NotFound: there is none with this id.
    """
    found = _bulletin(tx, bulletin_id)
    others = bulletin_rows.bulletins_of(tx, found.outage_id)
    return BulletinView(
        found,
        tuple(other for other in others if other.sequence < found.sequence),
        tuple(other for other in others if other.sequence > found.sequence),
    )


def _bulletin(tx: Connection, bulletin_id: int) -> BulletinRecord:
    found = bulletin_rows.find_bulletin(tx, bulletin_id)
    if found is None:
        raise NotFound("bulletin", bulletin_id)
    return found


def newest_bulletin(tx: Connection, number: str) -> int:
    """Returns the id of the newest bulletin of the outage with this number.

    Raises:
        NotFound: no outage has it.
    """
    found = bulletin_rows.newest_bulletin(tx, number)
    if found is None:
        raise NotFound("outage", number)
    return found


@dataclass(frozen=True, slots=True)
class FrozenPage:
    """A bulletin as it was issued, with either language first."""

    html: Bilingual
    text: Bilingual


def find_page(tx: Connection, bulletin_id: int) -> FrozenPage:
    """Returns the frozen page of a bulletin.

    Raises:
        NotFound: there is none with this id.
    """
    found = bulletin_rows.find_page(tx, bulletin_id)
    if found is None:
        raise NotFound("bulletin", bulletin_id)
    return FrozenPage(*found)


@dataclass(frozen=True, slots=True)
class BulletinFilter:
    """Which bulletins a list is to show; issued from `since` to `until`, both included."""

    outage_id: int | None = None
    systems: Collection[System] = ()
    kinds: Collection[BulletinKind] = ()
    since: datetime | None = None
    until: datetime | None = None


def list_bulletins(
    tx: Connection, wanted: BulletinFilter, *, before_id: int | None, limit: int
) -> list[BulletinRecord]:
    """Returns bulletins of the archive, newest first."""
    return bulletin_rows.list_bulletins(
        tx,
        before_id=before_id,
        limit=limit,
        outage_id=wanted.outage_id,
        systems=wanted.systems,
        kinds=wanted.kinds,
        since=wanted.since,
        until=wanted.until,
    )


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How far a bulletin has come, and whom it did not reach.

    `paused_at` while nothing of it is sent since the relay refuses it, `held_at` while an operator has to
    release it, since it waited in an older copy of the database (P34).
    """

    bulletin: BulletinRecord
    progress: Progress
    failures: tuple[FailedDelivery, ...]
    paused_at: datetime | None
    held_at: datetime | None


def report_deliveries(
    tx: Connection, bulletin_id: int, *, after_recipient: int, limit: int
) -> DeliveryReport:
    """Returns how far a bulletin has come, derived from the ledger (P13).

    Raises:
        NotFound: there is none with this id.
    """
    found = _bulletin(tx, bulletin_id)
    failures = failed_deliveries(tx, bulletin_id, states=NOT_REACHED, after_id=after_recipient, limit=limit)
    return DeliveryReport(
        found,
        progress_of(tx, bulletin_id),
        tuple(failures),
        paused_at=paused_at(tx, bulletin_id),
        held_at=held_at(tx, bulletin_id),
    )


def count(engine: Engine, tx: Connection) -> Figures:
    """Returns the figures of the metrics."""
    return figures(tx, since=engine.clock() - METRICS_WINDOW)


@dataclass(frozen=True, slots=True)
class DatabaseReadiness:
    """Whether the database can do its part, whether anybody sends, and what operators were alerted of."""

    is_migrated: bool
    has_senders: bool
    alerts: tuple[str, ...] = ()


def check_database(engine: Engine) -> DatabaseReadiness:
    """Returns how the database is; raises what the database raises where it cannot be reached."""
    with engine.db.read() as tx:
        if not is_current(tx):
            return DatabaseReadiness(is_migrated=False, has_senders=False)
        alerts = tuple(sorted(count_open_alerts(tx)))
        return DatabaseReadiness(is_migrated=True, has_senders=living_workers(tx) > 0, alerts=alerts)
