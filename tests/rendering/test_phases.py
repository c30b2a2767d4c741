"""What clients are to do: only what applies to their systems, and only while it does (R45–R59)."""

from dataclasses import replace

import pytest

from outage_service.content import load_content
from outage_service.content.catalogue import Phase
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Direction, System
from outage_service.domain.texts import Language
from outage_service.rendering.phases import actions_for, phase_of
from outage_service.rendering.sections import section
from tests.builders import (
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    bulletin_facts,
    resolved,
    updated,
)
from tests.rendering.stories import STORIES

CONTENT = load_content()
COLUMN = {"import_paper", "export_paper", "queue_edi", "submit_in_portal", "examination"}


def to_do(story: str) -> set[str]:
    return {action.id for action in actions_for(STORIES[story], CONTENT)}


def to_do_in(system: System, direction: Direction | None = None) -> set[str]:
    facts = bulletin_facts(an_outage(an_impact(system, direction)))
    return {action.id for action in actions_for(facts, CONTENT)}


@pytest.mark.parametrize(
    ("story", "phase"),
    [
        ("advance", Phase.AHEAD),
        ("reminder", Phase.AHEAD),
        ("advance after the cut-off", Phase.LATE),
        ("initial", Phase.PROCEDURES),
        ("in the window", Phase.PROCEDURES),
        ("overrun", Phase.PROCEDURES),
        ("back to a delay, procedures stay", Phase.PROCEDURES),
        ("resolved, procedures remain", Phase.BACKLOG),
        ("delay", Phase.DELAY),
        ("procedures revoked in a delay", Phase.RELIEVED),
        ("resolved", Phase.CATCH_UP),
        ("revoked afterwards", Phase.CATCH_UP),
        ("correction", Phase.CATCH_UP),
        ("delay resolved", Phase.NOTHING),
        ("cancelled", Phase.NOTHING),
    ],
)
def test_a_phase_follows_from_the_facts(story: str, phase: Phase) -> None:
    assert phase_of(STORIES[story]) is phase


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_something_to_do(phase: Phase) -> None:
    assert any(phase in action.phases for action in CONTENT.actions)


@pytest.mark.parametrize(
    ("system", "papers"),
    [
        (System.EDI, {"import_paper", "export_paper"}),
        (System.EMANIFEST, {"import_paper"}),
        (System.CERS, {"export_paper"}),
        (System.CCP, set()),
        (System.CAD_API, set()),
        (System.SWI, set()),
    ],
)
def test_imports_go_to_the_port_of_report_and_exports_to_their_office(
    system: System, papers: set[str]
) -> None:
    """R59: EDI has both columns, the portals one each, the others none."""
    assert to_do_in(system) & {"import_paper", "export_paper"} == papers


@pytest.mark.parametrize("system", [System.CCP, System.CAD_API, System.SWI])
def test_a_system_without_a_column_is_told_nothing_of_one(system: System) -> None:
    """R59"""
    assert to_do_in(system) & COLUMN == set()


def test_the_client_portal_has_its_own_forms() -> None:
    """R74, R79"""
    assert "ccp_forms" in to_do_in(System.CCP)
    assert "ccp_forms" not in to_do_in(System.EDI)


@pytest.mark.parametrize(
    ("direction", "is_told"), [(Direction.INBOUND, False), (Direction.OUTBOUND, True), (Direction.BOTH, True)]
)
def test_clients_keep_transmitting_where_data_is_queued(direction: Direction, is_told: bool) -> None:
    """R37, R38, R46: nothing is received in an inbound outage."""
    assert ("queue_edi" in to_do_in(System.EDI, direction)) is is_told


def test_a_system_that_is_merely_slow_has_no_paper_procedure() -> None:
    """R44: with CERS slow and the eManifest Portal out, exports go on electronically."""
    facts = bulletin_facts(an_outage(an_impact(System.EMANIFEST), a_delay(System.CERS)))
    assert "export_paper" not in {action.id for action in actions_for(facts, CONTENT)}


NOON, ONE = at("2026-11-26 12:00"), at("2026-11-26 13:00")
PAPER = {"import_paper", "export_paper", "carriers_and_warehouses", "clearing", "exporters"}
OF_ANY = {"other_departments", "retain_stamped", "send_afterwards", "no_penalty", "checklist"}


def asked(outage: Outage) -> set[str]:
    return {action.id for action in actions_for(bulletin_facts(outage), CONTENT)}


def test_an_outage_that_becomes_a_delay_gives_no_paper_to_a_system_that_was_only_slow() -> None:
    """R5, R59: nothing says which of two delays had been the outage, so neither one's paper is asked for."""
    out = an_outage(an_impact(System.EMANIFEST), a_delay(System.CERS))
    assert "import_paper" in asked(out)
    slow = asked(updated(out, NOON, a_delay(System.EMANIFEST, 20), a_delay(System.CERS)))
    assert slow & PAPER == set()
    assert slow > OF_ANY


def test_a_delay_that_is_left_when_the_outage_is_over_has_no_paper() -> None:
    """R5, R59: what was out is back, what is left was never out."""
    out = an_outage(an_impact(System.EMANIFEST), a_delay(System.CERS))
    assert asked(updated(out, NOON, a_delay(System.CERS))) == OF_ANY


def test_a_delay_that_may_always_have_been_one_has_no_paper_once_another_is_back() -> None:
    """R5: it may be the restored delay that had been the outage."""
    out = an_outage(a_delay(System.EMANIFEST, 75), a_delay(System.EDI))
    slow = updated(out, NOON, a_delay(System.EMANIFEST, 20), a_delay(System.EDI))
    assert asked(updated(slow, ONE, a_delay(System.EDI))) == OF_ANY


def test_the_only_system_there_is_keeps_its_paper_when_it_is_only_slow() -> None:
    """R6, R36: procedures stay in effect until they are revoked, and it is known whose they are."""
    assert {"import_paper", "clearing"} < to_do("back to a delay, procedures stay")


def test_paper_that_either_of_two_delays_calls_for_is_asked_for() -> None:
    """R59: whichever had been the outage, imports go to the port of report; exports only if it was EDI."""
    out = an_outage(an_impact(System.EDI), a_delay(System.EMANIFEST))
    both_slow = asked(updated(out, NOON, a_delay(System.EDI, 20), a_delay(System.EMANIFEST)))
    assert both_slow & {"import_paper", "export_paper"} == {"import_paper"}


def test_a_backlog_gives_no_paper_to_a_system_that_was_only_slow() -> None:
    """R5, R6, R59"""
    out = an_outage(an_impact(System.EMANIFEST), a_delay(System.CERS))
    over = resolved(out, NOON, remains_in_effect=True)
    assert asked(over) & PAPER == {"import_paper", "carriers_and_warehouses", "clearing"}


def test_a_backlog_of_delays_asks_only_for_what_each_of_them_calls_for() -> None:
    """R5, R59"""
    out = an_outage(an_impact(System.EMANIFEST), a_delay(System.CERS))
    slow = updated(out, NOON, a_delay(System.EMANIFEST, 20), a_delay(System.CERS))
    over = resolved(slow, ONE, remains_in_effect=True)
    assert asked(over) == OF_ANY | {"examination"}


def test_a_backlog_gives_no_paper_to_a_system_that_had_been_back_before() -> None:
    """R59: the bulletins before it had none for it either."""
    out = an_outage(an_impact(System.EMANIFEST), an_impact(System.CERS))
    one_back = updated(out, NOON, an_impact(System.CERS))
    assert asked(one_back) & {"import_paper", "export_paper"} == {"export_paper"}
    over = resolved(one_back, ONE, remains_in_effect=True)
    assert asked(over) & {"import_paper", "export_paper"} == {"export_paper"}


def test_a_system_taken_off_the_plan_needs_no_paper_to_be_prepared() -> None:
    """R59: the client portal, which stays, has no column."""
    planned = a_scheduled_outage(an_impact(System.CERS), an_impact(System.CCP))
    assert "prepare_paper" in asked(planned)
    assert "prepare_paper" not in asked(updated(planned, NOON, an_impact(System.CCP)))


def test_a_system_that_is_back_has_no_paper_procedure() -> None:
    assert "import_paper" in to_do("one system is back")
    assert "submit_in_portal" not in to_do("one system is back")


@pytest.mark.parametrize(
    ("system", "roles"),
    [
        (System.EDI, {"carriers_and_warehouses", "clearing", "exporters"}),
        (System.EMANIFEST, {"carriers_and_warehouses", "clearing"}),
        (System.CERS, {"exporters"}),
        (System.CCP, set()),
        (System.CAD_API, set()),
        (System.SWI, {"clearing"}),
    ],
)
def test_each_role_is_told_what_is_its_own(system: System, roles: set[str]) -> None:
    """R57, R60, R70, R71, R89, R103: in a line; the rest is on the page of the checklist."""
    assert to_do_in(system) & {"carriers_and_warehouses", "clearing", "exporters"} == roles


@pytest.mark.parametrize("language", Language)
def test_a_bulletin_leads_to_the_whole_checklist(language: Language) -> None:
    shown = section(STORIES["initial"], CONTENT, language, base_url="https://outages.example.org/")
    assert shown.actions[-1].endswith(f": https://outages.example.org/{language}/contingency")


@pytest.mark.parametrize("story", ["initial", "advance", "CAD/API alone", "resolved, procedures remain"])
def test_other_departments_requirements_always_stand(story: str) -> None:
    """R47"""
    assert "other_departments" in to_do(story)


def test_before_a_planned_start_clients_transmit_and_prepare() -> None:
    """R45, R50"""
    assert to_do("advance") == {"transmit_ahead", "prepare_paper", "other_departments", "checklist"}


def test_nobody_is_told_to_transmit_by_a_cut_off_that_has_passed() -> None:
    """R45: the row of the cut-off says that it has passed; what is left is to hurry and to prepare."""
    assert to_do("advance after the cut-off") == {
        "transmit_late",
        "prepare_paper",
        "other_departments",
        "checklist",
    }
    planned = a_scheduled_outage()
    at_the_cut_off = replace(bulletin_facts(planned), issued_at=at("2026-11-29 00:00"))
    assert phase_of(at_the_cut_off) is Phase.LATE


def test_afterwards_clients_send_correct_and_keep() -> None:
    """R46, R53, R55, R58, R104"""
    assert to_do("resolved") == {
        "send_everything",
        "actual_release",
        "actual_departure",
        "sent_already",
        "correct_rejects",
        "retain_afterwards",
        "checklist",
    }


def test_where_procedures_never_applied_nothing_follows() -> None:
    assert to_do("delay resolved") == to_do("cancelled") == {"carry_on"}
    assert to_do("delay") == {"transmit_as_usual"}
