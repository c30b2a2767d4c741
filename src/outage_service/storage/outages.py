"""Rows of outages and their impacts, to and from the domain's `Outage`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, insert, or_, select, union, update

from outage_service.domain.cadence import OVERRUN_AFTER, latest_due
from outage_service.domain.grace import Extension
from outage_service.domain.outages import Impact, Outage, OutageKind, OutageState
from outage_service.domain.subscriptions import kinds_mask, kinds_of_mask
from outage_service.domain.systems import Condition, Direction, InternalSystem, System
from outage_service.storage.grace import extensions_of
from outage_service.storage.schema import impact, outage
from outage_service.storage.state import touch
from outage_service.storage.types import AnyRow

_PLAIN = (
    "number", "started_at", "planned_end_at", "problem_identified", "estimated_resolution_at", "relapse_of",
    "invoked_at", "revoked_at", "restored_at", "remained_in_effect", "cancelled_at", "sequence",
    "last_bulletin_at", "next_due_at", "reminders_after", "reminded_until", "version",
)  # fmt: skip

_IS_PLANNED_AND_OPEN = (~outage.c.is_closed, outage.c.planned_end_at.is_not(None))

HELD_AT_MOST = timedelta(minutes=5)
"""A hold that would last longer was made before the clock was set back, and holds no more (P5)."""


def insert_outage(tx: Connection, new: Outage, *, now: datetime) -> int:
    """Adds an outage with its impacts and returns its id; the public hears of it once it is saved."""
    values = _values(new) | {"changed_at": now}
    outage_id: int = tx.execute(insert(outage).values(**values).returning(outage.c.id)).scalar_one()
    _insert_impacts(tx, outage_id, new.impacts)
    return outage_id


def save_outage(tx: Connection, changed: Outage, *, now: datetime) -> None:
    """Writes an outage back whose row this transaction has locked, for the public to see."""
    values = _values(changed) | {"changed_at": now, "held_until": None}
    tx.execute(update(outage).where(outage.c.id == changed.id).values(**values))
    tx.execute(delete(impact).where(impact.c.outage_id == changed.id))
    _insert_impacts(tx, changed.id, changed.impacts)
    touch(tx)


def _values(one: Outage) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _PLAIN} | {
        "kind": one.kind.value,
        "internal_systems": sorted(one.internal_systems),
        "kinds_ever": kinds_mask(one.kinds_ever),
        "is_closed": one.is_closed,
    }


def _insert_impacts(tx: Connection, outage_id: int, impacts: Sequence[Impact]) -> None:
    rows = [
        {
            "outage_id": outage_id,
            "position": position,
            "system": one.system.value,
            "direction": one.direction.value if one.direction else None,
            "stated": one.stated.value,
            "behind_seconds": round(one.behind.total_seconds()) if one.behind is not None else None,
            "started_at": one.started_at,
            "restored_at": one.restored_at,
        }
        for position, one in enumerate(impacts)
    ]
    tx.execute(insert(impact), rows)


def find_outage(tx: Connection, outage_id: int, *, lock: bool = False) -> Outage | None:
    """Returns an outage; with `lock` its row stays ours until the transaction ends."""
    wanted = select(outage).where(outage.c.id == outage_id)
    return _one(tx, wanted.with_for_update() if lock else wanted)


def lock_due_outage(tx: Connection, outage_id: int, *, now: datetime) -> Outage | None:
    """Returns the outage with its row locked if its slot is still due; None when another process has it."""
    wanted = select(outage).where(outage.c.id == outage_id, *_due(now))
    return _one(tx, wanted.with_for_update(skip_locked=True))


def due_outages(tx: Connection, *, now: datetime, limit: int) -> list[int]:
    """Returns the ids of outages whose slot has come, longest due first."""
    wanted = select(outage.c.id).where(*_due(now)).order_by(outage.c.next_due_at, outage.c.id).limit(limit)
    return list(tx.execute(wanted).scalars())


def _due(now: datetime) -> tuple[Any, ...]:
    return (outage.c.next_due_at <= now, _is_free(now))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        outage.c.held_until.is_(None), outage.c.held_until <= now, outage.c.held_until > now + HELD_AT_MOST
    )


def outages_due_after(tx: Connection, now: datetime) -> list[int]:
    """Returns the ids of outages that are due later than any interval of the cadence leads to from `now`."""
    due = outage.c.next_due_at
    wanted = select(outage.c.id).where(due > latest_due(now), _is_free(now))
    # In order of id, SQLite would read all there ever were to spare itself the sorting.
    return list(tx.execute(wanted.order_by(due, outage.c.id)).scalars())


def hold_outage(tx: Connection, outage_id: int, *, until: datetime) -> None:
    """Leaves an outage whose slot could not be issued alone until then; its due time stays."""
    tx.execute(update(outage).where(outage.c.id == outage_id).values(held_until=until))


def next_due_at(tx: Connection) -> datetime | None:
    """Returns the earliest due time of all outages."""
    wanted = select(outage.c.next_due_at).where(outage.c.next_due_at.is_not(None))
    found: datetime | None = tx.execute(wanted.order_by(outage.c.next_due_at).limit(1)).scalar_one_or_none()
    return found


def retime_outage(
    tx: Connection,
    outage_id: int,
    *,
    seen: datetime,
    to: datetime | None,
    reminded_until: datetime | None = None,
) -> bool:
    """Moves a due time without a bulletin; returns whether it was still the one seen.

    Args:
        reminded_until: reminders until then are settled from here on.
    """
    still = update(outage).where(outage.c.id == outage_id, outage.c.next_due_at == seen)
    settled = {} if reminded_until is None else {"reminded_until": reminded_until}
    is_moved = tx.execute(still.values(next_due_at=to, **settled)).rowcount == 1
    if is_moved:
        touch(tx)
    return is_moved


def unclosed_outages(tx: Connection) -> list[Outage]:
    """Returns every outage that is not closed, oldest first."""
    return _many(tx, select(outage).where(~outage.c.is_closed).order_by(outage.c.id))


def outages_in_effect(tx: Connection) -> list[Outage]:
    """Returns every outage that is not closed or whose procedures remain in effect, oldest first."""
    remains = and_(outage.c.remained_in_effect, outage.c.revoked_at.is_(None))
    # Two short indexes, read one after the other: for an OR, SQLite reads the whole table.
    ids = union(select(outage.c.id).where(~outage.c.is_closed), select(outage.c.id).where(remains))
    return _many(tx, select(outage).where(outage.c.id.in_(ids)).order_by(outage.c.id))


def overrun_candidates(tx: Connection, *, planned_end_before: datetime) -> list[tuple[int, str]]:
    """Returns id and number of unclosed outages that ended by then by plan and were not alarmed of, oldest
    end first."""
    wanted = select(outage.c.id, outage.c.number).where(
        *_IS_PLANNED_AND_OPEN,
        outage.c.overrun_alerted_at.is_(None),
        outage.c.planned_end_at <= planned_end_before,
    )
    in_order = wanted.order_by(outage.c.planned_end_at, outage.c.id)  # in that of the index
    return [(row.id, row.number) for row in tx.execute(in_order)]


def mark_overrun_alerted(tx: Connection, outage_id: int, *, now: datetime) -> bool:
    """Notes that operators were told of an overrun; returns whether nobody had noted it before."""
    unmarked = update(outage).where(outage.c.id == outage_id, outage.c.overrun_alerted_at.is_(None))
    return tx.execute(unmarked.values(overrun_alerted_at=now)).rowcount == 1


def has_early_overrun_alerts(tx: Connection, *, now: datetime) -> bool:
    """Returns whether operators were told of an overrun whose planned end is still to come."""
    found = select(outage.c.id).where(*_alerted_early(now)).limit(1)
    return tx.execute(found).one_or_none() is not None


def forget_early_overrun_alerts(tx: Connection, *, now: datetime) -> None:
    """Lets operators be told of these overruns again when they come."""
    tx.execute(update(outage).where(*_alerted_early(now)).values(overrun_alerted_at=None))


def _alerted_early(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        *_IS_PLANNED_AND_OPEN,
        outage.c.overrun_alerted_at.is_not(None),
        outage.c.planned_end_at > now,
    )


def outages_by_id(tx: Connection, ids: Sequence[int]) -> list[Outage]:
    """Returns outages, newest first."""
    return _many(tx, select(outage).where(outage.c.id.in_(ids)).order_by(outage.c.id.desc()))


def list_outages(
    tx: Connection,
    *,
    before_id: int | None,
    limit: int,
    now: datetime,
    states: Iterable[OutageState] = (),
    systems: Iterable[System] = (),
    since: datetime | None = None,
) -> list[Outage]:
    """Returns outages, newest first, below `before_id`.

    Args:
        states: only outages that are in one of these at `now`.
        systems: only outages that ever had one of these.
        since: only outages an operator or the clock changed at or after this instant.
    """
    wanted = select(outage).order_by(outage.c.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(outage.c.id < before_id)
    if since is not None:
        wanted = wanted.where(outage.c.changed_at >= since)
    if conditions := [is_in(state, now) for state in states]:
        wanted = wanted.where(or_(*conditions))
    if named := [system.value for system in systems]:
        wanted = wanted.where(outage.c.id.in_(select(impact.c.outage_id).where(impact.c.system.in_(named))))
    return _many(tx, wanted)


def is_in(state: OutageState, now: datetime) -> ColumnElement[bool]:
    """Returns the condition for what `Outage.state_at` says of a row."""
    if state is OutageState.CANCELLED:
        return outage.c.cancelled_at.is_not(None)
    if state is OutageState.RESOLVED:
        return and_(outage.c.restored_at.is_not(None), outage.c.cancelled_at.is_(None))
    is_planned = and_(~outage.c.is_closed, outage.c.planned_end_at.is_not(None))
    if state is OutageState.SCHEDULED:
        return and_(is_planned, outage.c.started_at > now)
    has_overrun = outage.c.planned_end_at <= now - OVERRUN_AFTER
    if state is OutageState.OVERRUN:
        return and_(is_planned, outage.c.started_at <= now, has_overrun)
    is_unplanned = and_(~outage.c.is_closed, outage.c.planned_end_at.is_(None))
    return or_(is_unplanned, and_(is_planned, outage.c.started_at <= now, ~has_overrun))


def relapses_of(tx: Connection, outage_id: int) -> list[tuple[int, str]]:
    """Returns id and number of the outages declared as a return of this one, oldest first."""
    wanted = (
        select(outage.c.id, outage.c.number).where(outage.c.relapse_of == outage_id).order_by(outage.c.id)
    )
    return [(row.id, row.number) for row in tx.execute(wanted)]


def _one(tx: Connection, wanted: Select[Any]) -> Outage | None:
    found = _many(tx, wanted)
    return found[0] if found else None


def _many(tx: Connection, wanted: Select[Any]) -> list[Outage]:
    rows = tx.execute(wanted).all()
    ids = [row.id for row in rows]
    impacts, extensions = _impacts_of(tx, ids), extensions_of(tx, ids)
    return [_outage(row, impacts.get(row.id, ()), extensions.get(row.id, ())) for row in rows]


def _impacts_of(tx: Connection, ids: Sequence[int]) -> dict[int, tuple[Impact, ...]]:
    found: dict[int, tuple[Impact, ...]] = {}
    if not ids:
        return found
    wanted = select(impact).where(impact.c.outage_id.in_(ids)).order_by(impact.c.outage_id, impact.c.position)
    for row in tx.execute(wanted):
        found[row.outage_id] = (*found.get(row.outage_id, ()), _impact(row))
    return found


def _impact(row: AnyRow) -> Impact:
    return Impact(
        system=System(row.system),
        direction=Direction(row.direction) if row.direction else None,
        stated=Condition(row.stated),
        behind=timedelta(seconds=row.behind_seconds) if row.behind_seconds is not None else None,
        started_at=row.started_at,
        restored_at=row.restored_at,
    )


def _outage(row: AnyRow, impacts: tuple[Impact, ...], extensions: tuple[Extension, ...]) -> Outage:
    return Outage(
        id=row.id,
        kind=OutageKind(row.kind),
        impacts=impacts,
        extensions=extensions,
        internal_systems=frozenset(InternalSystem(name) for name in row.internal_systems),
        kinds_ever=frozenset(kinds_of_mask(row.kinds_ever)),
        **{name: getattr(row, name) for name in _PLAIN},
    )
