"""The acts that the console has a form for, and which of them an operator may do now.

To add an act: a line of `ACTS`, its fields in `console/act.html`, its texts `act_<name>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from outage_service.content.standard_texts import Use
from outage_service.domain.outages import ContingencyState, Outage, OutageState
from outage_service.domain.roles import Actor
from outage_service.domain.systems import Condition
from outage_service.services.acting import ActBody
from outage_service.services.engine import Engine
from outage_service.services.requests import (
    CancelBody,
    CorrectionBody,
    GraceBody,
    ResolveBody,
    RevokeBody,
    UpdateBody,
)

SEEN = ("estimated_resolution_at", "planned_start_at", "planned_end_at")
"""Times of the outage itself, which a form begins with."""


class Act(StrEnum):
    """What can be done to an outage, by its path."""

    UPDATE = "update"
    RESOLVE = "resolve"
    REVOKE = "revoke"
    CANCEL = "cancel"
    CORRECT = "correct"
    GRACE = "grace"


@dataclass(frozen=True, slots=True)
class ActKind:
    """How an act's form becomes its body, times by name and other fields, and the text it begins with.

    `suggested` is a situation of the standard texts.
    """

    body: type[ActBody]
    use: Use
    times: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    suggested: str = ""
    suggested_while_open: str = ""


ACTS: Mapping[Act, ActKind] = {
    Act.UPDATE: ActKind(UpdateBody, Use.UPDATE, SEEN, ("problem_identified",)),
    Act.RESOLVE: ActKind(
        ResolveBody,
        Use.RESOLVE,
        ("restored_at",),
        ("contingency", "confirm_past_deadlines"),
        suggested="resolved",
    ),
    Act.REVOKE: ActKind(
        RevokeBody,
        Use.REVOKE,
        ("effective_at",),
        ("confirm_past_deadlines",),
        suggested="revoked",
        suggested_while_open="revoked_delay",
    ),
    Act.CANCEL: ActKind(CancelBody, Use.CANCEL, suggested="cancelled"),
    Act.CORRECT: ActKind(CorrectionBody, Use.CORRECT, ("restored_at",), ("corrects",)),
    Act.GRACE: ActKind(
        GraceBody,
        Use.GRACE,
        ("paper_accepted_until", "penalty_relief_until"),
        ("systems",),
        suggested="grace",
    ),
}


def possible_acts(outage: Outage, actor: Actor, engine: Engine) -> list[Act]:
    """Returns what this operator may do to an outage now, the likeliest first."""
    if not actor.may_act_on(frozenset(outage.systems_ever)):
        return []
    now = engine.clock()
    state, applies = outage.state_at(now), outage.contingency_at(now).applies
    may = {
        Act.UPDATE: not outage.is_closed,
        Act.RESOLVE: state in (OutageState.OPEN, OutageState.OVERRUN),
        Act.CANCEL: state is OutageState.SCHEDULED,
        Act.REVOKE: applies and (outage.is_closed or outage.condition is Condition.DELAY),
        Act.CORRECT: True,
        Act.GRACE: outage.contingency_at(now).state is not ContingencyState.NOT_INVOKED,
    }
    return [act for act, is_possible in may.items() if is_possible]
