"""Freezing: a letter becomes a MIME message once, with its markers still in it.

The frozen bytes are what the database keeps and what every attempt is made of, so that a retry is
identical although templates have changed since (P15). The message is put together by hand: building an
`EmailMessage` per recipient costs 2 ms, and it turns `=?…?=` in a header into line breaks (trap 1).
"""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from outage_service.channels.email import quoted_printable
from outage_service.channels.email.addresses import DOMAIN, Sender, encoded_words
from outage_service.channels.email.thawed import BOUNDARY_START, Frame, ThawedLetter
from outage_service.domain.letters import Letter, LetterSlot, header_fault

_MARKER_EDGE = b"@@"
_PLAIN_SUBJECT_LENGTH = 66  # characters that fit on the line of a 76 characters long "Subject: …"
_LIST_NAME = re.compile(DOMAIN, re.ASCII)

Headers = list[tuple[str, str]]


class LetterError(ValueError):
    """A letter cannot be frozen; `field` names the part of it that is wrong."""

    code = "letter_invalid"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"the {field} {reason}")
        self.field = field


def freeze(letter: Letter, *, sender: Sender, issued_at: datetime) -> bytes:
    """Returns the MIME message of `letter`, ASCII with CRLF, markers in the places of personal values.

    The same arguments give the same bytes. `issued_at` is aware; it is what Date says, on retries too.

    Raises:
        LetterError: the letter could inject a header, lacks a link it must have, or does not come out of
            its encoding as it went in (P28).
    """
    _check(letter)
    text, html = _lines(letter.text, "text"), _lines(letter.html, "html")
    boundary = f"{BOUNDARY_START.decode()}{sha256((text + html).encode()).hexdigest()[:32]}"
    headers = _headers(letter, sender, issued_at)
    headers.append(("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'))
    frozen = b"\r\n".join(
        [
            *(f"{name}: {value}".encode("ascii") for name, value in headers),
            b"",
            *_part(boundary, "text/plain", text, letter.links),
            *_part(boundary, "text/html", html, letter.links),
            f"--{boundary}--\r\n".encode("ascii"),
        ]
    )
    _verify(frozen, letter, [name for name, _ in headers], [text, html])
    return frozen


def _check(letter: Letter) -> None:
    if fault := header_fault(letter.subject):
        raise LetterError("subject", fault)
    for field, body in (("text", letter.text), ("html", letter.html)):
        for slot in sorted(letter.links):
            if slot not in body:
                raise LetterError(field, f"lacks {slot}")
    if not all(slot.is_link for slot in letter.links):
        raise LetterError("links", "hold a slot of the header")
    if letter.list_name is None:
        return
    if not _LIST_NAME.fullmatch(letter.list_name):
        raise LetterError("list name", "is not a label of letters, digits and hyphens")
    if LetterSlot.UNSUBSCRIBE_URL not in letter.links:
        raise LetterError("links", "of a mailing lack the one to unsubscribe")


def _lines(body: str, field: str) -> str:
    """Returns `body` with LF at the end of every line; a lone CR is a line break too."""
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise LetterError(field, "holds a lone surrogate") from error
    return text if text.endswith("\n") else text + "\n"


def _headers(letter: Letter, sender: Sender, issued_at: datetime) -> Headers:
    headers = [
        ("From", sender.header()),
        ("To", LetterSlot.TO.value),
        ("Subject", _subject(letter.subject)),
        ("Date", format_datetime(issued_at.astimezone(UTC))),
        ("Message-ID", f"<{LetterSlot.MESSAGE_ID}>"),
    ]
    if letter.is_follow_up:
        headers += [(name, f"<{LetterSlot.THREAD_ID}>") for name in ("In-Reply-To", "References")]
    if letter.list_name:
        headers += _list_headers(letter.list_name, sender)
    return [
        *headers,
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", f"{letter.first}, {letter.first.other}"),
        ("MIME-Version", "1.0"),
    ]


def _list_headers(list_name: str, sender: Sender) -> Headers:
    """One-click unsubscribing (RFC 8058), and what filters sort by (RFC 2919)."""
    return [
        ("List-Id", f"<{list_name}.{sender.domain}>"),
        ("List-Unsubscribe", f"<{LetterSlot.UNSUBSCRIBE_URL}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _subject(subject: str) -> str:
    plain = subject.isascii() and len(subject) <= _PLAIN_SUBJECT_LENGTH and subject == subject.strip()
    return subject if plain else encoded_words(subject, header_name="Subject")


def _part(boundary: str, kind: str, body: str, links: frozenset[LetterSlot]) -> list[bytes]:
    places = re.compile(f"({'|'.join(sorted(links)) or '(?!)'})")
    return [
        f"--{boundary}".encode("ascii"),
        f"Content-Type: {kind}; charset=utf-8".encode("ascii"),
        b"Content-Transfer-Encoding: quoted-printable",
        b"",
        quoted_printable.encode(body, places, _MARKER_EDGE),
    ]


_SAMPLE_FRAMES = {
    slot: Frame("https://sample.invalid/?a=b&c=" + "d" * 200, "'?end")
    if slot.is_link
    else Frame(after="@sample.invalid")
    for slot in LetterSlot
}
_SAMPLE = dict.fromkeys(LetterSlot, "7") | {LetterSlot.TO: "sample@sample.invalid"}


def _verify(frozen: bytes, letter: Letter, names: list[str], bodies: list[str]) -> None:
    """Reads a sample back as a mail program would: nothing may have come in on the way (trap 1)."""
    sample = ThawedLetter.parse(frozen, _SAMPLE_FRAMES).render(_SAMPLE).removesuffix(b".\r\n")
    message = message_from_bytes(sample, policy=policy.default)
    if message.keys() != names or message.defects:
        raise LetterError("header", "does not read back with the fields that were put in")
    if message["Subject"] != letter.subject:
        raise LetterError("subject", "does not read back as it was written")
    parts = [part for part in message.iter_parts() if isinstance(part, EmailMessage)]
    for field, part, body in zip(("text", "html"), parts, bodies, strict=True):
        if part.get_content() != _filled(body, letter.links, as_html=field == "html"):
            raise LetterError(field, "does not read back as it was written")


def _filled(body: str, links: frozenset[LetterSlot], *, as_html: bool) -> str:
    for slot in links:
        link = _SAMPLE[slot].join(_SAMPLE_FRAMES[slot])
        body = body.replace(slot, escape(link) if as_html else link)
    return body.replace("\n", "\r\n")
