"""Looking for outages of the past: by number, by words, by when they were."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Text, and_, exists, func, or_, select

from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.systems import System
from outage_service.storage.outages import is_in, outages_by_id
from outage_service.storage.schema import bulletin, impact, outage

_SEARCHED = (bulletin.c.message_en, bulletin.c.message_fr, bulletin.c.subject_en, bulletin.c.subject_fr)
_CAPITALS = "ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜŸ"
"""Those that French has besides ASCII's."""
_SMALL = str.maketrans(_CAPITALS, _CAPITALS.lower())


def outage_id_of(tx: Connection, number: str) -> int | None:
    """Returns the id of the outage with this number."""
    found: int | None = tx.execute(select(outage.c.id).where(outage.c.number == number)).scalar_one_or_none()
    return found


def number_of(tx: Connection, outage_id: int) -> str:
    """Returns the number of an outage that exists."""
    found: str = tx.execute(select(outage.c.number).where(outage.c.id == outage_id)).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class ArchiveFilter:
    """Which outages to show; what is empty leaves none out.

    Args:
        systems: only those that ever had one of these.
        states: only those that are in one of these now.
        since: only those that were not over yet then.
        before: only those that had begun by then, this instant excluded.
        words: only those of whose number and bulletins each word is a part, whatever its case.
    """

    systems: Collection[System] = ()
    states: Collection[OutageState] = ()
    since: datetime | None = None
    before: datetime | None = None
    words: Collection[str] = ()


def search_outages(
    tx: Connection, wanted: ArchiveFilter, *, before_id: int | None, limit: int, now: datetime
) -> list[Outage]:
    """Returns outages, newest first, below `before_id`; their states are those at `now`."""
    found = select(outage.c.id).order_by(outage.c.id.desc()).limit(limit)
    if before_id is not None:
        found = found.where(outage.c.id < before_id)
    if named := [system.value for system in wanted.systems]:
        found = found.where(outage.c.id.in_(select(impact.c.outage_id).where(impact.c.system.in_(named))))
    if conditions := [is_in(state, now) for state in wanted.states]:
        found = found.where(or_(*conditions))
    if wanted.since is not None:
        found = found.where(_lasted_until(wanted.since))
    if wanted.before is not None:
        found = found.where(outage.c.started_at < wanted.before)
    found = found.where(*(_says(tx, word) for word in wanted.words))
    return outages_by_id(tx, list(tx.execute(found).scalars()))


def outages_of_period(tx: Connection, *, since: datetime, now: datetime, limit: int) -> list[Outage]:
    """Returns the outages that were under way at any time from `since` to `now`, cancelled ones left out."""
    wanted = select(outage.c.id).where(
        outage.c.cancelled_at.is_(None), outage.c.started_at <= now, _lasted_until(since)
    )
    ids = tx.execute(wanted.order_by(outage.c.id.desc()).limit(limit)).scalars()
    return outages_by_id(tx, list(ids))


def _lasted_until(instant: datetime) -> ColumnElement[bool]:
    ended_at = func.coalesce(outage.c.restored_at, outage.c.cancelled_at)
    return or_(~outage.c.is_closed, ended_at >= instant)


def _says(tx: Connection, word: str) -> ColumnElement[bool]:
    """Returns the condition that a word is said; `%` and `_` are letters like others."""
    small = word.translate(_SMALL)
    in_text = or_(*(_in_small(tx, column).icontains(small, autoescape=True) for column in _SEARCHED))
    in_bulletin = exists().where(and_(bulletin.c.outage_id == outage.c.id, in_text))
    return or_(outage.c.number.icontains(word, autoescape=True), in_bulletin)


def _in_small(tx: Connection, column: Column[str]) -> ColumnElement[str]:
    """Returns a text without French capitals, which `lower` on PostgreSQL knows in some locales only."""
    if tx.dialect.name != "postgresql":
        return column
    return func.translate(column, _CAPITALS, _CAPITALS.lower(), type_=Text)
