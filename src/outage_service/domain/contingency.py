"""Which contingency procedures concern whom: systems, roles, modes and flows (SOCP 2 and 3, R59–R109).

Who has anything to do with an outage of a system is `CONCERNED`; what they do is content, and each procedure
carries a `Scope`. To add a role or a flow: a member here, its part in `CONCERNED`, its words in the content.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Protocol, TypeVar

from outage_service.domain.deadlines import Deadlines
from outage_service.domain.grace import Relief
from outage_service.domain.systems import System


class ClientRole(StrEnum):
    """What a client does for a shipment; one firm may have several roles."""

    CARRIER = "carrier"
    FREIGHT_FORWARDER = "freight_forwarder"
    IMPORTER = "importer"
    BROKER = "broker"
    EXPORTER = "exporter"
    CUSTOMS_SERVICE_PROVIDER = "customs_service_provider"
    WAREHOUSE_OPERATOR = "warehouse_operator"


class Mode(StrEnum):
    """How the goods move (R1)."""

    HIGHWAY = "highway"
    RAIL = "rail"
    AIR = "air"
    MARINE = "marine"


class Flow(StrEnum):
    """What is to be done with the goods."""

    IMPORT = "import"
    EXPORT = "export"
    IN_BOND = "in_bond"
    RELEASE = "release"
    WAREHOUSE = "warehouse"


class Timeframe(StrEnum):
    """When a procedure applies, in the order of the plan's overview (R59)."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


_INBOUND = frozenset({ClientRole.CARRIER, ClientRole.IMPORTER, ClientRole.BROKER})
_CLEARING = frozenset({ClientRole.IMPORTER, ClientRole.BROKER})
_EXPORTING = frozenset({ClientRole.EXPORTER, ClientRole.CUSTOMS_SERVICE_PROVIDER, ClientRole.CARRIER})
_STORING = frozenset({ClientRole.WAREHOUSE_OPERATOR})
_CARGO = {
    Flow.IMPORT: _INBOUND | {ClientRole.FREIGHT_FORWARDER},
    Flow.IN_BOND: _INBOUND | _STORING | {ClientRole.FREIGHT_FORWARDER},
    Flow.RELEASE: _INBOUND,
    Flow.WAREHOUSE: _INBOUND | _STORING,
}

CONCERNED: Mapping[System, Mapping[Flow, frozenset[ClientRole]]] = MappingProxyType(
    {
        System.EDI: {**_CARGO, Flow.EXPORT: _EXPORTING},
        System.EMANIFEST: _CARGO,
        System.CERS: {Flow.EXPORT: _EXPORTING},
        System.CCP: {
            Flow.IMPORT: _CLEARING,
            Flow.RELEASE: _CLEARING,
            Flow.WAREHOUSE: _CLEARING | _STORING,
        },
        System.CAD_API: {Flow.IMPORT: _CLEARING, Flow.RELEASE: _CLEARING},
        System.SWI: {Flow.IMPORT: _CLEARING, Flow.RELEASE: _INBOUND},
    }
)
"""Who has anything to do on paper, or to know, when a system is out.

Imports go by EDI and the eManifest Portal, exports by the CERS Portal and G7 EDI (R59). The other three have
no column: the CCP is for releases that depend on it (R72, R81), CAD/API for accounting, and the single window
for release requests, which carriers hand in on the highway (R82).
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a procedure is for; what is left out is not limited, beyond `CONCERNED`."""

    systems: frozenset[System] = frozenset(System)
    flows: frozenset[Flow] = frozenset(Flow)
    modes: frozenset[Mode] = frozenset(Mode)
    roles: frozenset[ClientRole] = frozenset(ClientRole)


class Scoped(Protocol):
    """Anything with a scope and a time; its place among others is its place in the content."""

    @property
    def scope(self) -> Scope:
        """Whom it is for."""

    @property
    def phase(self) -> Timeframe:
        """When it applies."""


P = TypeVar("P", bound=Scoped)
SystemsByTime = Mapping[Timeframe, frozenset[System]]


def at_all_times(systems: Iterable[System] = System) -> SystemsByTime:
    """Returns `systems` for what applies before, during and after their outage."""
    return dict.fromkeys(Timeframe, frozenset(systems))


@dataclass(frozen=True, slots=True)
class Situation:
    """Who asks, and about what; an empty set is everybody, every mode, every flow.

    `systems` are those out, or about to be, or just back: by what that makes applicable.
    """

    systems: SystemsByTime = field(default_factory=at_all_times)
    roles: frozenset[ClientRole] = frozenset()
    modes: frozenset[Mode] = frozenset()
    flows: frozenset[Flow] = frozenset()


def applies(scope: Scope, phase: Timeframe, situation: Situation) -> bool:
    """Returns whether what has `scope` is to be followed by somebody in `situation`."""
    if situation.modes and not scope.modes & situation.modes:
        return False
    systems = scope.systems & situation.systems.get(phase, frozenset())
    flows = scope.flows & (situation.flows or scope.flows)
    roles = scope.roles & (situation.roles or scope.roles)
    return any(roles & CONCERNED[system].get(flow, frozenset()) for system, flow in product(systems, flows))


def applicable(procedures: Iterable[P], situation: Situation) -> tuple[P, ...]:
    """Returns the procedures for `situation`: by time, and within it in the order in which they are given."""
    found = [each for each in procedures if applies(each.scope, each.phase, situation)]
    order = list(Timeframe)
    return tuple(sorted(found, key=lambda each: order.index(each.phase)))


def is_concerned(system: System, situation: Situation) -> bool:
    """Returns whether an outage of `system` touches anybody in `situation`, at whatever time."""
    return any(
        (situation.roles or frozenset(ClientRole)) & roles
        for flow, roles in CONCERNED[system].items()
        if not situation.flows or flow in situation.flows
    )


class Obligation(StrEnum):
    """What a deadline asks: R52 has two for the same documents, and one must not pass for the other."""

    DUE = "due"
    RECOMMENDED = "recommended"
    ALLOWED = "allowed"


class DeadlineName(StrEnum):
    """The deadlines of an outage, as `Deadlines` names them."""

    TRANSMIT_BY = "transmit_by"
    PAPER_ACCEPTED_UNTIL = "paper_accepted_until"
    PENALTY_RELIEF_UNTIL = "penalty_relief_until"
    DOCUMENTS_RECOMMENDED_BY = "documents_recommended_by"
    DOCUMENTS_DUE_AT = "documents_due_at"

    @property
    def obligation(self) -> Obligation:
        """Whether one must, should, or may until then (R45, R51, R52, R54)."""
        if self is DeadlineName.DOCUMENTS_RECOMMENDED_BY:
            return Obligation.RECOMMENDED
        is_due = self in (DeadlineName.TRANSMIT_BY, DeadlineName.DOCUMENTS_DUE_AT)
        return Obligation.DUE if is_due else Obligation.ALLOWED


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of an outage, with its instant in UTC; no `systems`: for all of them.

    One that is not final is in force at least until then: longer if the outage goes on (R51, R54).
    """

    name: DeadlineName
    at: datetime
    systems: tuple[System, ...] = ()
    is_final: bool = True


def named(
    deadlines: Deadlines, reliefs: Iterable[Relief] = (), systems: Sequence[System] = ()
) -> tuple[Deadline, ...]:
    """Returns the deadlines that are known, soonest first; relief that was extended for its own systems.

    Args:
        reliefs: what is in force for systems whose relief was extended.
        systems: all systems of the outage.
    """
    extended = tuple(reliefs)
    found = [each for name in DeadlineName for each in _of_name(name, deadlines, extended, systems)]
    return tuple(sorted(found, key=lambda deadline: deadline.at))


def _of_name(
    name: DeadlineName, deadlines: Deadlines, reliefs: Iterable[Relief], systems: Sequence[System]
) -> Iterator[Deadline]:
    known: datetime | None = getattr(deadlines, name.value)
    extended = {each.system: getattr(each, name.value, None) or known for each in reliefs}
    until = {system: extended.get(system, known) for system in systems}
    instants = sorted({at for at in [*until.values(), *([] if until else [known])] if at is not None})
    for at in instants:
        own = tuple(system for system in until if until[system] == at)
        yield Deadline(name, at, own if len(own) < len(until) else (), is_final=known is not None)
