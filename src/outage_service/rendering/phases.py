"""Where an outage stands for its clients: what they are to do, and how its bulletins are marked."""

from collections.abc import Sequence
from enum import StrEnum

from outage_service.content.catalogue import Action, Content, Phase
from outage_service.domain.bulletins import BulletinFacts, ImpactFacts
from outage_service.domain.outages import ContingencyState, OutageState
from outage_service.domain.systems import Condition
from outage_service.rendering.titles import titled_impacts


class Status(StrEnum):
    """What the status bar says; its wording is `status_…` in labels.yaml, its colour in mail.css."""

    SCHEDULED = "scheduled"
    OUTAGE = "outage"
    DELAY = "delay"
    OVERRUN = "overrun"
    BACKLOG = "backlog"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"


def status_of(facts: BulletinFacts) -> Status:
    """Returns how a bulletin is marked; a fault whose procedures outlive it is not just resolved (R6)."""
    if facts.state is OutageState.RESOLVED:
        return Status.BACKLOG if facts.contingency.applies else Status.RESOLVED
    if facts.state is OutageState.OPEN:
        return Status(facts.condition)
    return Status(facts.state)


def phase_of(facts: BulletinFacts) -> Phase:
    """Returns which of the actions apply (R45–R55)."""
    if facts.state is OutageState.SCHEDULED:
        cut_off = facts.deadlines.transmit_by
        return Phase.LATE if cut_off is not None and facts.issued_at >= cut_off else Phase.AHEAD
    if facts.contingency.applies:
        return Phase.BACKLOG if facts.state.is_closed else Phase.PROCEDURES
    revoked = facts.contingency.state is ContingencyState.REVOKED
    if facts.state.is_closed:
        return Phase.CATCH_UP if revoked else Phase.NOTHING
    return Phase.RELIEVED if revoked else Phase.DELAY


def actions_for(facts: BulletinFacts, content: Content) -> tuple[Action, ...]:
    """Returns what to do, in order; what no affected system calls for is left out (R59)."""
    phase = phase_of(facts)
    possible = _possibly_concerned(facts, phase)
    return tuple(
        action
        for action in content.actions
        if phase in action.phases and (action.cases is None or _holds_for_all(action, possible))
    )


def _holds_for_all(action: Action, possible: Sequence[Sequence[ImpactFacts]]) -> bool:
    return all(any(action.concerns(i.system, i.direction) for i in impacts) for impacts in possible)


def _possibly_concerned(facts: BulletinFacts, phase: Phase) -> Sequence[Sequence[ImpactFacts]]:
    """Returns whose paper it may be, as alternatives: nobody has duties for a system that was not out.

    While procedures are in effect a system that is merely slow, or back, has none (R44). Once only delays
    are left, the facts do not say which of them had been an outage (docs/decisions/0006).
    """
    if phase not in (Phase.PROCEDURES, Phase.BACKLOG):
        return [[impact for impact in facts.impacts if not impact.was_withdrawn]]
    standing = titled_impacts(facts)
    if out := [impact for impact in standing if impact.condition is Condition.OUTAGE]:
        return [out]
    if len(standing) < len(facts.impacts):
        return [[]]  # what was out may be what is back
    return [[impact] for impact in standing]
