"""Where an outage stands for its clients: what they are to do, and how its bulletins are marked."""

from enum import StrEnum

from outage_service.content.catalogue import Action, Content, Phase
from outage_service.domain.bulletins import BulletinFacts
from outage_service.domain.outages import ContingencyState, OutageState
from outage_service.domain.systems import Condition


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
        return Phase.AHEAD
    if facts.contingency.applies:
        return Phase.BACKLOG if facts.state.is_closed else Phase.PROCEDURES
    revoked = facts.contingency.state is ContingencyState.REVOKED
    if facts.state.is_closed:
        return Phase.CATCH_UP if revoked else Phase.NOTHING
    return Phase.RELIEVED if revoked else Phase.DELAY


def actions_for(facts: BulletinFacts, content: Content) -> tuple[Action, ...]:
    """Returns what to do, in order; what no affected system calls for is left out (R59).

    While procedures are in effect only systems that are out count: a system that is merely slow has none.
    """
    phase = phase_of(facts)
    in_effect = phase is Phase.PROCEDURES and facts.condition is Condition.OUTAGE
    concerned = [
        impact
        for impact in facts.impacts
        if not (in_effect and (impact.restored_at or impact.condition is Condition.DELAY))
    ]
    return tuple(
        action
        for action in content.actions
        if phase in action.phases and any(action.concerns(i.system, i.direction) for i in concerned)
    )
