"""Reading what comes back: reports of non-delivery (RFC 3464) and of abuse (RFC 5965).

Pure: bytes in, what they claim out. Whether a claim can be believed is the question of whoever reads it:
anybody can write such a message. Only the shape that a report must have is looked at, one multipart/report
with its parts side by side; nothing nested is followed, so that no message costs more than its length.
"""

import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser

LONGEST = 1024 * 1024
"""Octets of a message that are looked at; a report comes first in it, the returned message last."""
_PARTS_AT_MOST = 10
_RECIPIENTS_AT_MOST = 100
_ADDRESS_LONGEST = 320
_PARAMETERS_LONGEST = 1_000
_RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_STATUSES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)", re.ASCII)
_DIAGNOSIS = re.compile(r"\s*smtp\s*;\s*[45]\d\d[ -]([45]\.\d{1,3}\.\d{1,3})(?!\d)", re.ASCII | re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
_FIELD_LONGEST = 1_000
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|.', re.DOTALL)
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """A recipient to whom a message was not delivered, finally.

    Args:
        addresses: the final and the original recipient as far as they are named, in lower case.
        status: such as `5.1.1`; blank where the report has none.
    """

    addresses: frozenset[str]
    status: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a report claims.

    Args:
        message_ids: of the message that it is about, the likeliest first, without brackets.
        failed: recipients it was not delivered to; one that is only late is none.
        is_complaint: whether it reports abuse.
    """

    message_ids: tuple[str, ...]
    failed: tuple[FailedRecipient, ...]
    is_complaint: bool


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    body: bytes


def read_report(raw: bytes) -> Report | None:
    """Returns what a message reports, or None: an automatic reply, a letter, no message at all."""
    head, body = _split(raw[:LONGEST].replace(b"\r\n", b"\n"))
    header = _fields(head)
    boundary = _boundary(header)
    if header.get_content_type() != "multipart/report" or not boundary:
        return None
    parts = list(_parts(body, boundary))
    failed = tuple(one for part in parts if part.kind in _STATUSES for one in _failed(part.body))
    is_complaint = any(part.kind == "message/feedback-report" and _is_abuse(part.body) for part in parts)
    if not failed and not is_complaint:
        return None
    return Report(tuple(_message_ids(parts, header)), failed, is_complaint)


def _boundary(header: "Message[str, str]") -> str | None:
    # Taking parameters apart costs the square of their length, and fails for some that RFC 2231 forbids.
    if len(str(header["Content-Type"])) > _PARAMETERS_LONGEST:
        return None
    try:
        return header.get_boundary()
    except (TypeError, ValueError):
        return None


def _fields(head: bytes) -> "Message[str, str]":
    return BytesHeaderParser().parsebytes(head)


def _split(message: bytes) -> tuple[bytes, bytes]:
    """Returns the header and the body."""
    if message.startswith(b"\n"):
        return b"", message[1:]
    head, _, body = message.partition(b"\n\n")
    return head, body


def _parts(body: bytes, boundary: str) -> Iterator[_Part]:
    line = rb"(?m)^--" + re.escape(boundary.encode(errors="replace")) + rb"(?:--)?[ \t]*$\n?"
    for section in re.split(line, body, maxsplit=_PARTS_AT_MOST)[1:]:
        head, content = _split(section)
        header = _fields(head)
        yield _Part(header.get_content_type(), _decoded(content, str(header["Content-Transfer-Encoding"])))


def _message_ids(parts: Sequence[_Part], header: "Message[str, str]") -> Iterator[str]:
    """Yields what names the message reported on: itself, where it was returned, then what is replied to."""
    returned = [_fields(_split(part.body)[0])["Message-ID"] for part in parts if part.kind in _RETURNED]
    for field in (*returned, header["In-Reply-To"]):
        if match := _MESSAGE_ID.search(str(field)):
            yield match[1]


def _decoded(content: bytes, encoding: str) -> bytes:
    """Returns a part as it was before its transfer; one that cannot be decoded as it is."""
    match encoding.strip().lower():
        case "base64":
            try:
                plain = binascii.a2b_base64(content)
            except binascii.Error:
                return content
        case "quoted-printable":
            plain = quopri.decodestring(content)
        case _:
            return content
    return plain.replace(b"\r\n", b"\n")


def _failed(status_part: bytes) -> Iterator[FailedRecipient]:
    """Yields the recipients of a delivery-status part whose Action is `failed` (RFC 3464, 2.3.3)."""
    for block in _BLANK_LINE.split(status_part, maxsplit=_RECIPIENTS_AT_MOST)[:_RECIPIENTS_AT_MOST]:
        fields = _fields(block.lstrip(b"\n"))
        if _plain(str(fields["Action"])).lower() != "failed":
            continue
        named = {_address(str(fields[name])) for name in ("Final-Recipient", "Original-Recipient")}
        yield FailedRecipient(frozenset(named - {""}), _status(fields))


def _plain(field: str) -> str:
    """Returns a field without its comments, which are in brackets, may be nested and are none in quotes.

    RFC 3464, 2.1.1, and RFC 822, 3.4.3.
    """
    kept, depth = list[str](), 0
    for piece in _PIECE.findall(field[:_FIELD_LONGEST]):
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(piece)
        elif piece.startswith('"') and len(piece) > 1:
            depth = max(0, depth + piece.count("(") - piece.count(")"))  # a quote means nothing in a comment
    return "".join(kept).strip()


def _address(field: str) -> str:
    """Returns the address of `rfc822; user@example.org`, in lower case; blank where there is none."""
    _, _, address = _plain(field).partition(";")
    return address.strip().strip("<>").lower()[:_ADDRESS_LONGEST]


def _status(fields: "Message[str, str]") -> str:
    """Returns the status; where that says nothing (`5.0.0`), what the refusing host said itself."""
    match = _STATUS.match(_plain(str(fields["Status"])))
    status = match[1] if match else ""
    if status and not status.endswith(".0.0"):
        return status
    said = _DIAGNOSIS.match(str(fields["Diagnostic-Code"]))
    return said[1] if said else status


def _is_abuse(feedback: bytes) -> bool:
    return _plain(str(_fields(feedback.lstrip(b"\n"))["Feedback-Type"])).lower() == "abuse"
