"""Thawing: the same bytes each time, and no value that could do more than fill its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.channels.email.thawed import LONGEST_VALUE, SlotValueError, ThawedLetter
from outage_service.domain.letters import LetterSlot
from tests.channels.email.letters import VALUES, a_letter, bodies, frozen, received

THAWED = ThawedLetter.parse(frozen(a_letter(is_follow_up=True)))


def test_a_letter_says_which_values_it_needs() -> None:
    assert THAWED.slots == set(VALUES) - {LetterSlot.CONFIRM_URL}


def test_a_retry_is_byte_for_byte_the_same() -> None:
    """P8, P15: also from the stored bytes, thawed again."""
    again = ThawedLetter.parse(frozen(a_letter(is_follow_up=True)))
    assert THAWED.render(VALUES) == THAWED.render(VALUES) == again.render(dict(reversed(VALUES.items())))


def test_only_the_values_differ_between_recipients() -> None:
    other = THAWED.render(VALUES | {LetterSlot.TO: "someone.else@example.ca"})
    assert other.replace(b"someone.else@", b"client@") == THAWED.render(VALUES)


def test_the_message_ends_with_the_final_dot_and_no_line_before_does() -> None:
    wire = THAWED.render(VALUES)
    assert wire.endswith(b"\r\n.\r\n")
    assert wire.count(b"\r\n.") == 1


def test_bytes_frozen_by_an_earlier_release_get_their_dots_stuffed() -> None:
    stored = frozen(a_letter()).replace(b"The EDI is down.", b".The EDI is down.")
    wire = ThawedLetter.parse(stored).render(VALUES)
    assert b"\r\n..The EDI" in wire
    assert bodies(received(wire))[0].startswith(".The EDI")


ends = st.text("abcXYZ019-._~:/#[]@!$&'()*+,;=%", max_size=LONGEST_VALUE - 10)
urls = ends.map(lambda end: f"https://?{end}a")


@given(url=urls)
@settings(deadline=None)
def test_any_link_reads_back_in_header_text_and_html(url: str) -> None:
    wire = THAWED.render(VALUES | {LetterSlot.UNSUBSCRIBE_URL: url})
    message = received(wire)
    text, html = bodies(message)
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in wire
    assert f"\n{url}\n" in text
    escaped = url.replace("&", "&amp;").replace("'", "&#x27;")
    assert f'<a href="{escaped}">{escaped}</a>' in html


@given(url=urls)
@settings(deadline=None)
def test_no_value_makes_a_line_too_long_for_mail(url: str) -> None:
    """RFC 5322, 2.1.1 for the header; RFC 2045, 6.7 for the bodies."""
    wire = THAWED.render(VALUES | {LetterSlot.UNSUBSCRIBE_URL: url})
    head, _, body = wire.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))


UNSAFE = [
    "",
    " ",
    "a b",
    "x\r\nBcc: y@example.ca",
    "x\n",
    "x\x00",
    "é",
    "x\u2028",
    "\ud800",
    "<x>",
    'x"y',
    "x\\y",
]


@pytest.mark.parametrize("value", UNSAFE, ids=ascii)
@pytest.mark.parametrize("slot", sorted(THAWED.slots), ids=lambda slot: slot.strip("@"))
def test_a_value_that_could_break_out_is_refused_and_not_repeated(slot: LetterSlot, value: str) -> None:
    """P28."""
    start, end = ("https://", "") if slot.is_link else ("", "@example.ca")
    with pytest.raises(SlotValueError) as refusal:
        THAWED.render(VALUES | {slot: f"{start}{value}{end}" if value else value})
    assert refusal.value.slot is slot
    assert "example.ca" not in str(refusal.value)


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (LetterSlot.UNSUBSCRIBE_URL, "javascript:alert(1)"),
        (LetterSlot.UNSUBSCRIBE_URL, "mailto:x@example.ca"),
        (LetterSlot.UNSUBSCRIBE_URL, "https://" + "a" * LONGEST_VALUE),
        (LetterSlot.UNSUBSCRIBE_URL, "https://x/=?utf-8?q?=0aBcc?="),
        (LetterSlot.TO, f"{'a' * LONGEST_VALUE}@example.ca"),
        (LetterSlot.TO, "=?utf-8?q?x=0aBcc:y?=@example.ca"),
        (LetterSlot.TO, "a@example.ca,b@example.ca"),
        (LetterSlot.MESSAGE_ID, "no-domain"),
    ],
)
def test_a_value_of_another_shape_is_refused(slot: LetterSlot, value: str) -> None:
    with pytest.raises(SlotValueError):
        THAWED.render(VALUES | {slot: value})


@pytest.mark.parametrize("slot", sorted(THAWED.slots), ids=lambda slot: slot.strip("@"))
def test_a_missing_value_is_named(slot: LetterSlot) -> None:
    with pytest.raises(SlotValueError, match=slot.name):
        THAWED.render({each: value for each, value in VALUES.items() if each is not slot})
