"""The pages' own words, in both languages."""

import re

import pytest

from outage_service.content.warnings import warning_text
from outage_service.domain.texts import Bilingual, Language
from outage_service.domain.warnings import WarningCode
from outage_service.web.pages.templating import FOLDER
from outage_service.web.wording import load_wording
from tests.content.typography import faults

WORDING = dict(load_wording())
WARNINGS = {code.value: warning_text(code) for code in WarningCode}


@pytest.mark.parametrize("text", [*WORDING.values(), *WARNINGS.values()], ids=[*WORDING, *WARNINGS])
def test_every_text_is_well_set_french(text: Bilingual) -> None:
    assert faults(text.fr) == []
    assert text.en != text.fr
    assert "  " not in text[Language.EN] + text[Language.FR]


def test_templates_hold_no_words_of_their_own() -> None:
    """What is read stands in wording.yaml, both languages beside each other."""
    templates = sorted(FOLDER.iterdir())
    assert templates
    for template in templates:
        said = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", template.read_text(), flags=re.DOTALL)
        assert said.replace("–", "").split() == [], template.name


def test_every_text_is_used() -> None:
    sources = "".join(
        path.read_text() for path in FOLDER.parent.rglob("*") if path.suffix in {".py", ".html"}
    )
    assert [
        name for name in WORDING if not re.search(rf"(wording|text|load_wording\(\))\.{name}\b", sources)
    ] == []
