"""What documents say besides their data, in French as good as the English."""

from pathlib import Path

from outage_service.content import load_content
from outage_service.rendering import documents
from outage_service.rendering.documents.words import load_words
from tests.content.typography import faults
from tests.content.walk import lacking

FILES = sorted(Path(documents.__path__[0]).glob("*.yaml"))
TEXTS = [(f"{file.stem}.{key}", text) for file in FILES for key, text in load_words(file.stem).items()]


def test_french_follows_its_typography() -> None:
    assert TEXTS
    assert [(place, fault) for place, text in TEXTS for fault in faults(text.fr)] == []


def test_official_terms_are_used_in_both_languages() -> None:
    terms = load_content().glossary
    assert [(place, lacks) for place, text in TEXTS if (lacks := lacking(terms, text))] == []
