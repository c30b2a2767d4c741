"""The service's pulse: how far this database has come, so that a copy of it is told from itself (P34).

Beats are counted in the database and, beside an SQLite file, in a mark of its own that no backup of the
database contains. A database that has fewer beats than its mark is an older copy.
"""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import structlog
from sqlalchemy import Connection, delete, exists, func, insert, literal, or_, select, text, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.bounce_schema import mailing_pause
from outage_service.storage.notify import tell_others
from outage_service.storage.now import database_now
from outage_service.storage.pauses import HELD, is_paused
from outage_service.storage.read_only import write_as_a_new_session
from outage_service.storage.retention import UNFINISHED
from outage_service.storage.schema import delivery, mailing
from outage_service.storage.upkeep_schema import pulse

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What tells a PostgreSQL database from a copy of it.

    Args:
        database: the server's identifier and the database's number; a failover leaves them alone.
        table: the number of the pulse's table, which whoever loads a dump makes anew, and no migration may.
            None where a release has written this that did not look at it.
        timeline: the server's: a recovery from a backup begins a new one, and so does a failover.
    """

    database: str
    table: str | None
    timeline: str

    @classmethod
    def read(cls, written: str) -> Self:
        """Returns the place that `str` has written."""
        database, _, rest = written.rpartition("/")
        table, _, timeline = rest.rpartition(".")
        return cls(database, table or None, timeline)

    def __str__(self) -> str:
        # No slash after the table: releases before this one take all before the last for the database.
        return f"{self.database}/{self.table or ''}.{self.timeline}"


@dataclass(frozen=True, slots=True)
class PulseRecord:
    """The last beat that this database knows of; `at` is None before the first."""

    beats: int
    at: datetime | None
    place: Place | None


def write_as_it_is(tx: Connection) -> None:
    """Writes the last beat once more: a write for its own sake, which says nothing new."""
    write_as_a_new_session(tx)
    for change in (1, -1):  # SQLite writes nothing where a row is only given the values that it has
        tx.execute(update(pulse).values(beats=pulse.c.beats + change))


def lock_pulse(tx: Connection) -> PulseRecord:
    """Returns the last beat; others who beat wait until this transaction ends."""
    write_as_a_new_session(tx)
    row = tx.execute(select(pulse).with_for_update()).one()
    return PulseRecord(row.beats, row.at, Place.read(row.place) if row.place else None)


def beat(tx: Connection, *, beats: int, at: datetime, place: Place | None) -> None:
    """Records a beat."""
    tx.execute(update(pulse).values(beats=beats, at=at, place=str(place) if place else None))


def place_of(tx: Connection) -> Place | None:
    """Returns where this PostgreSQL database is; None where its user may not know, or for SQLite."""
    if tx.dialect.name != "postgresql":
        return None
    may_ask = text(
        "SELECT has_function_privilege('pg_control_system()', 'execute')"
        " AND has_function_privilege('pg_control_checkpoint()', 'execute')"
    )
    if not tx.execute(may_ask).scalar_one():
        return None
    wanted = text(
        "SELECT concat_ws('/', system_identifier, d.oid) AS database, CAST(timeline_id AS text) AS timeline,"
        " CAST(CAST(CAST('pulse' AS regclass) AS oid) AS text) AS number"
        " FROM pg_control_system(), pg_control_checkpoint(), pg_database AS d"
        " WHERE d.datname = current_database()"
    )
    found = tx.execute(wanted).one()
    return Place(found.database, found.number, found.timeline)


def hold_unsent(tx: Connection, *, created_until: datetime | None) -> int:
    """Pauses whatever is not sent yet of mailings made until then (None: all); returns how many mailings.

    One that the relay had paused is held instead: to resume it would send what may be old news. A newer
    bulletin of an outage takes the place of a held one, as of any other.
    """
    is_unfinished = or_(
        ~mailing.c.is_fanned_out,
        exists().where(delivery.c.mailing_id == mailing.c.id, delivery.c.state.in_(UNFINISHED)),
    )
    unsent = select(mailing.c.id, literal(database_now(tx), mailing_pause.c.at.type), literal(HELD)).where(
        mailing.c.superseded_by.is_(None), is_unfinished
    )
    if created_until is not None:
        unsent = unsent.where(mailing.c.created_at <= created_until)
    others = unsent.with_only_columns(mailing.c.id)
    is_other = mailing_pause.c.detail.is_distinct_from(HELD)
    tx.execute(delete(mailing_pause).where(is_other, mailing_pause.c.mailing_id.in_(others)))
    unsent = unsent.where(~is_paused())
    held = insert(mailing_pause).from_select(["mailing_id", "at", "detail"], unsent)
    return len(tx.execute(held.returning(mailing_pause.c.mailing_id)).all())


def count_held(tx: Connection) -> int:
    """Returns how many mailings are held and have not been superseded."""
    held = (
        select(func.count())
        .select_from(mailing_pause)
        .join(mailing, mailing.c.id == mailing_pause.c.mailing_id)
    )
    return tx.execute(
        held.where(mailing_pause.c.detail == HELD, mailing.c.superseded_by.is_(None))
    ).scalar_one()


def release_held(tx: Connection) -> int:
    """Lets what was held be sent; returns how many mailings. The 72 h of each message count anew."""
    held = select(mailing_pause.c.mailing_id).where(mailing_pause.c.detail == HELD)
    waiting = update(delivery).where(
        delivery.c.mailing_id.in_(held), delivery.c.state == DeliveryState.QUEUED.value
    )
    tx.execute(waiting.values(first_at=database_now(tx)))
    tell_others(tx)
    return tx.execute(delete(mailing_pause).where(mailing_pause.c.detail == HELD)).rowcount


class PulseMark:
    """The mark beside an SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> int | None:
        """Returns the beats that the mark knows of; None where there is none that can be read."""
        with suppress(OSError, ValueError):
            return int(self._path.read_text(encoding="ascii"))
        return None

    def write(self, beats: int) -> None:
        """Notes so many beats, which the database has committed; a failure is logged."""
        draft = None
        try:
            # In full before it gets its name: half a mark would make the database seem a copy.
            prefix = f"{self._path.name}-"
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=prefix, delete=False) as file:
                draft = file.name
                file.write(f"{beats}\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._path)
        except OSError:
            log.exception("pulse_mark_failed")
            with suppress(OSError):  # a full disk would else get another file twice a minute
                os.unlink(draft or "")
