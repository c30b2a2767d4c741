"""The record of an outage as a document: both languages, the code, what was extended (R107)."""

import pytest

from outage_service.content import load_content
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import Outage
from outage_service.domain.records import OutageRecord, RecordedBulletin, record_of
from outage_service.domain.systems import Direction, System
from outage_service.domain.texts import Language
from outage_service.rendering.documents.outage_record import outage_record, record_facts
from outage_service.rendering.times import NBSP
from tests.builders import (
    LITERAL,
    SUNDAY_6H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    extended,
    resolved,
    updated,
)
from tests.rendering.documents.pdf import claims_accessibility, text_of

CODE = "TCC26-0001-2-" + "A" * 32
PAGES = {language: f"https://outages.example.org/{language}/records/{CODE}" for language in Language}
NOON, TWENTY = at("2026-11-26 12:00"), at("2026-11-26 20:00")
OUT = an_outage(an_impact(System.EDI, Direction.INBOUND), a_delay(System.CERS))


def recorded(outage: Outage) -> OutageRecord:
    bulletins = (RecordedBulletin(1, BulletinKind.INITIAL, THURSDAY_10H),)
    now = outage.restored_at or TWENTY
    return record_of(outage, bulletins, None, now=now, calendar=LITERAL)


def both_languages(outage: Outage) -> str:
    made = outage_record(recorded(outage), load_content(), code=CODE, pages=PAGES, first=Language.EN)
    return text_of(made).replace(NBSP, " ")


@pytest.mark.parametrize("first", Language)
def test_it_is_in_both_languages_tagged_and_names_its_code(first: Language) -> None:
    made = outage_record(recorded(resolved(OUT, NOON)), load_content(), code=CODE, pages=PAGES, first=first)
    said = text_of(made)
    assert claims_accessibility(made)
    titles = {Language.EN: "Record of outage TCC26-0001", Language.FR: "Relevé de la panne TCC26-0001"}
    assert said.index(titles[first]) < said.index(titles[first.other])
    assert said.count(CODE) >= 4
    assert "EDI (inbound): Outage, from 2026-11-26 10:00 (ET) to 2026-11-26 12:00 (ET)" in said
    assert "Bulletin 1: 2026-11-26 10:00 (ET) – Initial notice" in said


def test_what_was_extended_stands_beside_the_plan_s_own_deadline() -> None:
    outage = extended(resolved(OUT, NOON), NOON, paper=TWENTY)
    said = text_of(outage_record(recorded(outage), load_content(), code=CODE, pages=PAGES, first=Language.EN))
    assert "Paper accepted until: 2026-11-26 14:00 (ET)" in said
    assert "EDI, Paper accepted until: 2026-11-26 20:00 (ET)" in said
    assert "EDI, No penalties until" not in said


def test_what_goes_on_is_said_to() -> None:
    said = text_of(outage_record(recorded(OUT), load_content(), code=CODE, pages=PAGES, first=Language.EN))
    assert "since 2026-11-26 10:00 (ET)" in said


def test_relief_extended_while_an_outage_goes_on_is_the_least_there_is() -> None:
    """R51, R54"""
    outage = extended(OUT, NOON, paper=TWENTY, penalties=TWENTY)
    said = both_languages(outage)
    assert "EDI, Paper accepted at least until: 2026-11-26 20:00 (ET)" in said
    assert "EDI, No penalties at least until: 2026-11-26 20:00 (ET)" in said
    assert "EDI, Papier accepté au moins jusqu’au : 2026-11-26 20:00 (HE)" in said
    assert "EDI, Aucune sanction au moins jusqu’au : 2026-11-26 20:00 (HE)" in said


PLANNED = a_scheduled_outage(an_impact(System.EDI), an_impact(System.SWI))
SMALLER = updated(PLANNED, NOON, an_impact(System.EDI))


@pytest.mark.parametrize(
    ("outage", "english", "french"),
    [
        pytest.param(
            PLANNED,
            "Scheduled outage from 2026-11-29 02:00 (ET) to 2026-11-29 06:00 (ET)",
            "Panne prévue du 2026-11-29 02:00 (HE) au 2026-11-29 06:00 (HE)",
            id="still to come",
        ),
        pytest.param(
            cancelled(PLANNED, NOON),
            "Scheduled outage from 2026-11-29 02:00 (ET) to 2026-11-29 06:00 (ET), called off",
            "Panne prévue du 2026-11-29 02:00 (HE) au 2026-11-29 06:00 (HE), annulée",
            id="called off",
        ),
        pytest.param(
            SMALLER,
            "Withdrawn on 2026-11-26 12:00 (ET), before the planned start of the outage",
            "Système retiré le 2026-11-26 12:00 (HE), avant le début prévu de la panne",
            id="withdrawn",
        ),
        pytest.param(
            resolved(SMALLER, SUNDAY_6H),
            "Withdrawn on 2026-11-26 12:00 (ET), before the planned start of the outage",
            "Système retiré le 2026-11-26 12:00 (HE), avant le début prévu de la panne",
            id="withdrawn, and the others are back",
        ),
    ],
)
def test_what_was_only_planned_is_not_said_to_have_been_an_outage(
    outage: Outage, english: str, french: str
) -> None:
    """R107: whoever asks for relief hands it in."""
    said = both_languages(outage)
    assert f"Single Window Initiative: {english}" in said
    assert f"Initiative du guichet unique : {french}" in said
    assert ("called off" in said) is ("annulée" in said) is (outage.cancelled_at is not None)
    assert "since" not in said
    assert "depuis" not in said


def test_a_record_of_a_plan_is_no_evidence_of_an_outage() -> None:
    planned, called_off = both_languages(PLANNED), both_languages(cancelled(PLANNED, NOON))
    for said in (planned, called_off):
        assert "This record is not evidence of one." in said
        assert "Ce relevé n’en atteste aucune." in said
        assert "evidence of an outage" not in said
        assert "atteste une panne" not in said
    assert "Transmit by: 2026-11-29 00:00 (ET)" in planned
    assert "Transmit by" not in called_off


@pytest.mark.parametrize("outage", [OUT, cancelled(PLANNED, NOON)], ids=["open", "called off"])
def test_where_there_is_no_deadline_there_is_no_heading_for_them(outage: Outage) -> None:
    said = both_languages(outage)
    assert "Deadlines" not in said
    assert "Échéances" not in said


def test_a_planned_outage_that_took_place_has_its_times() -> None:
    said = both_languages(resolved(SMALLER, SUNDAY_6H))
    assert "EDI (inbound and outbound): Outage, from 2026-11-29 02:00 (ET) to 2026-11-29 06:00 (ET)" in said
    assert "EDI (entrant et sortant) : Panne, du 2026-11-29 02:00 (HE) au 2026-11-29 06:00 (HE)" in said


def test_a_page_shows_only_times_that_there_are() -> None:
    def labels(outage: Outage) -> list[str]:
        return [label for label, _ in record_facts(recorded(outage), load_content(), Language.FR)]

    assert labels(PLANNED) == ["Numéro", "État", "Début prévu", "Fin prévue"]
    assert labels(cancelled(PLANNED, NOON)) == ["Numéro", "État", "Début prévu", "Fin prévue", "Annulation"]
    assert labels(OUT) == ["Numéro", "État", "Début", "Procédures activées"]
