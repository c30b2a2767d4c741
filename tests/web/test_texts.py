"""The site's own words: side by side in both languages, all of them used, and none in a template."""

import re
from functools import cache

import pytest
from pydantic import ValidationError

from outage_service.content.warnings import warning_text
from outage_service.domain.texts import Bilingual, Language
from outage_service.domain.warnings import WarningCode
from outage_service.web.pages.site import TEMPLATES
from outage_service.web.texts import load_texts, pages, read_texts
from tests.content.typography import faults

WARNINGS = {code.value: warning_text(code) for code in WarningCode}
FILES = {page: load_texts(page) for page in pages()} | {"warnings": WARNINGS}

SPELT_ALIKE = {
    "bulletin", "bulletins", "client", "code", "console", "message", "mode", "plan", "position",
    "section", "site",
}  # fmt: skip
"""Words of both languages: a text of these alone may be the same in both."""


@cache
def sources() -> str:
    """Returns everything that may use a text."""
    folder = TEMPLATES.parents[1]
    return "".join(path.read_text() for path in folder.rglob("*") if path.suffix in {".py", ".html"})


@pytest.mark.parametrize("page", FILES)
def test_every_text_is_set_well_in_both_languages(page: str) -> None:
    for name, text in FILES[page].items():
        assert faults(text.fr) == [], name
        assert "  " not in text.en + text.fr, name
        words = set(re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", "", text.en.lower())))
        assert text.en != text.fr or words <= SPELT_ALIKE, name


@pytest.mark.parametrize("page", FILES)
def test_both_languages_have_the_same_places_to_fill(page: str) -> None:
    for name, text in FILES[page].items():
        assert places(text, Language.EN) == places(text, Language.FR), name


def places(text: Bilingual, language: Language) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text[language]))


def test_every_text_is_used() -> None:
    named = set(re.findall(r"\.(\w+)", sources())) | set(re.findall(r'"(\w+)"', sources()))
    begun = tuple(re.findall(r'"(\w+_)" ?~', sources()) + re.findall(r'f"(\w+_)\{', sources()))
    ended = tuple(re.findall(r'~ ?"(_\w+)"', sources()) + re.findall(r'\}(_\w+)"', sources()))
    unused = [
        (page, key)
        for page in pages()
        for key in FILES[page]
        # A refusal that concerns one language has its code before that language.
        if not ({key, re.sub("_(en|fr)$", "", key)} & named or key.startswith(begun) or key.endswith(ended))
    ]
    assert unused == []


def test_templates_hold_no_words_of_their_own() -> None:
    """What is read stands in `web/texts`, both languages beside each other."""
    templates = sorted(TEMPLATES.rglob("*.html"))
    assert templates
    for template in templates:
        said = template.read_text()
        for markup in (
            r"<(pre|code)\b.*?</\1>",
            r"\{#.*?#\}",
            r"\{%.*?%\}",
            r"\{\{.*?\}\}",
            r"<[^>]*>",
            r'[\w-]+="[^"]*"',
        ):
            said = re.sub(markup, "", said, flags=re.DOTALL)
        assert re.findall(r"[^\W\d_]{2,}", said) == [], template.name


def test_a_text_with_an_unquoted_comma_is_refused() -> None:
    """YAML takes what follows the comma for another key; passing over it would cut the text short."""
    with pytest.raises(ValidationError):
        read_texts("key: {en: One, two, fr: Un}")
