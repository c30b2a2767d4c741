"""Letters about clients' own outages: each system with its article, in French as good as the English."""

from dataclasses import replace

import pytest

from outage_service.content import load_content
from outage_service.domain.external_outages import ExternalOutage, Report, recorded
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.rendering.case_letters import CaseLetter, case_letter
from tests.builders import SUNDAY_2H, SUNDAY_6H, THURSDAY_10H
from tests.content.typography import faults

CONTENT = load_content()
SYSTEMS = (System.EDI, System.EMANIFEST, System.CERS, System.CCP, System.CAD_API, System.SWI)
REPORT = Report(
    client="A carrier",
    contact="The dispatcher",
    email=None,
    language=Language.FR,
    systems=(System.EMANIFEST,),
    description="No answer.",
)
INCIDENT = replace(REPORT, is_incident=True, is_provider=True)
PLANNED = replace(REPORT, is_scheduled=True, starts_at=SUNDAY_2H, ends_at=SUNDAY_6H)


def an_external_outage(report: Report, *systems: System) -> ExternalOutage:
    told = replace(report, systems=systems or report.systems)
    outage = recorded(told, case_number="EXT26-0001", now=THURSDAY_10H)
    return replace(outage, resolved_at=SUNDAY_6H)


def said(letter: CaseLetter, outage: ExternalOutage) -> str:
    body = case_letter(CONTENT, letter, outage, Language.FR, test_mode=False).body
    return " ".join(body.text.split())


@pytest.mark.parametrize(
    ("letter", "english", "french"),
    [
        (CaseLetter.REPORTED, "It concerns", "Ce dossier concerne"),
        (CaseLetter.REGIONAL, "It concerns", "Elle concerne"),
        (CaseLetter.ESCALATION, "It concerns", "Cet incident concerne"),
    ],
)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_stands_after_a_word_that_takes_its_article(
    system: System, letter: CaseLetter, english: str, french: str
) -> None:
    text = said(letter, an_external_outage(REPORT, system))
    name = CONTENT.systems[system].short.the
    assert f"{english} {name.en}" in text
    assert f"{french} {name.fr}" in text


def test_several_systems_stand_in_a_row_each_with_its_article() -> None:
    text = said(CaseLetter.REPORTED, an_external_outage(REPORT, System.EDI, System.CCP))
    assert "Ce dossier concerne l’EDI et le portail client de la GCRA, à compter du" in text


@pytest.mark.parametrize("letter", CaseLetter)
@pytest.mark.parametrize("report", [REPORT, INCIDENT, PLANNED], ids=["unscheduled", "incident", "scheduled"])
def test_no_letter_has_an_article_that_french_contracts(letter: CaseLetter, report: Report) -> None:
    text = said(letter, an_external_outage(report, *SYSTEMS))
    assert [wrong for wrong in (" de le ", " de les ", " à le ", " à les ") if wrong in text] == []


@pytest.mark.parametrize("letter", CaseLetter)
@pytest.mark.parametrize("report", [REPORT, INCIDENT, PLANNED], ids=["unscheduled", "incident", "scheduled"])
def test_french_follows_its_typography(letter: CaseLetter, report: Report) -> None:
    body = case_letter(CONTENT, letter, an_external_outage(report), Language.FR, test_mode=False).body
    french = [line for line in body.text.splitlines() if "é" in line]
    assert french
    assert [fault for line in french for fault in faults(line)] == []


@pytest.mark.parametrize(
    ("report", "english", "french"),
    [
        (REPORT, "Until your systems work again, present", "Jusqu’au rétablissement de vos systèmes, pré"),
        (PLANNED, "During the outage, present full paper", "Pendant la panne, présentez une documentation"),
    ],
    ids=["unscheduled", "scheduled"],
)
def test_paper_is_asked_for_only_while_the_client_s_systems_are_out(
    report: Report, english: str, french: str
) -> None:
    """R30: what is planned has not begun when the letter comes."""
    text = said(CaseLetter.REPORTED, an_external_outage(report))
    assert english in text
    assert french in text
