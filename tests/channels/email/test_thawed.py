"""Thawing: the same bytes each time, and no value that could do more than fill its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.channels.email.thawed import (
    LONGEST_OWN_PART,
    LONGEST_VALUE,
    Frame,
    SlotValueError,
    ThawedLetter,
)
from outage_service.domain.letters import LetterSlot
from tests.channels.email.letters import FRAMES, OWN_PARTS, a_letter, bodies, frozen, received

THAWED = ThawedLetter.parse(frozen(a_letter(is_follow_up=True)), FRAMES)


def test_a_letter_says_which_values_it_needs() -> None:
    assert THAWED.slots == set(OWN_PARTS) - {LetterSlot.CONFIRM_URL}


def test_a_retry_is_byte_for_byte_the_same() -> None:
    """P8, P15: also from the stored bytes, thawed again."""
    again = ThawedLetter.parse(frozen(a_letter(is_follow_up=True)), FRAMES)
    assert (
        THAWED.render(OWN_PARTS)
        == THAWED.render(OWN_PARTS)
        == again.render(dict(reversed(OWN_PARTS.items())))
    )


def test_only_the_values_differ_between_recipients() -> None:
    other = THAWED.render(OWN_PARTS | {LetterSlot.TO: "someone.else@example.ca"})
    assert other.replace(b"someone.else@", b"client@") == THAWED.render(OWN_PARTS)


def test_the_message_ends_with_the_final_dot_and_no_line_before_does() -> None:
    wire = THAWED.render(OWN_PARTS)
    assert wire.endswith(b"\r\n.\r\n")
    assert wire.count(b"\r\n.") == 1


def test_bytes_frozen_by_an_earlier_release_get_their_dots_stuffed() -> None:
    stored = frozen(a_letter()).replace(b"The EDI is down.", b".The EDI is down.")
    wire = ThawedLetter.parse(stored, FRAMES).render(OWN_PARTS)
    assert b"\r\n..The EDI" in wire
    assert bodies(received(wire))[0].startswith(".The EDI")


_FRAME_PART = LONGEST_VALUE - LONGEST_OWN_PART - 20
part = st.text("abcXYZF019-._~:/#[]@!$&'()*+,;=%", max_size=_FRAME_PART // 2)
frames = st.builds(Frame, part.map(lambda text: f"https://?{text}/"), part)
own_parts = st.from_regex(r"[0-9][A-Za-z0-9._-]{0,60}", fullmatch=True, alphabet=st.characters(codec="ascii"))


def with_link(frame: Frame, own: str) -> bytes:
    """The letter with this link to unsubscribe."""
    thawed = ThawedLetter.parse(
        frozen(a_letter(is_follow_up=True)), FRAMES | {LetterSlot.UNSUBSCRIBE_URL: frame}
    )
    return thawed.render(OWN_PARTS | {LetterSlot.UNSUBSCRIBE_URL: own})


@given(frame=frames, own=own_parts)
@settings(deadline=None)
def test_any_link_reads_back_in_header_text_and_html(frame: Frame, own: str) -> None:
    wire, url = with_link(frame, own), own.join(frame)
    message = received(wire)
    text, html = bodies(message)
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in wire
    assert f"\n{url}\n" in text
    escaped = url.replace("&", "&amp;").replace("'", "&#x27;")
    assert f'<a href="{escaped}">{escaped}</a>' in html


@given(frame=frames, own=own_parts)
@settings(deadline=None)
def test_no_value_makes_a_line_too_long_for_mail(frame: Frame, own: str) -> None:
    """RFC 5322, 2.1.1 for the header; RFC 2045, 6.7 for the bodies. None begins as relays would change it."""
    head, _, body = with_link(frame, own).partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    lines = body.removesuffix(b".\r\n").split(b"\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert not any(line.startswith((b".", b"From")) for line in lines)


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
    end = "@example.ca" if slot is LetterSlot.TO else ""
    start = "7" if slot.is_link else ""
    with pytest.raises(SlotValueError) as refusal:
        THAWED.render(OWN_PARTS | {slot: f"{start}{value}{end}" if value else value})
    assert refusal.value.slot is slot
    assert "example.ca" not in str(refusal.value)


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (LetterSlot.UNSUBSCRIBE_URL, ".7"),
        (LetterSlot.UNSUBSCRIBE_URL, "From7"),
        (LetterSlot.UNSUBSCRIBE_URL, "7/../8"),
        (LetterSlot.UNSUBSCRIBE_URL, "7?x=1"),
        (LetterSlot.UNSUBSCRIBE_URL, "7=3D"),
        (LetterSlot.UNSUBSCRIBE_URL, "7" * (LONGEST_OWN_PART + 1)),
        (LetterSlot.TO, f"{'a' * LONGEST_VALUE}@example.ca"),
        (LetterSlot.TO, "=?utf-8?q?x=0aBcc:y?=@example.ca"),
        (LetterSlot.TO, "a@example.ca,b@example.ca"),
        (LetterSlot.TO, "no-domain"),
        (LetterSlot.MESSAGE_ID, "other@example.ca"),
        (LetterSlot.MESSAGE_ID, "a" * (LONGEST_OWN_PART + 1)),
    ],
)
def test_a_value_of_another_shape_is_refused(slot: LetterSlot, value: str) -> None:
    with pytest.raises(SlotValueError):
        THAWED.render(OWN_PARTS | {slot: value})


@pytest.mark.parametrize("slot", sorted(THAWED.slots), ids=lambda slot: slot.strip("@"))
def test_a_missing_value_is_named(slot: LetterSlot) -> None:
    with pytest.raises(SlotValueError, match=slot.name):
        THAWED.render({each: value for each, value in OWN_PARTS.items() if each is not slot})


@pytest.mark.parametrize(
    ("slot", "frame"),
    [
        (LetterSlot.UNSUBSCRIBE_URL, Frame()),
        (LetterSlot.UNSUBSCRIBE_URL, Frame("javascript:")),
        (LetterSlot.UNSUBSCRIBE_URL, Frame("mailto:x@example.ca?")),
        (LetterSlot.UNSUBSCRIBE_URL, Frame("https://example.ca/\r\nBcc: y@example.ca")),
        (LetterSlot.UNSUBSCRIBE_URL, Frame("https://é.ca/")),
        (LetterSlot.UNSUBSCRIBE_URL, Frame("https://" + "a" * (LONGEST_VALUE - LONGEST_OWN_PART))),
        (LetterSlot.UNSUBSCRIBE_URL, Frame("https://x/=?utf-8?q?", "=0aBcc?=")),
        (LetterSlot.MESSAGE_ID, Frame()),
        (LetterSlot.MESSAGE_ID, Frame(after="@")),
        (LetterSlot.MESSAGE_ID, Frame("<", "@example.ca")),
    ],
)
def test_a_frame_that_makes_no_value_of_its_shape_is_refused(slot: LetterSlot, frame: Frame) -> None:
    """P28: the base of all links and the sender's domain come from the settings."""
    with pytest.raises(SlotValueError, match=slot.name):
        ThawedLetter.parse(frozen(a_letter()), FRAMES | {slot: frame})
