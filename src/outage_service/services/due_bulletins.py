"""The clock's own bulletins: periodic ones and reminders. The database decides who issues a slot (P1)."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from outage_service.domain import lifecycle
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.clock_set_back import due_instead, is_void
from outage_service.domain.outages import Outage
from outage_service.domain.roles import CLOCK
from outage_service.services.bulletins import Occasion, issue
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.bulletins import is_slot_issued
from outage_service.storage.outages import (
    due_outages,
    find_outage,
    hold_outage,
    lock_due_outage,
    outages_due_after,
    retime_outage,
)

log = structlog.get_logger(__name__)

HOLD_AFTER_FAILURE = timedelta(minutes=1)
"""An outage whose slot fails is tried again this much later: within the 5 minutes that count as on time."""
APART = timedelta(seconds=1)
"""How much later a slot is recorded that comes again after the clock was set back. Due times are whole
minutes, so it takes no other slot's place."""
BATCH = 100


def issue_due(engine: Engine) -> int:
    """Settles every slot that has come, each in its own transaction; returns how many bulletins went out.

    One failing outage is logged, held and does not stop the others. None is settled by a clock that those of
    other hosts do not agree with: that is left to them (P5).
    """
    with engine.db.read() as tx:
        if not engine.host_clock.agrees(tx):
            return 0
    _bring_back(engine)
    issued = 0
    while ids := _due(engine):
        results = [_settle_safely(engine, outage_id) for outage_id in ids]
        issued += sum(result is True for result in results)
        if all(result is None for result in results):
            break
    return issued


def _bring_back(engine: Engine) -> None:
    """Moves due times that were set while the clock was ahead to where they belong (P5)."""
    with engine.db.read() as tx:
        far = outages_due_after(tx, engine.clock())
    for outage_id in far:
        try:
            _bring_one_back(engine, outage_id)
        except Exception:
            log.exception("bring_back_failed", outage_id=outage_id)
            _hold_safely(engine, outage_id)


def _bring_one_back(engine: Engine, outage_id: int) -> None:
    with engine.db.read() as tx:
        outage = find_outage(tx, outage_id)
    if outage is None or outage.next_due_at is None:
        return
    instead = due_instead(outage, now=engine.clock(), calendar=engine.calendar)
    if instead is not None:
        log.warning("slot_brought_back", outage_id=outage_id)
        _retime(engine, outage_id, seen=outage.next_due_at, to=instead)


def _retime(engine: Engine, outage_id: int, *, seen: datetime, to: datetime) -> None:
    engine.act(lambda tx: retime_outage(tx, outage_id, seen=seen, to=to))


def _due(engine: Engine) -> list[int]:
    with engine.db.read() as tx:
        return due_outages(tx, now=engine.clock(), limit=BATCH)


def _settle_safely(engine: Engine, outage_id: int) -> bool | None:
    """Returns whether a bulletin went out; None if the slot is still as it was (another's, or it failed)."""
    try:
        settled = engine.db.write(lambda tx: _settle(engine, tx, outage_id))
    except Exception:
        log.exception("slot_failed", outage_id=outage_id)
        _hold_safely(engine, outage_id)
        return None
    if settled:
        engine.announce()
    return settled


def _hold_safely(engine: Engine, outage_id: int) -> None:
    until = engine.clock() + HOLD_AFTER_FAILURE
    try:
        engine.db.write(lambda tx: hold_outage(tx, outage_id, until=until))
    except Exception:
        log.exception("hold_failed", outage_id=outage_id)


def _settle(engine: Engine, tx: Connection, outage_id: int) -> bool | None:
    now = engine.clock()
    outage = lock_due_outage(tx, outage_id, now=now)
    if outage is None or outage.next_due_at is None:
        return None
    due = outage.next_due_at
    if is_void(outage, now=now):
        retime_outage(tx, outage_id, seen=due, to=outage.due_after(now, engine.calendar))
        return False
    if outage.pending_reminders(now) and is_slot_issued(tx, outage_id, due):
        _pass_over(engine, tx, outage, due=due, now=now)
        return False
    slot = lifecycle.due_slot(outage, due, now=now, calendar=engine.calendar)
    if slot.nominal_at is None:
        retime_outage(tx, outage_id, seen=due, to=slot.retimed_to)
        return False
    _issue_slot(engine, tx, outage, due=due, nominal=slot.nominal_at, now=now)
    return True


def _pass_over(engine: Engine, tx: Connection, outage: Outage, *, due: datetime, now: datetime) -> None:
    """Settles a reminder whose time comes again: it has been given (P5).

    It says the same whenever it is read and nobody waits for it; and clocks of two hosts that differ by
    seconds can lead to its time again, as they cannot to a periodic bulletin's, which is hours ahead.
    """
    passed = replace(outage, last_bulletin_at=due, reminded_until=due)
    next_due_at = passed.due_after(now, engine.calendar)
    retime_outage(tx, outage.id, seen=due, to=next_due_at, reminded_until=due)


def _issue_slot(
    engine: Engine, tx: Connection, outage: Outage, *, due: datetime, nominal: datetime, now: datetime
) -> None:
    kind = BulletinKind.REMINDER if outage.pending_reminders(now) else BulletinKind.PERIODIC
    issued = lifecycle.issue_due(outage, nominal=nominal, now=now, calendar=engine.calendar)
    occasion = Occasion(kind, CLOCK, slot_at=_identity(tx, outage.id, due))
    issue(engine, tx, issued, occasion, before=outage, now=now)


def _identity(tx: Connection, outage_id: int, due: datetime) -> datetime:
    """Returns what tells a slot from all others of its outage: its due time, or the first second after it.

    Its due time is taken only where the clock was set back since: otherwise the bulletin that took it has
    made the slot void. People have waited as long as the cadence says by then, and get theirs in time (P5).
    """
    while is_slot_issued(tx, outage_id, due):
        due += APART
    return due
