"""The contingency procedures: who has to do what, in which order, from which rule, in both languages."""

import re
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from outage_service.content import load_content
from outage_service.content.procedures import FOLDER, Procedure, Procedures, load_procedures, read_procedures
from outage_service.domain.contingency import (
    ClientRole,
    Flow,
    Mode,
    Situation,
    Timeframe,
    applicable,
    at_all_times,
)
from outage_service.domain.message_order import Finding, Message, Sent, check
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from tests.content.typography import faults
from tests.content.walk import bilinguals, lacking

SAID = load_procedures()
EXPECTED = yaml.safe_load((Path(__file__).parent / "expected_procedures.yaml").read_text())
COMBINATIONS = list(product(System, ClientRole, Flow))
BY_ID = {procedure.id: procedure for procedure in SAID.procedures}


def expected(system: str, role: str, flow: str, mode: str) -> list[str]:
    """Returns what the table written by hand says."""
    rows = EXPECTED[system]
    without = set(rows.get("without", ()))
    if "like" in rows:
        rows = EXPECTED[rows["like"]] if flow in rows["flows"] else {}
    entries = [entry for name in rows.get(flow, {}).get(role, ()) for entry in spelled_out(name)]
    parts = [entry.partition("@") for entry in entries]
    return [name for name, _, modes in parts if mode in modes.split(",") or not modes if name not in without]


def spelled_out(name: str) -> list[str]:
    return EXPECTED["lists"][name] if name.isupper() else [name]


@pytest.mark.parametrize(
    ("system", "role", "flow"), COMBINATIONS, ids=["-".join(combination) for combination in COMBINATIONS]
)
def test_everybody_is_told_exactly_what_applies_to_them(system: System, role: ClientRole, flow: Flow) -> None:
    """R1, R45–R117: nothing missing, nothing else, in order, for each mode."""
    for mode in Mode:
        situation = Situation(at_all_times([system]), frozenset({role}), frozenset({mode}), frozenset({flow}))
        found = [procedure.id for procedure in applicable(SAID.procedures, situation)]
        assert sorted(found) == sorted(expected(system, role, flow, mode)), mode
        times = [list(Timeframe).index(BY_ID[name].phase) for name in found]
        assert times == sorted(times)
        for phase in Timeframe:
            told = [name for name in found if BY_ID[name].phase is phase]
            assert told == [n for n in expected(system, role, flow, mode) if BY_ID[n].phase is phase], mode


def test_the_table_speaks_of_every_procedure() -> None:
    named = {name for combination in COMBINATIONS for mode in Mode for name in expected(*combination, mode)}
    assert named == set(BY_ID)


def test_every_rule_about_procedures_is_somewhere() -> None:
    """R45–R117 but for the form of R91–R99, which is a document."""
    cited = {int(rule[1:]) for procedure in SAID.procedures for rule in procedure.rules}
    form = set(range(92, 100))
    assert set(range(45, 118)) - form - cited == set()


# The section of the plan that each rule is from.
SECTIONS = {
    **{key: {"2.1"} for key in [*range(45, 52), *range(53, 59)]},
    52: {"2.1", "3"},
    59: {"2.2"},
    60: {"2.3"},
    61: {"2.3", "2.3.2", "2.3.3", "2.3.4", "2.3.5", "2.5"},
    62: {"2.3.1"},
    **{key: {"2.3.2"} for key in range(63, 67)},
    67: {"2.3.3"},
    68: {"2.3.4"},
    69: {"2.3.5"},
    70: {"2.5"},
    71: {"2.6"},
    72: {"2.6.1", "2.6.1.1", "2.6.1.2", "2.6.1.3"},
    73: {"2.6.1"},
    74: {"2.6.1.1"},
    **{key: {"2.6.1.1", "2.6.1.2"} for key in (75, 76, 77, 78)},
    79: {"2.6.1.2"},
    80: {"2.6.1.2", "2.6.1.3"},
    81: {"2.6.1.3"},
    **{key: {"2.6.2"} for key in range(82, 86)},
    **{key: {"2.6.3"} for key in range(86, 89)},
    89: {"2.6.4"},
    90: {"2.7"},
    91: {"4.2"},
    100: {"2.4"},
    101: {"2.4"},
    102: {"2.4.1"},
    103: {"2.4.1"},
    **{key: {"3"} for key in (104, 105, 106)},
    **{key: {"3.2"} for key in (107, 108, 109)},
    **{key: {"3.1"} for key in range(110, 118)},
    37: {"2.1"},
    43: {"1.2"},
}


@pytest.mark.parametrize("procedure", SAID.procedures, ids=lambda procedure: procedure.id)
def test_a_procedure_cites_the_section_of_each_of_its_rules(procedure: Procedure) -> None:
    for rule in procedure.rules:
        assert SECTIONS[int(rule[1:])] & set(procedure.source), rule


@pytest.mark.parametrize("procedure", SAID.procedures, ids=lambda procedure: procedure.id)
def test_both_languages_name_the_same_forms_numbers_and_memoranda(procedure: Procedure) -> None:
    for text in texts_of(procedure):
        assert figures(text.en) == figures(text.fr), text


def texts_of(procedure: Procedure) -> Iterator[Bilingual]:
    yield procedure.title
    yield from procedure.steps
    yield from procedure.exceptions
    yield from (paper.write for paper in procedure.documents if paper.write)


def figures(text: str) -> list[str]:
    """Returns codes and numbers; hours are written in two ways (08:00, 8 h)."""
    hours = re.sub(r"\b0?(\d{1,2}):00|\b(\d{1,2})\u00a0h\b", r"\1\2", text)
    return sorted(re.findall(r"BSF\d+|\bA6A?\b|\bA1\b|D\d+-\d+-\d+|\bECD\b|\d+|\S+@\S+", hours))


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("export_report", {("BSF844", 2)}),  # R102
        ("carm_cad", {("BSF946", 2), (None, 2)}),  # R74, R50
        ("carm_tap", {("BSF865", 2), (None, 2)}),  # R79, R50
        ("marine_report", {("A6", 2), ("A6A", 2)}),  # R69
        ("rail_report", {("A1", 2)}),  # R67
    ],
)
def test_forms_have_their_numbers_and_copies(name: str, papers: set[tuple[str | None, int]]) -> None:
    found = {(SAID.documents[paper.document].number, paper.copies) for paper in BY_ID[name].documents}
    assert found == papers


@pytest.mark.parametrize(
    ("name", "document", "words"),
    [
        ("carm_cad", "ecad", "Outage – TBD"),  # R77
        ("carm_cad", "ccd", "Outage – TBD"),
        ("carm_tap", "etap", "Outage – TBD"),
        ("highway_csa", "csa_lead_sheet", "CBSA System Down at Time of Report"),  # R64
        ("paper_release", "exception_lead_sheet", "System Outage"),  # R71
        ("streamlined_release", "exception_lead_sheet", "System Outage"),  # R82
        ("streamlined_release", "ccd_or_equivalent", "14-digit transaction number"),  # R84
        ("rail_report", "train_report", "cargo control number"),  # R67
    ],
)
def test_what_is_to_be_written_on_a_document_is_told(name: str, document: str, words: str) -> None:
    written = [paper.write for paper in BY_ID[name].documents if paper.document == document]
    assert [text for text in written if text and words in text.en]


def test_our_own_french_is_marked() -> None:
    """A procedure with a document whose French is ours is provisional, too."""
    for procedure in SAID.procedures:
        if any(SAID.documents[paper.document].provisional for paper in procedure.documents):
            assert procedure.provisional, procedure.id


def test_how_we_read_the_plan_is_marked() -> None:
    """R55, R110–R117: [I]"""
    assert {procedure.id for procedure in SAID.procedures if procedure.inferred} == {
        "message_order",
        "sent_already",
    }


def test_imports_are_presented_at_the_port_of_report_and_exports_at_their_office() -> None:
    """R59"""
    assert BY_ID["two_copies"].place == "port_of_report"
    assert BY_ID["export_report"].place == "export_office"


def test_procedures_follow_french_typography() -> None:
    found = [
        f"{place}: {fault}" for place, text in bilinguals(SAID, "procedures") for fault in faults(text.fr)
    ]
    assert found == []


def test_procedures_use_official_terms_in_both_languages() -> None:
    glossary = load_content().glossary
    found = [(p, lacks) for p, text in bilinguals(SAID, "procedures") if (lacks := lacking(glossary, text))]
    assert found == []


def test_memoranda_are_those_of_the_mode() -> None:
    """R61"""
    document = BY_ID["carrier_document"]
    assert SAID.references_of(document, [Mode.RAIL]) == ("D3-6-6",)
    assert SAID.references_of(document) == ("D3-2-1", "D3-4-2", "D3-5-1", "D3-6-6")


def test_every_register_is_used() -> None:
    papers = {paper.document for procedure in SAID.procedures for paper in procedure.documents}
    places = {procedure.place for procedure in SAID.procedures if procedure.place}
    cited = {number for procedure in SAID.procedures for number in procedure.references}
    assert papers | {"rns_message"} == set(SAID.documents)
    assert places == set(SAID.places)
    assert cited == set(SAID.memoranda)


@pytest.mark.parametrize(
    ("topic", "spoil", "complaint"),
    [
        ("exports", {"place": "moon"}, "export_report: nothing is called moon"),
        ("exports", {"references": ["D99-9-9"]}, "nothing is called D99-9-9"),
        ("exports", {"documents": [{"document": "BSF844"}]}, "nothing is called BSF844"),
        ("exports", {"id": "retain_stamped"}, "two procedures are called retain_stamped"),
        ("exports", {"rules": ["102"]}, "rules.0"),
        ("exports", {"source": []}, "source"),
        ("exports", {"steps": []}, "steps"),
        ("exports", {"roles": ["pilot"]}, "roles"),
        ("exports", {"title": {"en": "Report"}}, "title.fr"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_entry_is_refused_by_name(
    topic: str, spoil: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    for path in FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    entries = yaml.safe_load((tmp_path / f"{topic}.yaml").read_text())
    entries[0] |= spoil
    (tmp_path / f"{topic}.yaml").write_text(yaml.safe_dump(entries, allow_unicode=True))
    with pytest.raises(ValidationError, match=re.escape(complaint)):
        read_procedures(tmp_path)


def test_procedures_are_read_once() -> None:
    loaded: Procedures = load_procedures()
    assert loaded is load_procedures()


@pytest.mark.parametrize("message", Message)
def test_every_message_says_something_in_every_mode_in_which_it_has_a_place(message: Message) -> None:
    assert all(SAID.messages[message].note(mode) for mode in Mode)


@pytest.mark.parametrize(
    ("mode", "sequence", "en", "fr"),
    [
        (
            Mode.RAIL,
            [Sent(Message.CONVEYANCE), Sent(Message.CARGO)],
            "Conveyance: send it after cargo (message 2).",
            "Moyen de transport\u00a0: à transmettre après fret (message 2).",
        ),
        (
            Mode.HIGHWAY,
            [Sent(Message.CONVEYANCE_ARRIVAL)],
            "Conveyance arrival: this mode has none by EDI. Leave it out.",
            "Arrivée du moyen de transport\u00a0: ce mode n’en a pas par EDI. À omettre.",
        ),
        (
            Mode.AIR,
            [Sent(Message.RELEASE, references=frozenset({"C9"}))],
            "Releases: C9 is not in this list. The CBSA must have it already.",
            "Mainlevées\u00a0: C9 ne figure pas dans cette liste. L’ASFC doit déjà l’avoir.",
        ),
    ],
)
def test_a_finding_is_told_in_both_languages(mode: Mode, sequence: list[Sent], en: str, fr: str) -> None:
    """R117"""
    finding: Finding = check(mode, sequence).findings[0]
    assert SAID.reason(finding, sequence[finding.position - 1]) == Bilingual(en, fr)
