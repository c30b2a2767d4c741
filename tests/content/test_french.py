"""French of equal quality: its typography, and the official terms."""

from pathlib import Path

import pytest

from outage_service.content import load_content
from outage_service.domain.texts import Bilingual
from tests.content.typography import faults
from tests.content.walk import bilinguals, lacking

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FRENCH = sorted(TEMPLATES.rglob("*.fr.txt"))
ENGLISH = sorted(TEMPLATES.rglob("*.en.txt"))


def without_code(template: Path) -> str:
    """Returns what a template says, its statements and comments taken out."""
    lines = [line for line in template.read_text().splitlines() if not line.startswith("{%")]
    return "\n".join(line.replace('"', "") if "{{" in line else line for line in lines)


def test_content_follows_french_typography() -> None:
    found = [f"{place}: {fault}" for place, text in bilinguals(load_content()) for fault in faults(text.fr)]
    assert found == []


@pytest.mark.parametrize("template", FRENCH, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_follow_french_typography(template: Path) -> None:
    assert faults(without_code(template)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "Échéance: demain",
        "Échéance : demain",
        "« ainsi »",
        "Quoi ?",
        "à 8 h",
        "à 10\u00a0h 20",
        "8h",
        "5 %",
        "25 000",
        "l'EDI",
    ],
)
def test_a_fault_of_french_typography_is_seen(wrong: str) -> None:
    assert faults(wrong)


@pytest.mark.parametrize(
    "right",
    [
        "Échéance\u00a0: demain",
        "«\u00a0ainsi\u00a0»",
        "Quoi? Rien; voilà!",
        "à 10\u00a0h\u00a020 (HE)",
        "2026-11-26 10:20 (HE)",
        "https://outages.example.org/a",
        "25\u00a0000",
    ],
)
def test_right_french_typography_passes(right: str) -> None:
    assert faults(right) == []


def test_every_prose_template_exists_in_both_languages() -> None:
    assert FRENCH
    assert [str(path).replace(".fr.", ".en.") for path in FRENCH] == [str(path) for path in ENGLISH]


def test_content_uses_official_terms_in_both_languages() -> None:
    loaded = load_content()
    found = [
        (place, lacks) for place, text in bilinguals(loaded) if (lacks := lacking(loaded.glossary, text))
    ]
    assert found == []


@pytest.mark.parametrize("template", ENGLISH, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_use_official_terms_in_both_languages(template: Path) -> None:
    twin = template.with_name(template.name.replace(".en.", ".fr."))
    text = Bilingual(without_code(template) + "-", without_code(twin) + "-")
    assert lacking(load_content().glossary, text) == []


def test_a_french_text_that_names_another_thing_is_seen() -> None:
    wrong = Bilingual("Present it at the port of report.", "Présentez-le au bureau de mainlevée.")
    assert lacking(load_content().glossary, wrong) == ["port de déclaration"]
