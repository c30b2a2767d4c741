"""Quoted-printable text with places left open for values that come later (RFC 2045, 6.7).

The standard library's encoder knows no open places, and breaks lines without regard to what a place will
hold. Here a place is a line of its own between soft breaks, and no line begins with a dot, so nothing has
to be stuffed per recipient.
"""

import re

LINE_LENGTH = 73  # RFC 2045 allows 76: room for the soft break and for one escape at the start
SOFT_BREAK = b"=\r\n"
_UNSAFE = re.compile(rb"[^\t !-<>-~]|[\t ]\Z")
_AT_START = {b".": b"=2E", b"F": b"=46"}  # SMTP doubles a dot; mailboxes turn "From " into ">From "


def escape(value: bytes) -> bytes:
    """Returns `value` with every octet escaped that may not stand as itself; lines are not broken."""
    return _UNSAFE.sub(lambda octet: b"=%02X" % octet[0][0], value)


def fold(escaped: bytes) -> list[bytes]:
    """Returns `escaped` cut into lines, to be joined by soft breaks; an escape is never cut in two."""
    lines, at = [], 0
    while at < len(escaped):
        cut = at + LINE_LENGTH
        if cut < len(escaped):
            tail = escaped.rfind(b"=", cut - 2, cut)
            cut = tail if tail >= 0 else cut
        start = escaped[at : at + 1]
        lines.append(_AT_START.get(start, start) + escaped[at + 1 : cut])
        at = cut
    return lines


def encode_value(value: bytes) -> bytes:
    """Returns printable ASCII without blanks as it fills an open place."""
    return SOFT_BREAK.join(fold(value.replace(b"=", b"=3D")))


def encode(text: str, open_place: re.Pattern[str], reserved: bytes) -> bytes:
    """Returns `text`, whose lines end in LF, in quoted-printable with CRLF, UTF-8.

    Args:
        text: what to encode.
        open_place: a pattern with one group, the whole match: what it matches is kept as it is, on a line of
            its own.
        reserved: occurrences outside open places are escaped, so that only open places can look like one.
    """
    return b"\r\n".join(_encode_line(line, open_place, reserved) for line in text.split("\n"))


def _encode_line(line: str, open_place: re.Pattern[str], reserved: bytes) -> bytes:
    escaped_reserved = b"".join(b"=%02X" % octet for octet in reserved)
    pieces: list[bytes] = []
    for index, piece in enumerate(open_place.split(line)):
        if index % 2:
            pieces.append(piece.encode("ascii"))
        else:
            pieces.extend(fold(escape(piece.encode()).replace(reserved, escaped_reserved)))
    return SOFT_BREAK.join(pieces)
