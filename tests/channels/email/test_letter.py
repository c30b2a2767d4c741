"""Freezing: what goes in comes out, and nothing else does."""

import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.channels.email.addresses import Sender
from outage_service.channels.email.letter import LetterError, freeze
from outage_service.domain.letters import MAILING_LINKS, LetterSlot, header_fault
from outage_service.domain.texts import Language
from tests.channels.email.letters import (
    ISSUED_AT,
    LINK_LINES,
    VALUES,
    a_letter,
    bodies,
    frozen,
    received,
    rendered,
)

FIRST = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
]
LIST = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
LAST = ["Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type"]


def test_a_bulletin_has_the_headers_of_a_mailing() -> None:
    message = received(rendered(a_letter()))
    assert message.keys() == [*FIRST, *LIST, *LAST]
    assert message["To"] == VALUES[LetterSlot.TO]
    assert message["Date"] == "Thu, 26 Nov 2026 15:00:00 +0000"
    assert message["Message-ID"] == f"<{VALUES[LetterSlot.MESSAGE_ID]}>"
    assert message["List-Id"] == "<bulletins.xn--xemple-9ua.ca>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"].addresses[0].addr_spec == "pannes@xn--xemple-9ua.ca"


def test_a_bulletin_is_unsubscribed_from_with_one_click() -> None:
    """P27, RFC 8058."""
    message = received(rendered(a_letter()))
    assert message["List-Unsubscribe"] == f"<{VALUES[LetterSlot.UNSUBSCRIBE_URL]}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_letter_to_one_person_has_nothing_to_unsubscribe_from() -> None:
    confirmation = a_letter(
        text="@@CONFIRM_URL@@",
        html="@@CONFIRM_URL@@",
        links=frozenset({LetterSlot.CONFIRM_URL}),
        list_name=None,
    )
    message = received(rendered(confirmation))
    assert message.keys() == [*FIRST, *LAST]
    assert bodies(message)[0] == VALUES[LetterSlot.CONFIRM_URL] + "\n"


def test_later_bulletins_are_threaded_under_the_first() -> None:
    message = received(rendered(a_letter(is_follow_up=True)))
    root = f"<{VALUES[LetterSlot.THREAD_ID]}>"
    assert message.keys() == [*FIRST, "In-Reply-To", "References", *LIST, *LAST]
    assert (message["In-Reply-To"], message["References"]) == (root, root)


@pytest.mark.parametrize(("first", "languages"), [(Language.EN, "en, fr"), (Language.FR, "fr, en")])
def test_the_languages_are_named_in_their_order(first: Language, languages: str) -> None:
    assert received(rendered(a_letter(first=first)))["Content-Language"] == languages


BODIES = {
    "French": "« L’œuvre » coûte 25 000 $ à 10 h 20 : ça va ?\n",
    "dots": ".\n..\n.hidden\n...\n",
    "From": "From here\n>From there\n",
    "blanks": "trailing  \n\ttab\t\n   \n\n\n",
    "long line": "é" * 3000 + "\n" + "x" * 3000 + "\n",
    "equals": "a=b =3D =\n=\n",
    "other planes": "🚚 \U00010348 e\u0301\n",
    "boundary": "--=_0123456789abcdef\n--\nContent-Type: text/html\n",
    "control": "form\x0cfeed \x85 next\u2028line\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_both_bodies_read_back_as_they_were_written(body: str) -> None:
    letter = a_letter(text=body + LINK_LINES + body, html=body + LINK_LINES + body)
    text, html = bodies(received(rendered(letter)))
    links = [VALUES[link] for link in sorted(MAILING_LINKS)]
    assert text == f"{body}{links[0]}\n{links[1]}\n{body}"
    assert html == text.replace("&c=1", "&amp;c=1")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_frozen_bytes_are_safe_for_any_relay(body: str) -> None:
    raw = frozen(a_letter(text=body + LINK_LINES, html=body + LINK_LINES))
    assert raw.isascii()
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|^\.|^From ", raw, re.MULTILINE)


def test_line_ends_of_any_kind_become_those_of_mail() -> None:
    letter = a_letter(text="a\r\nb\rc\n" + LINK_LINES.rstrip("\n"))
    assert bodies(received(rendered(letter)))[0].startswith("a\nb\nc\n")


def test_an_operators_text_that_looks_like_a_marker_stays_text() -> None:
    letter = a_letter(text=f"see @@CONFIRM_URL@@ and @@TO@@ and @@\n{LINK_LINES}")
    text, _ = bodies(received(rendered(letter)))
    assert text.startswith("see @@CONFIRM_URL@@ and @@TO@@ and @@\n")


subjects = st.text(min_size=1, max_size=300).filter(lambda text: header_fault(text) is None)


@given(subjects)
@settings(max_examples=60, deadline=None)
def test_any_subject_that_is_safe_reads_back(subject: str) -> None:
    assert received(rendered(a_letter(subject=subject)))["Subject"] == subject


@pytest.mark.parametrize(
    "subject",
    [
        "TCC26-0001 – RESOLVED / RÉSOLU – Portail client de la GCRA (PCG) : rétabli",
        "TCC26-0001 – RÉSOLU / RESOLVED – " + "Échange de données informatisé " * 8 + "fin",
        "plain",
        "a plain subject that is much too long to stand on the one line that mail gives it " * 3 + "end",
        "double  blanks   are kept",
        "œ" * 200,
        "🚚" * 60,
    ],
)
def test_a_subject_is_folded_and_reads_back(subject: str) -> None:
    wire = rendered(a_letter(subject=subject))
    assert received(wire)["Subject"] == subject
    head = wire.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if b"https:" not in line)


INJECTIONS = [
    "x\r\nBcc: victim@example.ca",
    "x\nBcc: victim@example.ca",
    "x\rBcc: victim@example.ca",
    "x\r\n\r\n<script>",
    "x\x00y",
    "x\x0by",
    "x\x0cBcc: victim@example.ca",
    "x\x1cBcc: victim@example.ca",
    "x\x85Bcc: victim@example.ca",
    "x\u2028Bcc: victim@example.ca",
    "x\u2029Bcc: victim@example.ca",
    "x\ud83dy",
    "=?utf-8?q?x=0aX-Injected:_yes?=",
    "=?utf-8?b?eApYLUluamVjdGVkOiB5ZXM=?=",
    "x =?us-ascii?q?=0d=0aBcc:_v@example.ca?= y",
    "x @@UNSUBSCRIBE_URL@@",
    " ",
]


@pytest.mark.parametrize("subject", INJECTIONS, ids=ascii)
def test_a_subject_that_could_inject_a_header_is_refused_by_name(subject: str) -> None:
    """P28, trap 1."""
    with pytest.raises(LetterError) as refusal:
        frozen(a_letter(subject=subject))
    assert refusal.value.field == "subject"
    assert "subject" in str(refusal.value)


@pytest.mark.parametrize("text", INJECTIONS[:8], ids=ascii)
def test_a_body_cannot_reach_the_header(text: str) -> None:
    letter = a_letter(text=f"{text}\n{LINK_LINES}", html=f"{text}\n{LINK_LINES}")
    message = received(rendered(letter))
    assert message.keys() == [*FIRST, *LIST, *LAST]
    assert len(list(message.iter_parts())) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "no links"}, "text"),
        ({"html": "@@UNSUBSCRIBE_URL@@"}, "html"),
        ({"text": f"\ud800{LINK_LINES}"}, "text"),
        ({"list_name": "a b"}, "list name"),
        ({"list_name": "a>\r\nBcc: x"}, "list name"),
        ({"links": frozenset({LetterSlot.MANAGE_URL})}, "links"),
        ({"links": MAILING_LINKS | {LetterSlot.TO}, "text": f"@@TO@@ {LINK_LINES}"}, "html"),
    ],
    ids=["no links", "one link", "surrogate", "list name", "list name injects", "not to leave", "address"],
)
def test_a_letter_that_is_not_whole_is_refused_by_name(changes: dict[str, object], field: str) -> None:
    with pytest.raises(LetterError) as refusal:
        frozen(replace(a_letter(), **changes))  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_slot_of_the_header_is_no_link() -> None:
    both = f"@@TO@@ {LINK_LINES}"
    with pytest.raises(LetterError) as refusal:
        frozen(a_letter(text=both, html=both, links=MAILING_LINKS | {LetterSlot.TO}))
    assert refusal.value.field == "links"


def test_what_slips_in_unchecked_is_seen_when_the_message_is_read_back() -> None:
    """Trap 1: the last line of defence, past a sender that was not parsed."""
    sender = Sender("x\r\nBcc: victim@example.ca", "outages@example.ca")
    with pytest.raises(LetterError) as refusal:
        freeze(a_letter(), sender=sender, issued_at=ISSUED_AT)
    assert refusal.value.field == "header"


def test_freezing_twice_gives_the_same_bytes() -> None:
    assert frozen(a_letter()) == frozen(a_letter())


def test_a_part_is_what_it_says() -> None:
    text, html = received(rendered(a_letter())).iter_parts()
    for part, kind in ((text, "text/plain"), (html, "text/html")):
        assert isinstance(part, EmailMessage)
        assert (part.get_content_type(), part.get_content_charset()) == (kind, "utf-8")
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
