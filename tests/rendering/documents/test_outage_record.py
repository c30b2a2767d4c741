"""The record of an outage as a document: both languages, the code, what was extended (R107)."""

import pytest

from outage_service.content import load_content
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import Outage
from outage_service.domain.records import OutageRecord, RecordedBulletin, record_of
from outage_service.domain.systems import Direction, System
from outage_service.domain.texts import Language
from outage_service.rendering.documents.outage_record import outage_record, record_facts
from tests.builders import (
    LITERAL,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    extended,
    resolved,
)
from tests.rendering.documents.pdf import claims_accessibility, text_of

CODE = "TCC26-0001-2-" + "A" * 32
PAGES = {language: f"https://outages.example.org/{language}/records/{CODE}" for language in Language}
NOON, TWENTY = at("2026-11-26 12:00"), at("2026-11-26 20:00")
OUT = an_outage(an_impact(System.EDI, Direction.INBOUND), a_delay(System.CERS))


def recorded(outage: Outage) -> OutageRecord:
    bulletins = (RecordedBulletin(1, BulletinKind.INITIAL, THURSDAY_10H),)
    return record_of(outage, bulletins, None, now=TWENTY, calendar=LITERAL)


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


def test_a_page_shows_only_times_that_there_are() -> None:
    outage = cancelled(a_scheduled_outage(), NOON)
    labels = [label for label, _ in record_facts(recorded(outage), load_content(), Language.FR)]
    assert labels == ["Numéro", "État", "Début", "Fin prévue", "Annulation"]
