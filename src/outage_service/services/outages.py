"""Operators' acts on outages. Each runs in one transaction that its caller commits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from outage_service.domain import lifecycle
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.calendar import eastern
from outage_service.domain.errors import InvalidAct
from outage_service.domain.grace import Extension
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import Outage, conflicts
from outage_service.domain.roles import Actor
from outage_service.domain.texts import Bilingual
from outage_service.domain.warnings import WarningCode, restoration_warnings, window_warnings
from outage_service.services.bulletins import Occasion, issue
from outage_service.services.engine import Engine
from outage_service.services.errors import AlreadyDeclared, NotFound, NotPermitted, Stale
from outage_service.storage import Connection, audit, locks, notes
from outage_service.storage.bulletin_numbers import take_number
from outage_service.storage.bulletins import BulletinRecord, find_bulletin
from outage_service.storage.grace import insert_extension
from outage_service.storage.outages import find_outage, insert_outage, unclosed_outages


@dataclass(frozen=True, slots=True)
class Done:
    """What an act led to."""

    outage: Outage
    bulletin_id: int
    warnings: tuple[WarningCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """The outage an act is meant for, in the version its operator saw (None: a drill, which sees all)."""

    outage_id: int
    version: int | None = None


def declare(engine: Engine, tx: Connection, actor: Actor, request: Declaration, message: Bilingual) -> Done:
    """Declares or schedules an outage: it exists, and so does its first bulletin (R5).

    Raises:
        InvalidAct: see `lifecycle.declare`; an unknown `relapse_of`.
        NotPermitted: a system is not this operator's.
        AlreadyDeclared: an unresolved outage covers the same.
    """
    locks.serialise_acts(tx)
    now = engine.clock()
    number = take_number(tx, eastern(now).year)
    declared = lifecycle.declare(request, number=number, now=now, calendar=engine.calendar)
    _require_systems(actor, declared)
    _check_relapse(tx, declared)
    _check_conflicts(tx, declared, now)
    declared = replace(declared, version=1)
    declared = replace(declared, id=insert_outage(tx, declared, now=now))
    kind = BulletinKind.ADVANCE if declared.is_scheduled else BulletinKind.INITIAL
    bulletin_id = issue(engine, tx, declared, Occasion(kind, actor.name, message), before=None, now=now)
    return Done(declared, bulletin_id, window_warnings(declared, announced_at=now))


def update(
    engine: Engine, tx: Connection, actor: Actor, target: Target, news: News, message: Bilingual
) -> Done:
    """Issues news at once; see `lifecycle.update` for what it may change and refuses."""
    warnings: list[WarningCode] = []

    def change(outage: Outage, now: datetime) -> Outage:
        changed = lifecycle.update(outage, news, now=now, calendar=engine.calendar)
        _require_systems(actor, changed)
        _check_conflicts(tx, changed, now, before=outage)
        warnings.extend(window_warnings(changed, announced_at=now, before=outage))
        return changed

    locks.serialise_acts(tx)
    done = _act(engine, tx, actor, target, Occasion(BulletinKind.UPDATE, actor.name, message), change)
    return replace(done, warnings=tuple(warnings))


def resolve(
    engine: Engine,
    tx: Connection,
    actor: Actor,
    target: Target,
    message: Bilingual,
    *,
    restored_at: datetime | None = None,
    remains_in_effect: bool = False,
    confirm_past_deadlines: bool = False,
) -> Done:
    """Resolves an outage with its bulletin; see `lifecycle.resolve` (R6, R10)."""

    def change(outage: Outage, now: datetime) -> Outage:
        return lifecycle.resolve(
            outage,
            now=now,
            restored_at=restored_at,
            remains_in_effect=remains_in_effect,
            confirm_past_deadlines=confirm_past_deadlines,
            calendar=engine.calendar,
        )

    done = _act(engine, tx, actor, target, Occasion(BulletinKind.RESOLVED, actor.name, message), change)
    return replace(done, warnings=restoration_warnings(done.outage.restored_at, now=engine.clock()))


def revoke(
    engine: Engine,
    tx: Connection,
    actor: Actor,
    target: Target,
    message: Bilingual,
    *,
    effective_at: datetime | None = None,
    confirm_past_deadlines: bool = False,
) -> Done:
    """Revokes contingency procedures with their own bulletin; see `lifecycle.revoke` (R6)."""

    def change(outage: Outage, now: datetime) -> Outage:
        return lifecycle.revoke(
            outage,
            now=now,
            effective_at=effective_at,
            confirm_past_deadlines=confirm_past_deadlines,
            calendar=engine.calendar,
        )

    done = _act(engine, tx, actor, target, Occasion(BulletinKind.REVOKED, actor.name, message), change)
    return replace(done, warnings=restoration_warnings(done.outage.revoked_at, now=engine.clock()))


def cancel(engine: Engine, tx: Connection, actor: Actor, target: Target, message: Bilingual) -> Done:
    """Calls a scheduled outage off before its start; see `lifecycle.cancel`."""

    def change(outage: Outage, now: datetime) -> Outage:
        return lifecycle.cancel(outage, now=now, calendar=engine.calendar)

    return _act(engine, tx, actor, target, Occasion(BulletinKind.CANCELLED, actor.name, message), change)


def correct(
    engine: Engine,
    tx: Connection,
    actor: Actor,
    target: Target,
    message: Bilingual,
    *,
    corrects: int,
    restored_at: datetime | None = None,
) -> Done:
    """Corrects the bulletin with the id `corrects`, also of a closed outage.

    Raises:
        InvalidAct: the bulletin is not one of this outage; see also `lifecycle.correct`.
    """
    wrong = _corrected(tx, _find(tx, target.outage_id), corrects)

    def change(outage: Outage, now: datetime) -> Outage:
        return lifecycle.correct(outage, now=now, restored_at=restored_at, calendar=engine.calendar)

    occasion = Occasion(
        BulletinKind.CORRECTION, actor.name, message, corrects_id=wrong.id, corrects_sequence=wrong.sequence
    )
    done = _act(engine, tx, actor, target, occasion, change)
    return replace(done, warnings=restoration_warnings(restored_at, now=engine.clock()))


def _corrected(tx: Connection, outage: Outage, bulletin_id: int) -> BulletinRecord:
    found = find_bulletin(tx, bulletin_id)
    if found is None or found.outage_id != outage.id:
        raise InvalidAct("unknown_bulletin", "This is no bulletin of this outage.", field="corrects")
    return found


def extend_relief(
    engine: Engine, tx: Connection, actor: Actor, target: Target, message: Bilingual, *, extension: Extension
) -> Done:
    """Extends relief for some systems with its own bulletin; see `lifecycle.extend_relief` (R51, R54)."""

    def change(outage: Outage, now: datetime) -> Outage:
        return lifecycle.extend_relief(outage, extension, now=now, calendar=engine.calendar)

    done = _act(engine, tx, actor, target, Occasion(BulletinKind.GRACE, actor.name, message), change)
    insert_extension(tx, done.outage.id, extension, sequence=done.outage.sequence)
    return done


def note(engine: Engine, tx: Connection, actor: Actor, outage_id: int, text: str) -> notes.Note:
    """Records an internal note: it sends nothing, restarts no clock and changes no version."""
    outage = _find(tx, outage_id)
    _require_systems(actor, outage)
    now = engine.clock()
    audit.record(tx, "note", at=now, actor=actor.name, outage_id=outage_id)
    return notes.insert_note(tx, outage_id, at=now, actor=actor.name, text=text)


def _act(
    engine: Engine,
    tx: Connection,
    actor: Actor,
    target: Target,
    occasion: Occasion,
    change: Callable[[Outage, datetime], Outage],
) -> Done:
    before = _find(tx, target.outage_id, lock=True)
    # Read after the lock: another act may have held the row, and bulletins' times never go backwards.
    now = engine.clock()
    _require_systems(actor, before)
    if target.version is not None and target.version != before.version:
        raise Stale(before.version)
    changed = replace(change(before, now), version=before.version + 1)
    bulletin_id = issue(engine, tx, changed, occasion, before=before, now=now)
    return Done(changed, bulletin_id)


def _find(tx: Connection, outage_id: int, *, lock: bool = False) -> Outage:
    outage = find_outage(tx, outage_id, lock=lock)
    if outage is None:
        raise NotFound("outage", outage_id)
    return outage


def _require_systems(actor: Actor, outage: Outage) -> None:
    if not actor.may_act_on(frozenset(outage.systems_ever)):
        raise NotPermitted(f"{actor.role} may not act on an outage of these systems.")


def _check_relapse(tx: Connection, declared: Outage) -> None:
    if declared.relapse_of is None:
        return
    earlier = find_outage(tx, declared.relapse_of)
    if earlier is None or earlier.restored_at is None:
        raise InvalidAct("relapse_unknown", "Name the id of a resolved outage.", field="relapse_of")


def _check_conflicts(tx: Connection, wanted: Outage, now: datetime, *, before: Outage | None = None) -> None:
    """Refuses what another outage covers, unless it did so `before`: the clock alone may have led there."""
    for existing in unclosed_outages(tx):
        if existing.id == wanted.id or (before is not None and conflicts(before, existing, now)):
            continue
        if conflicts(wanted, existing, now):
            raise AlreadyDeclared(existing.id, existing.number)
