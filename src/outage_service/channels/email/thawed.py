"""Thawing: frozen bytes are cut at their markers once, and joined with a recipient's values many times.

One value has up to three forms: as it is in a header, in quoted-printable text, and in quoted-printable
HTML. To give a slot's values another shape, edit `_SHAPES`.
"""

import re
from collections.abc import Mapping

from outage_service.channels.email.addresses import DOMAIN, DOT_ATOM
from outage_service.channels.email.quoted_printable import encode_value
from outage_service.domain.letters import LetterSlot

BOUNDARY_START = b"=_"
"""No quoted-printable text contains this: `=` is always followed by a digit, a letter or a line break."""
FINAL_DOT = b".\r\n"
LONGEST_VALUE = 900  # characters: a header line holds 998 (RFC 5322, 2.1.1), its name and brackets included
"""A value holds no `=?` either, which begins an encoded word where it lands in a header."""

_MARKER = re.compile(b"(" + b"|".join(slot.encode("ascii") for slot in LetterSlot) + b")")

_Places = tuple[list[int], list[int], list[int]]
"""Which pieces hold a slot: in the header, in the text, in the HTML."""


class SlotValueError(ValueError):
    """A personal value is missing or unsafe. The message names the slot, never the value."""

    code = "slot_value_invalid"

    def __init__(self, slot: LetterSlot, reason: str) -> None:
        super().__init__(f"{slot.name} {reason}")
        self.slot = slot


_MAILBOX = re.compile(rf"{DOT_ATOM}@{DOMAIN}\Z", re.ASCII)
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+\Z", re.ASCII)
_SHAPES = {slot: _URL if slot.is_link else _MAILBOX for slot in LetterSlot}


def _as_html(value: bytes) -> bytes:
    """Of what HTML must see escaped, a link's shape lets through only these two."""
    return value.replace(b"&", b"&amp;").replace(b"'", b"&#x27;")


class ThawedLetter:
    """A frozen letter, ready to be rendered for any number of recipients."""

    def __init__(self, pieces: list[bytes], holes: Mapping[LetterSlot, _Places]) -> None:
        self._pieces = pieces
        self._holes = [(slot, _SHAPES[slot], *places) for slot, places in holes.items()]
        self.slots = frozenset(holes)
        """The values that `render` needs."""

    @classmethod
    def parse(cls, frozen: bytes) -> "ThawedLetter":
        """Cuts what `freeze` returned. Dots are stuffed here, once, for all recipients."""
        wire = frozen.replace(b"\r\n.", b"\r\n..") + FINAL_DOT
        pieces: list[bytes] = []
        holes: dict[LetterSlot, _Places] = {}
        header_text_html = re.split(b"(?=\r\n--" + BOUNDARY_START + b")", wire, maxsplit=2)
        for place, section in enumerate(header_text_html):
            for index, piece in enumerate(_MARKER.split(section)):
                if index % 2:
                    slot = LetterSlot(piece.decode("ascii"))
                    holes.setdefault(slot, ([], [], []))[place].append(len(pieces))
                pieces.append(piece)
        return cls(pieces, holes)

    def render(self, values: Mapping[LetterSlot, str]) -> bytes:
        """Returns the message of one recipient as it goes over the wire, the final dot included.

        The same values always give the same bytes (P15). Values that the letter has no place for are
        left alone.

        Raises:
            SlotValueError: a value is missing, too long, or not of its slot's shape (P28).
        """
        pieces = self._pieces.copy()
        for slot, shape, in_header, in_text, in_html in self._holes:
            value = values.get(slot)
            if value is None:
                raise SlotValueError(slot, "is missing")
            if len(value) > LONGEST_VALUE or "=?" in value or shape.match(value) is None:
                raise SlotValueError(slot, "is not of the shape that its place needs")
            raw = value.encode("ascii")
            for index in in_header:
                pieces[index] = raw
            if not in_text and not in_html:
                continue
            folded = encode_value(raw)
            for index in in_text:
                pieces[index] = folded
            escaped = _as_html(raw)
            if escaped != raw:
                folded = encode_value(escaped)
            for index in in_html:
                pieces[index] = folded
        return b"".join(pieces)
