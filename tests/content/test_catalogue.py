"""Content is complete in both languages, or the service does not start."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from outage_service import content
from outage_service.content import Content, load_content
from outage_service.content.catalogue import EffectCase
from outage_service.content.loading import read_content
from outage_service.domain.systems import CATALOGUE, Direction, HelpLine, System
from outage_service.domain.texts import Bilingual

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(content.__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the content files to spoil."""
    for path in FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def spoil(folder: Path, name: str, *keys: str, value: object = None) -> None:
    """Sets a nested key of a content file, or removes it where no value is given."""
    path = folder / f"{name}.yaml"
    data = yaml.safe_load(path.read_text())
    node = data
    for key in keys[:-1]:
        node = node[key]
    if value is None:
        del node[keys[-1]]
    else:
        node[keys[-1]] = value
    path.write_text(yaml.safe_dump(data, allow_unicode=True))


def test_content_is_read_once() -> None:
    assert load_content() is load_content()


@pytest.mark.parametrize(
    ("name", "keys", "value", "complaint"),
    [
        ("systems", ["edi"], None, "edi"),
        ("lines", ["ccsh"], None, "ccsh"),
        ("wording", ["kinds", "revoked"], None, "revoked"),
        ("wording", ["directions", "both"], None, "both"),
        ("systems", ["edi", "short", "of", "fr"], None, "of.fr"),
        ("systems", ["edi", "clients"], {"en": "Clients", "fr": " "}, "both languages"),
        ("systems", ["edi", "colour"], {"en": "red", "fr": "rouge"}, "colour"),
        ("systems", ["edi", "clients"], {"en": "Clients", "fr": "Clients", "de": "Kunden"}, "clients.de"),
        ("systems", ["edi", "effects", "outage", "inbound"], None, "edi: effects"),
        ("systems", ["edi", "effects", "backlog"], None, "edi: effects"),
        ("systems", ["ccp", "effects", "outage", "inbound"], {"en": "x", "fr": "x"}, "ccp: effects"),
        ("systems", ["cers", "effects", "backlog"], {"both": {"en": "x", "fr": "x"}}, "cers: effects"),
    ],
)
def test_what_is_missing_or_unknown_is_refused_by_name(
    folder: Path, name: str, keys: list[str], value: object, complaint: str
) -> None:
    spoil(folder, name, *keys, value=value)
    with pytest.raises(ValidationError, match=re.escape(complaint)):
        read_content(folder)


@pytest.mark.parametrize("system", System)
def test_every_system_says_what_becomes_of_data_in_each_direction(system: System) -> None:
    """R37–R43"""
    entry = CATALOGUE[system]
    directions: list[Direction | None] = list(Direction) if entry.has_directions else [None]
    cases = [EffectCase.OUTAGE, EffectCase.DELAY] + ([EffectCase.BACKLOG] if entry.threshold else [])
    texts = [load_content().effect(system, way, case) for way in directions for case in cases]
    assert all(isinstance(text, Bilingual) for text in texts)
    assert len({text.en for text in texts}) >= len(cases)


@pytest.mark.parametrize(
    ("system", "of"),
    [
        (System.EDI, "de l’EDI"),
        (System.EMANIFEST, "du portail du Manifeste électronique"),
        (System.CERS, "du portail du SCDE"),
        (System.CCP, "du portail client de la GCRA"),
        (System.CAD_API, "de la DDC/API"),
        (System.SWI, "de l’Initiative du guichet unique"),
    ],
)
def test_french_contracts_the_article(system: System, of: str) -> None:
    assert load_content().systems[system].short.of.fr == of


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        (HelpLine.TCCU, ["1-888-957-7224", "+1-613-946-0762"]),
        (HelpLine.CTSU, ["1-800-461-9999", "1-204-983-3500", "1-506-636-5064"]),
        (HelpLine.CCSH, ["1-800-461-9999"]),
    ],
)
def test_help_lines_have_their_numbers(line: HelpLine, numbers: list[str]) -> None:
    """R20, R25"""
    assert [number.number for number in load_content().lines[line].numbers] == numbers


def test_cad_is_the_declaration_in_both_languages() -> None:
    """R9."""
    full = load_content().systems[System.CAD_API].full.plain
    assert full.en.startswith("Commercial Accounting Declaration")
    assert full.fr.startswith("déclaration en détail commerciale")


def test_the_client_support_desk_is_reached_by_option_2() -> None:
    """R20, R25: it shares its number with another line."""
    assert load_content().lines[HelpLine.CCSH].numbers[0].option == Bilingual("option 2", "option 2")


def test_the_assume_ongoing_sentence_is_the_fixed_one() -> None:
    """R11"""
    assert load_content().wording.assume_ongoing == Bilingual(
        "Until you receive a bulletin marked RESOLVED, treat this outage as ongoing.",
        "Tant que vous n’avez pas reçu de bulletin portant la mention RÉSOLU, "
        "considérez que la panne se poursuit.",
    )


def test_our_own_translations_are_marked() -> None:
    """[T] is to be replaced once an official term is known."""
    loaded = load_content()
    provisional = {term.fr for term in loaded.glossary if term.provisional}
    assert "port de déclaration" in provisional
    assert [line for line, text in loaded.lines.items() if text.provisional] == [HelpLine.CTSU]
    assert loaded.lines[HelpLine.CTSU].name.fr in provisional


def test_every_label_is_used() -> None:
    used = "".join(
        path.read_text()
        for folder, kind in [("src/outage_service/rendering", "*.py"), ("templates", "*.*")]
        for path in (ROOT / folder).rglob(kind)
    )
    made_up = re.compile(r"status_\w+|\w+_(brief|note|open|passed)")
    labels = [name for name in load_content().labels if not made_up.fullmatch(name)]
    assert labels
    assert [name for name in labels if f'"{name}"' not in used] == []


def test_a_label_nobody_wrote_is_an_error() -> None:
    loaded: Content = load_content()
    with pytest.raises(KeyError):
        loaded.labels["nothing"]
