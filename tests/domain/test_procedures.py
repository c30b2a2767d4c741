"""Whom a procedure is for: its scope, and who has anything to do with an outage at all (R59)."""

from dataclasses import dataclass, field

import pytest

from outage_service.domain.contingency import (
    CONCERNED,
    ClientRole,
    Deadline,
    DeadlineName,
    Flow,
    Mode,
    Obligation,
    Scope,
    Situation,
    Timeframe,
    applicable,
    at_all_times,
    is_concerned,
    named,
)
from outage_service.domain.deadlines import Deadlines, deadlines
from outage_service.domain.grace import Relief
from outage_service.domain.systems import System
from tests.builders import LITERAL, at

IMPORTS, EXPORTS = frozenset({System.EDI, System.EMANIFEST}), frozenset({System.EDI, System.CERS})


@dataclass(frozen=True)
class Task:
    """A procedure as far as the selection is concerned."""

    name: str
    phase: Timeframe = Timeframe.DURING
    scope: Scope = field(default_factory=Scope)


def told(task: Task, **situation: object) -> bool:
    return applicable([task], Situation(**situation)) == (task,)  # type: ignore[arg-type]


def test_what_has_no_limits_is_for_everybody_concerned() -> None:
    assert told(Task("keep"))
    assert told(Task("keep"), roles=frozenset({ClientRole.EXPORTER}))


@pytest.mark.parametrize(
    ("systems", "role", "flow", "is_told"),
    [
        (IMPORTS, ClientRole.EXPORTER, Flow.EXPORT, True),  # G7 EDI
        ({System.EMANIFEST}, ClientRole.EXPORTER, Flow.EXPORT, False),
        ({System.CERS}, ClientRole.IMPORTER, Flow.IMPORT, False),
        ({System.EDI}, ClientRole.EXPORTER, Flow.IMPORT, False),
        ({System.CCP}, ClientRole.CARRIER, Flow.IMPORT, False),
    ],
    ids=["g7", "no export in the manifest", "no import in cers", "exporters import nothing", "ccp"],
)
def test_who_has_nothing_to_do_with_a_system_is_told_nothing(
    systems: set[System], role: ClientRole, flow: Flow, is_told: bool
) -> None:
    """R59: whatever the scope of the procedure."""
    situation = {
        "systems": at_all_times(systems),
        "roles": frozenset({role}),
        "flows": frozenset({flow}),
    }
    assert told(Task("keep"), **situation) is is_told


@pytest.mark.parametrize(
    ("scope", "situation"),
    [
        (Scope(modes=frozenset({Mode.RAIL})), {"modes": frozenset({Mode.AIR})}),
        (Scope(flows=frozenset({Flow.EXPORT})), {"flows": frozenset({Flow.IMPORT})}),
        (Scope(roles=frozenset({ClientRole.CARRIER})), {"roles": frozenset({ClientRole.BROKER})}),
        (Scope(systems=frozenset({System.CCP})), {"systems": at_all_times([System.EDI])}),
    ],
    ids=["mode", "flow", "role", "system"],
)
def test_what_is_for_others_is_left_out(scope: Scope, situation: dict[str, object]) -> None:
    task = Task("other", scope=scope)
    assert not told(task, **situation)
    assert told(task)


def test_role_and_flow_must_meet_in_one_system() -> None:
    """A carrier of exports is concerned by CERS, and not by the import side of eManifest because of it."""
    both = at_all_times([System.CERS, System.EMANIFEST])
    exporter = {"systems": both, "roles": frozenset({ClientRole.EXPORTER})}
    assert not told(Task("import", scope=Scope(flows=frozenset({Flow.IMPORT}))), **exporter)
    assert told(Task("export", scope=Scope(flows=frozenset({Flow.EXPORT}))), **exporter)


def test_procedures_are_told_by_time_and_otherwise_as_they_stand() -> None:
    after, first, second = Task("z", Timeframe.AFTER), Task("y"), Task("x")
    before = Task("w", Timeframe.BEFORE)
    assert applicable([after, first, second, before], Situation()) == (before, first, second, after)


def test_what_is_over_calls_only_for_what_comes_after() -> None:
    """R51–R55: the paper is history, the deadlines run."""
    over = Situation(systems={Timeframe.AFTER: frozenset({System.EDI})})
    during, after = Task("paper"), Task("send", Timeframe.AFTER)
    assert applicable([during, after], over) == (after,)


@pytest.mark.parametrize("system", System)
def test_a_flow_of_a_system_concerns_somebody(system: System) -> None:
    assert CONCERNED[system]
    assert all(CONCERNED[system].values())


@pytest.mark.parametrize(
    ("system", "situation", "concerned"),
    [
        (System.EDI, Situation(), True),
        (System.CERS, Situation(flows=frozenset({Flow.IMPORT})), False),
        (System.CERS, Situation(flows=frozenset({Flow.IMPORT, Flow.EXPORT})), True),
        (System.CERS, Situation(roles=frozenset({ClientRole.CARRIER})), True),
        (System.CCP, Situation(roles=frozenset({ClientRole.CARRIER})), False),
    ],
    ids=["anybody", "imports and cers", "exports and cers", "carriers and cers", "carriers and the ccp"],
)
def test_an_outage_touches_those_who_have_to_do_with_it(
    system: System, situation: Situation, concerned: bool
) -> None:
    assert is_concerned(system, situation) is concerned


def test_deadlines_are_told_soonest_first_and_each_says_what_it_asks() -> None:
    """R52: due and recommended are two times for the same documents (the golden case of section 6)."""
    known = deadlines(planned_start=None, anchor=at("2026-11-20 16:00"), calendar=LITERAL)
    assert [(each.name, each.at, each.name.obligation) for each in named(known)] == [
        (DeadlineName.PAPER_ACCEPTED_UNTIL, at("2026-11-20 18:00"), Obligation.ALLOWED),
        (DeadlineName.PENALTY_RELIEF_UNTIL, at("2026-11-20 18:00"), Obligation.ALLOWED),
        (DeadlineName.DOCUMENTS_RECOMMENDED_BY, at("2026-11-21 16:00"), Obligation.RECOMMENDED),
        (DeadlineName.DOCUMENTS_DUE_AT, at("2026-11-25 13:00"), Obligation.DUE),
    ]


def test_before_a_planned_start_only_the_cut_off_is_known() -> None:
    """R45"""
    cut_off = at("2026-11-29 00:00")
    assert named(Deadlines(transmit_by=cut_off)) == (Deadline(DeadlineName.TRANSMIT_BY, cut_off),)
    assert DeadlineName.TRANSMIT_BY.obligation is Obligation.DUE


def test_relief_that_was_extended_is_told_for_its_own_systems() -> None:
    """R51, R54: the others keep the plan's two hours."""
    known = deadlines(planned_start=None, anchor=at("2026-11-20 16:00"), calendar=LITERAL)
    relief = Relief(System.CERS, at("2026-11-21 12:00"), known.penalty_relief_until)
    found = named(known, [relief], [System.EDI, System.CERS])
    assert [each for each in found if each.name is DeadlineName.PAPER_ACCEPTED_UNTIL] == [
        Deadline(DeadlineName.PAPER_ACCEPTED_UNTIL, at("2026-11-20 18:00"), (System.EDI,)),
        Deadline(DeadlineName.PAPER_ACCEPTED_UNTIL, at("2026-11-21 12:00"), (System.CERS,)),
    ]
    assert [each.systems for each in found if each.name is not DeadlineName.PAPER_ACCEPTED_UNTIL] == [()] * 3


def test_an_extension_is_known_before_the_outage_is_over() -> None:
    """R54"""
    until = at("2026-11-27 12:00")
    found = named(Deadlines(), [Relief(System.EDI, until, None)], [System.EDI, System.CCP])
    assert found == (Deadline(DeadlineName.PAPER_ACCEPTED_UNTIL, until, (System.EDI,), is_final=False),)
