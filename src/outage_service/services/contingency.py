"""Which contingency procedures apply now, to whom, and by when (R45–R117): the read side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outage_service.content.procedures import Procedure, load_procedures
from outage_service.domain.contingency import (
    ClientRole,
    Deadline,
    Flow,
    Mode,
    Situation,
    SystemsByTime,
    Timeframe,
    applicable,
    is_concerned,
    named,
)
from outage_service.domain.outages import (
    Contingency,
    ContingencyState,
    Outage,
    OutageState,
    was_withdrawn,
)
from outage_service.domain.systems import Condition, System
from outage_service.services import evidence
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection
from outage_service.storage import outages as outage_rows

CATCH_UP_WINDOW = timedelta(days=32)
"""Deadlines of an outage last touched longer ago have passed: relief is extended by 31 days at most."""
CATCH_UP_AT_MOST = 50
_FROM_THEN_ON = {
    Timeframe.BEFORE: tuple(Timeframe),
    Timeframe.DURING: (Timeframe.DURING, Timeframe.AFTER),
    Timeframe.AFTER: (Timeframe.AFTER,),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An outage whose procedures are ahead, in effect, or followed by deadlines that still run."""

    outage: Outage
    phase: Timeframe
    systems: frozenset[System]


@dataclass(frozen=True, slots=True)
class Checklist:
    """What somebody has to do now.

    `standings` are the outages that touch them. Where there are none, `procedures` are those of any outage;
    `has_others` tells whether outages go on that touch only others.
    """

    situation: Situation
    standings: tuple[Standing, ...]
    has_others: bool
    procedures: tuple[Procedure, ...]

    @property
    def is_general(self) -> bool:
        """Whether no outage calls for it now."""
        return not self.standings


def procedures_for(situation: Situation) -> tuple[Procedure, ...]:
    """Returns the procedures for `situation`, in the order in which they are followed."""
    return applicable(load_procedures().procedures, situation)


def checklist(engine: Engine, tx: Connection, role: ClientRole, mode: Mode, flow: Flow) -> Checklist:
    """Returns what such a client has to do, given the outages there are now."""
    general = general_checklist(role, mode, flow)
    anyway, everything = general.situation, standings(engine, tx)
    own = tuple(each for each in everything if any(is_concerned(s, anyway) for s in each.systems))
    has_others = any(_goes_on(each) for each in everything if each not in own)
    if not own:
        return replace(general, has_others=has_others)
    situation = replace(anyway, systems=_systems_by_time(own))
    return Checklist(situation, own, has_others, procedures_for(situation))


def general_checklist(role: ClientRole, mode: Mode, flow: Flow) -> Checklist:
    """Returns what such a client has to do in any outage; it asks no database."""
    situation = Situation(roles=frozenset({role}), modes=frozenset({mode}), flows=frozenset({flow}))
    return Checklist(situation, (), False, procedures_for(situation))


def _goes_on(standing: Standing) -> bool:
    """Returns whether it is neither ahead nor over with procedures or deadlines that still run."""
    return standing.phase is Timeframe.DURING and not standing.outage.is_closed


def _systems_by_time(found: Sequence[Standing]) -> SystemsByTime:
    return {
        phase: frozenset(s for each in found if phase in _FROM_THEN_ON[each.phase] for s in each.systems)
        for phase in Timeframe
    }


def standings(engine: Engine, tx: Connection) -> tuple[Standing, ...]:
    """Returns the outages that call for procedures now, those in effect first, then the oldest."""
    now = engine.clock()
    outages = [*outage_rows.outages_in_effect(tx), *_just_resolved(tx, now)]
    found = [each for outage in outages if (each := _standing(engine, tx, outage, now))]
    order = [Timeframe.DURING, Timeframe.AFTER, Timeframe.BEFORE]
    return tuple(sorted(found, key=lambda each: (order.index(each.phase), each.outage.id)))


def _just_resolved(tx: Connection, now: datetime) -> list[Outage]:
    resolved = outage_rows.list_outages(
        tx,
        before_id=None,
        limit=CATCH_UP_AT_MOST,
        now=now,
        states=[OutageState.RESOLVED],
        systems=(),
        since=now - CATCH_UP_WINDOW,
    )
    return [outage for outage in resolved if not outage.contingency_at(now).applies]


def _standing(engine: Engine, tx: Connection, outage: Outage, now: datetime) -> Standing | None:
    phase = _phase(engine, outage, now)
    return Standing(outage, phase, _systems(tx, outage, phase)) if phase else None


def _phase(engine: Engine, outage: Outage, now: datetime) -> Timeframe | None:
    contingency = outage.contingency_at(now)
    if outage.state_at(now) is OutageState.SCHEDULED:
        return Timeframe.BEFORE
    if contingency.applies:
        return Timeframe.DURING
    if contingency.state is not ContingencyState.REVOKED:
        return None  # a delay, and procedures were never invoked (R5)
    return Timeframe.AFTER if _is_catching_up(engine, outage, now) else None


def _is_catching_up(engine: Engine, outage: Outage, now: datetime) -> bool:
    """Procedures revoked while a delay goes on have no deadline yet: the paper is still to be sent (R6)."""
    if outage.deadlines_at(now, engine.calendar).documents_due_at is None:
        return True
    return any(deadline.at > now for deadline in known_deadlines(engine, outage))


def _systems(tx: Connection, outage: Outage, phase: Timeframe) -> frozenset[System]:
    """Returns whose paper it is: one merely slow, or back before the rest, has none to make (R44).

    Afterwards, or once only delays are left, it is the paper of whatever was out.
    """
    out = frozenset(i.system for i in outage.active_impacts if i.condition is Condition.OUTAGE)
    if out and phase is not Timeframe.AFTER:
        return out
    return _systems_ever_out(tx, outage)


def _systems_ever_out(tx: Connection, outage: Outage) -> frozenset[System]:
    """Returns the systems for which procedures were in effect (R5), and those of which that is not known."""
    failed = [
        i for i in outage.impacts if not was_withdrawn(i.started_at or outage.started_at, i.restored_at)
    ]
    every = frozenset(i.system for i in failed)
    on_record = frozenset(i.system for i in failed if i.condition is Condition.OUTAGE)
    if on_record == every:
        return every
    told = evidence.systems_out(tx, outage.id)
    return every if told is None else every & (on_record | told)


@dataclass(frozen=True, slots=True)
class OutageDeadlines:
    """The deadlines of an outage as they are known, soonest first; they count from `counted_from`."""

    outage: Outage
    contingency: Contingency
    counted_from: datetime | None
    deadlines: tuple[Deadline, ...]


def deadlines_of(engine: Engine, tx: Connection, outage_id: int) -> OutageDeadlines:
    """Returns by when to transmit before an outage, and to put things right after it (R45, R51, R52, R54).

    Raises:
        NotFound: there is no outage with this id.
    """
    outage = outage_rows.find_outage(tx, outage_id)
    if outage is None:
        raise NotFound("outage", outage_id)
    now = engine.clock()
    anchor = outage.revoked_at if outage.remained_in_effect else outage.restored_at
    is_running = outage.deadlines_at(now, engine.calendar).documents_due_at is not None
    return OutageDeadlines(
        outage, outage.contingency_at(now), anchor if is_running else None, known_deadlines(engine, outage)
    )


def known_deadlines(engine: Engine, outage: Outage) -> tuple[Deadline, ...]:
    """Returns the deadlines of an outage as they are known now, extensions of relief included."""
    now, calendar = engine.clock(), engine.calendar
    return named(outage.deadlines_at(now, calendar), outage.reliefs_at(now, calendar), outage.systems_ever)
