"""Titles and subjects name what the facts name, in the fixed pattern."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.content import load_content
from outage_service.domain.bulletins import BulletinFacts, BulletinKind, ImpactFacts
from outage_service.domain.systems import CATALOGUE, FULL_OUTAGE, Condition, Direction, System
from outage_service.domain.texts import Language
from outage_service.rendering.titles import SUBJECT_LENGTH, subject, title, titled_impacts
from tests.builders import THURSDAY_10H, a_delay, a_scheduled_outage, an_impact, an_outage, bulletin_facts
from tests.rendering.stories import STORIES

CONTENT = load_content()
EDI = bulletin_facts(an_outage(an_impact(System.EDI)))


def said(facts: BulletinFacts) -> tuple[str, str]:
    titled = title(facts, CONTENT)
    return titled.en, titled.fr.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("facts", "english", "french"),
    [
        (EDI, "EDI outage", "Panne de l’EDI"),
        (
            bulletin_facts(an_outage(an_impact(System.EMANIFEST, Direction.OUTBOUND))),
            "eManifest Portal outage (outbound)",
            "Panne du portail du Manifeste électronique (sortant)",
        ),
        (
            bulletin_facts(
                an_outage(an_impact(System.EDI), an_impact(System.CERS), an_impact(System.CAD_API))
            ),
            "EDI, CERS Portal and CAD/API outage",
            "Panne de l’EDI, du portail du SCDE et de la DDC/API",
        ),
        (
            bulletin_facts(
                an_outage(an_impact(System.EDI, Direction.INBOUND), an_impact(System.CERS, Direction.INBOUND))
            ),
            "EDI and CERS Portal outage (inbound)",
            "Panne de l’EDI et du portail du SCDE (entrant)",
        ),
        (
            bulletin_facts(an_outage(an_impact(System.EDI, Direction.INBOUND), an_impact(System.CERS))),
            "EDI (inbound) and CERS Portal outage",
            "Panne de l’EDI (entrant) et du portail du SCDE",
        ),
        (bulletin_facts(an_outage(a_delay())), "Delay in processing: EDI", "Retard de traitement : EDI"),
        (
            bulletin_facts(an_outage(an_impact(System.CCP), a_delay(System.EDI, 45, Direction.OUTBOUND))),
            "CARM Client Portal outage; delay in processing: EDI (outbound)",
            "Panne du portail client de la GCRA; retard de traitement : EDI (sortant)",
        ),
        (
            bulletin_facts(a_scheduled_outage(an_impact(System.CERS)), BulletinKind.ADVANCE),
            "Scheduled CERS Portal outage on 2026-11-29",
            "Panne prévue du portail du SCDE le 2026-11-29",
        ),
        (
            STORIES["full CBSA outage"],
            "Full CBSA system outage, including the Single Window Initiative",
            "Panne générale des systèmes de l’ASFC, y compris l’Initiative du guichet unique",
        ),
        (STORIES["one system is back"], "EDI outage", "Panne de l’EDI"),
    ],
)
def test_a_title_says_what_is_affected_and_how(facts: BulletinFacts, english: str, french: str) -> None:
    assert said(facts) == (english, french)


@pytest.mark.parametrize(
    ("kind", "english_first", "french_first"),
    [
        ("initial", "TCC26-0001 – EDI outage / Panne de l’EDI", "TCC26-0001 – Panne de l’EDI / EDI outage"),
        (
            "update",
            "TCC26-0001 – UPDATE / MISE À JOUR – EDI outage / Panne de l’EDI",
            "TCC26-0001 – MISE À JOUR / UPDATE – Panne de l’EDI / EDI outage",
        ),
        (
            "periodic",
            "TCC26-0001 – UPDATE / MISE À JOUR – EDI outage / Panne de l’EDI",
            "TCC26-0001 – MISE À JOUR / UPDATE – Panne de l’EDI / EDI outage",
        ),
        (
            "resolved",
            "TCC26-0001 – RESOLVED / RÉSOLU – EDI outage / Panne de l’EDI",
            "TCC26-0001 – RÉSOLU / RESOLVED – Panne de l’EDI / EDI outage",
        ),
        (
            "correction",
            "TCC26-0001 – CORRECTION – EDI outage / Panne de l’EDI",
            "TCC26-0001 – CORRECTION – Panne de l’EDI / EDI outage",
        ),
    ],
)
def test_a_subject_follows_the_fixed_pattern(kind: str, english_first: str, french_first: str) -> None:
    lines = subject(replace(EDI, kind=BulletinKind(kind)), CONTENT, test_mode=False)
    assert (lines.en, lines.fr) == (english_first, french_first)


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("advance", "ADVANCE NOTICE / PRÉAVIS"),
        ("reminder", "REMINDER / RAPPEL"),
        ("cancelled", "CANCELLED / ANNULÉ"),
        ("revoked", "PROCEDURES REVOKED / PROCÉDURES DÉSACTIVÉES"),
    ],
)
def test_the_other_kinds_have_their_fixed_prefix(kind: str, prefix: str) -> None:
    line = subject(replace(EDI, kind=BulletinKind(kind)), CONTENT, test_mode=False).en
    assert line.split(" – ")[1] == prefix


def test_test_mode_marks_the_subject() -> None:
    """P33"""
    lines = subject(EDI, CONTENT, test_mode=True)
    assert lines.en.startswith("[EXERCISE / EXERCICE] TCC26-0001")
    assert lines.fr.startswith("[EXERCICE / EXERCISE] TCC26-0001")


some_impacts = st.lists(
    st.builds(
        ImpactFacts,
        system=st.sampled_from(System),
        direction=st.sampled_from(Direction),
        stated=st.sampled_from(Condition),
        condition=st.sampled_from(Condition),
        behind=st.none(),
        started_at=st.just(THURSDAY_10H),
        restored_at=st.none(),
    ).map(lambda i: i if CATALOGUE[i.system].has_directions else replace(i, direction=None)),
    min_size=1,
    max_size=9,
).map(tuple)
kinds = st.sampled_from(BulletinKind)


@given(impacts=some_impacts, kind=kinds)
def test_a_subject_fits_its_line_and_names_every_system(
    impacts: tuple[ImpactFacts, ...], kind: BulletinKind
) -> None:
    facts = replace(EDI, impacts=impacts, kind=kind)
    lines = subject(facts, CONTENT, test_mode=False)
    for first in Language:
        line = lines[first]
        assert len(line) <= SUBJECT_LENGTH
        for system in facts.systems:
            text = CONTENT.systems[system]
            assert any(
                text.short.plain[language] in line or text.abbr[language] in line for language in Language
            )


@given(impacts=some_impacts)
def test_a_title_names_no_system_that_is_not_affected(impacts: tuple[ImpactFacts, ...]) -> None:
    facts = replace(EDI, impacts=impacts)
    for language in Language:
        titled = title(facts, CONTENT)[language]
        named = {s for s in System if CONTENT.systems[s].short.plain[language] in titled}
        assert named == set(facts.systems)


def test_a_full_outage_names_its_systems_together() -> None:
    """R8"""
    facts = STORIES["full CBSA outage"]
    assert {i.system for i in titled_impacts(facts)} > FULL_OUTAGE
    assert "EDI" not in title(facts, CONTENT).en
