"""The state of every system at one instant, as data: what `GET /v1/status` says (R11, R22, P21)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outage_service.domain.broadcasts import LineState, Override
from outage_service.domain.cadence import OVERRUN_AFTER
from outage_service.domain.outages import Contingency, Impact, Outage, OutageState
from outage_service.domain.systems import CATALOGUE, Condition, Direction, System
from outage_service.domain.texts import Bilingual

_SEVERITY = (LineState.UNKNOWN, LineState.NORMAL, LineState.DELAY, LineState.OUTAGE)


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """One system. `inbound` and `outbound` are None where it has no direction.

    `outage` is the open outage behind `condition`, the worst and then the oldest; None where none is open.
    """

    system: System
    condition: LineState
    inbound: LineState | None
    outbound: LineState | None
    outage: Outage | None = None


@dataclass(frozen=True, slots=True)
class OutageStatus:
    """One outage that is not closed, or whose procedures outlived it; `message` is its latest news.

    `contingency` is None where it is old and procedures were not in effect then: they may be now (R5).
    """

    outage: Outage
    state: OutageState
    contingency: Contingency | None
    message: Bilingual | None

    @property
    def procedures_apply(self) -> bool:
        """Whether procedures are in effect; of what is old, whether they were."""
        return self.contingency is not None and self.contingency.applies


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """Every system in the catalogue's order, open and upcoming outages in the order they were declared.

    `procedures_remain` are resolved outages whose procedures are still in effect (R6). `as_of` is None
    where nothing was ever known.
    """

    as_of: datetime | None
    systems: tuple[SystemStatus, ...]
    outages: tuple[OutageStatus, ...] = ()
    procedures_remain: tuple[OutageStatus, ...] = ()


def status_of(
    outages: Iterable[Outage], now: datetime, *, messages: Mapping[int, Bilingual] | None = None
) -> StatusFacts:
    """Returns the status at `now`, when all that is not closed is known.

    Args:
        outages: every outage that is not closed, and the resolved ones whose procedures remain in effect.
        now: the instant at which they were read.
        messages: the latest news by outage id.
    """
    news = messages or {}
    told = [
        OutageStatus(o, o.state_at(now), o.contingency_at(now), news.get(o.id))
        for o in sorted(outages, key=lambda o: o.id)
    ]
    started = [t.outage for t in told if not t.state.is_closed and t.state is not OutageState.SCHEDULED]
    return StatusFacts(
        as_of=now,
        systems=tuple(_system_status(system, started) for system in CATALOGUE),
        outages=tuple(t for t in told if not t.state.is_closed),
        procedures_remain=tuple(t for t in told if t.state.is_closed and t.procedures_apply),
    )


def _system_status(system: System, started: list[Outage]) -> SystemStatus:
    suffered = [(i, o) for o in started for i in o.active_impacts if i.system is system]
    worst = min(suffered, key=_worst_first, default=None)
    directed = CATALOGUE[system].has_directions
    impacts = [impact for impact, _ in suffered]
    return SystemStatus(
        system=system,
        condition=_worst(impacts),
        inbound=_worst_of_direction(impacts, Direction.INBOUND) if directed else None,
        outbound=_worst_of_direction(impacts, Direction.OUTBOUND) if directed else None,
        outage=worst[1] if worst else None,
    )


def _worst_first(suffered: tuple[Impact, Outage]) -> tuple[bool, datetime]:
    impact, outage = suffered
    return impact.condition is not Condition.OUTAGE, impact.started_at or outage.started_at


def _worst_of_direction(impacts: Iterable[Impact], direction: Direction) -> LineState:
    return _worst(i for i in impacts if i.direction is None or i.direction.overlaps(direction))


def _worst(impacts: Iterable[Impact]) -> LineState:
    states = [LineState(impact.condition.value) for impact in impacts]
    return max(states, key=_SEVERITY.index, default=LineState.NORMAL)


def last_known(facts: StatusFacts) -> StatusFacts:
    """Returns what is left of `facts` once they are old (R11).

    What was out stays out, and procedures stay in effect; that all is normal or none are invoked is unknown.
    """
    return replace(
        facts,
        systems=tuple(_last_known_system(system) for system in facts.systems),
        outages=tuple(o if o.procedures_apply else replace(o, contingency=None) for o in facts.outages),
    )


def _last_known_system(status: SystemStatus) -> SystemStatus:
    return replace(
        status,
        condition=_no_more_than_known(status.condition),
        inbound=_no_more_than_known(status.inbound) if status.inbound else None,
        outbound=_no_more_than_known(status.outbound) if status.outbound else None,
    )


def _no_more_than_known(state: LineState) -> LineState:
    return LineState.UNKNOWN if state is LineState.NORMAL else state


def unknown_status() -> StatusFacts:
    """Returns the status where nothing was ever known: a first start without a database (P21)."""
    return last_known(StatusFacts(as_of=None, systems=tuple(_system_status(s, []) for s in CATALOGUE)))


def next_change_at(
    outages: Iterable[Outage], overrides: Iterable[Override], now: datetime
) -> datetime | None:
    """Returns when the clock alone next changes what is said: a planned start, an overrun, an expiry."""
    instants = [override.expires_at for override in overrides]
    for outage in outages:
        if outage.planned_end_at is not None and not outage.is_closed:
            instants += [outage.started_at, outage.planned_end_at + OVERRUN_AFTER]
    return min((instant for instant in instants if instant > now), default=None)
