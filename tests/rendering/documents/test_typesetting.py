"""How a document is set: tagged, the same every time, with no text taken for markup."""

import subprocess
import sys

import pytest

from outage_service.domain.texts import Language
from outage_service.rendering.documents.texts import (
    Section,
    TextDocument,
    TextPart,
    text_document,
)
from tests.rendering.documents.pdf import claims_accessibility, greyscale_page, text_of

WITHOUT_THE_EXTRA = """
import sys
sys.modules["typst"] = None  # what an installation without it looks like
from outage_service.rendering.documents.typesetting import DocumentsUnavailable, typeset
try:
    typeset("bulletin.typ", {})
except DocumentsUnavailable as error:
    print(error)
"""

WIDTH, MARGIN = 612, 60
"""Points: a letter page, and a little less than the margin at either side of it."""


def rightmost_ink(pdf: bytes) -> int:
    """Returns how far to the right the first page is printed on, in points."""
    width, height, grey = greyscale_page(pdf, 0, dots_per_inch=72)
    lines = (grey[start : start + width] for start in range(0, width * height, width))
    return max(len(line.rstrip(b"\xff")) for line in lines)


def a_text(*paragraphs: str) -> TextDocument:
    parts = (
        TextPart(Language.EN, "EDI outage", (Section("Description", paragraphs, (("Start", "10:20"),)),)),
        TextPart(
            Language.FR,
            "Panne de l’EDI",
            (Section("Description", items=("Un", "Deux")),),
            (("Début", "10 h 20"),),
        ),
    )
    return TextDocument("TCC26-0001", "TCC26-0001", parts)


def test_a_text_is_tagged_and_names_its_languages() -> None:
    made = text_document(a_text("EDI is down."))
    assert claims_accessibility(made)
    said = text_of(made)
    assert "Start:" in said
    assert "Début" in said


def test_the_same_text_gives_the_same_bytes() -> None:
    assert text_document(a_text("EDI is down.")) == text_document(a_text("EDI is down."))


def test_nothing_a_person_writes_is_markup() -> None:
    written = '#read("style.typ") *b* $x$ <a> @b = c \\ // "'
    assert written in text_of(text_document(a_text(written)))


@pytest.mark.parametrize("written", ["😀", "日本", "\uffff", "\ufffd", "\u0301", "\u200b" * 50, "a" * 5_000])
def test_a_character_that_no_font_has_still_gives_a_document(written: str) -> None:
    """P20."""
    assert text_document(a_text(f"EDI {written}")).startswith(b"%PDF-")


def test_without_the_extra_it_is_said_what_to_install() -> None:
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True
    ).stdout
    assert "outage-service[pdf]" in said


@pytest.mark.parametrize("place", ["paragraph", "value"])
def test_a_word_wider_than_the_page_breaks_and_is_whole_when_it_is_copied(place: str) -> None:
    word = "https://example.org/" + "".join(f"{number:03}" for number in range(60))
    section = Section("News", (word,)) if place == "paragraph" else Section("News", facts=(("Link", word),))
    made = text_document(TextDocument("T", "T", (TextPart(Language.EN, "T", (section,)),)))
    assert word in text_of(made).replace(" ", "")
    assert rightmost_ink(made) < WIDTH - MARGIN
    assert claims_accessibility(made)
