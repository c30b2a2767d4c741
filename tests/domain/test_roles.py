"""Who may act on which systems and help lines (R5, R23)."""

import pytest

from outage_service.domain.roles import (
    BOUNCES,
    CLOCK,
    COMMAND_LINE,
    OPERATORS,
    SUBSCRIBER,
    Actor,
    Role,
    is_own_name,
)
from outage_service.domain.systems import HelpLine, System

CARM = {System.CAD_API, System.CCP}


@pytest.mark.parametrize(
    ("role", "systems", "may"),
    [
        pytest.param(Role.TCCU, set(System), True, id="tccu-all-six"),
        pytest.param(Role.CTSU, {System.CCP}, True, id="ctsu-one-of-its-own"),
        pytest.param(Role.CTSU, CARM, True, id="ctsu-both"),
        pytest.param(Role.CTSU, CARM | {System.EDI}, False, id="ctsu-with-another"),
        *(pytest.param(r, {System.CCP}, False, id=r) for r in (Role.ADMIN, Role.AUDITOR, Role.IVR)),
    ],
)
def test_an_operator_acts_on_an_outage_only_if_all_its_systems_are_theirs(
    role: Role, systems: set[System], may: bool
) -> None:
    """R5"""
    assert Actor("somebody", role).may_act_on(frozenset(systems)) is may


@pytest.mark.parametrize(
    ("role", "lines"),
    [
        (Role.TCCU, {"tccu", "ctsu", "ccsh"}),
        (Role.CTSU, {"ctsu", "ccsh"}),
        (Role.ADMIN, set()),
        (Role.AUDITOR, set()),
        (Role.IVR, set()),
    ],
)
def test_a_line_s_text_is_overridden_by_its_own_people(role: Role, lines: set[str]) -> None:
    """R23 and the contract's table."""
    assert {line for line in HelpLine if Actor("somebody", role).may_speak_on(line)} == lines


def test_operators_are_the_two_units() -> None:
    """R5"""
    assert {"tccu", "ctsu"} == OPERATORS


@pytest.mark.parametrize("role", Role)
def test_auditors_read_all_but_whom_to_call(role: Role) -> None:
    assert Actor("somebody", role).may_see_contacts is (role is not Role.AUDITOR)


@pytest.mark.parametrize("name", [CLOCK, COMMAND_LINE, SUBSCRIBER, BOUNCES, "console", " Command  LINE"])
def test_the_names_of_the_service_itself_are_known_however_they_are_written(name: str) -> None:
    assert is_own_name(name)


@pytest.mark.parametrize("name", ["night desk", "clock tower", "a-tccu", "clock@example.org"])
def test_other_names_are_anybodys(name: str) -> None:
    assert not is_own_name(name)
