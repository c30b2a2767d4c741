"""What rendering and the e-mail channel agree on."""

from html import escape

import pytest

from outage_service.domain.letters import MAILING_LINKS, LetterSlot, header_fault


@pytest.mark.parametrize("slot", list(LetterSlot))
def test_a_marker_passes_through_templates_unchanged(slot: LetterSlot) -> None:
    assert slot.isascii()
    assert slot.isprintable()
    assert escape(slot) == slot
    assert not any(c in slot for c in " =<>\"'")


def test_no_marker_is_part_of_another() -> None:
    assert not [(a, b) for a in LetterSlot for b in LetterSlot if a is not b and a in b]


def test_only_links_may_stand_in_a_body() -> None:
    assert {slot for slot in LetterSlot if slot.is_link} == MAILING_LINKS | {LetterSlot.CONFIRM_URL}


@pytest.mark.parametrize(
    "text",
    ["TCC26-0001 – UPDATE / MISE À JOUR – EDI", "25 000 $ : « oui »", "a = b?", "l’œuvre", "日本"],
)
def test_ordinary_text_may_stand_in_a_header(text: str) -> None:
    assert header_fault(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        ("  ", "blank"),
        ("a\r\nBcc: x@example.ca", "U+000D"),
        ("a\nb", "U+000A"),
        ("a\tb", "U+0009"),
        ("a\x00b", "U+0000"),
        ("a\x0bb", "U+000B"),
        ("a\x7fb", "U+007F"),
        ("a\x85b", "U+0085"),
        ("a\u2028b", "U+2028"),
        ("a\u2029b", "U+2029"),
        ("a\ud800b", "U+D800"),
        ("=?utf-8?q?x=0aX-Injected:_yes?=", "encoded word"),
        ("TCC26 @@UNSUBSCRIBE_URL@@", "marker"),
    ],
)
def test_what_could_inject_a_header_is_refused(text: str, reason: str) -> None:
    """P28, trap 1."""
    fault = header_fault(text)
    assert fault is not None
    assert reason in fault
