"""Thawing: frozen bytes are cut at their markers once, and joined with a recipient's values many times.

Most of a personal value is the same for everybody: of a link, all but its token. That is its frame, checked,
encoded and put in place once. What is left to be put in for each recipient, their own part, needs no
encoding anywhere. One frame has up to three forms: as it is in a header, in quoted-printable text, and in
quoted-printable HTML. To give a slot's values another shape, edit `_WHOLE` and `_OWN`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from outage_service.channels.email.addresses import DOMAIN, DOT_ATOM, AddressError, check_address
from outage_service.channels.email.quoted_printable import LINE_LENGTH, SOFT_BREAK, encode_value
from outage_service.domain.letters import LetterSlot

BOUNDARY_START = b"=_"
"""No quoted-printable text contains this: `=` is always followed by a digit, a letter or a line break."""
FINAL_DOT = b".\r\n"
LONGEST_VALUE = 900  # characters: a header line holds 998 (RFC 5322, 2.1.1), its name and brackets included
"""A value holds no `=?` either, which begins an encoded word where it lands in a header."""
LONGEST_OWN_PART = LINE_LENGTH
"""Characters: in a body it is a line of its own."""

_MARKER = re.compile(b"(" + b"|".join(slot.encode("ascii") for slot in LetterSlot) + b")")
_MAILBOX = re.compile(rf"{DOT_ATOM}@{DOMAIN}\Z", re.ASCII)
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+\Z", re.ASCII)
_WHOLE = {slot: _URL if slot.is_link else _MAILBOX for slot in LetterSlot}
_ID_PART = re.compile(rf"[A-Za-z0-9-]{{1,{LONGEST_OWN_PART}}}\Z", re.ASCII)
_LINK_PART = re.compile(rf"[0-9][A-Za-z0-9._-]{{0,{LONGEST_OWN_PART - 1}}}\Z", re.ASCII)
"""Begins with a digit: at the start of a line mail programs and relays see more in a dot, or in `From`."""
_OWN: Mapping[LetterSlot, re.Pattern[str]] = {
    slot: _LINK_PART if slot.is_link else _ID_PART for slot in LetterSlot if slot is not LetterSlot.TO
}


class Frame(NamedTuple):
    """What stands before and after everybody's own part of a value."""

    before: str = ""
    after: str = ""


_NO_FRAMES: Mapping[LetterSlot, Frame] = MappingProxyType({})


class SlotValueError(ValueError):
    """A personal value is missing or unsafe. The message names the slot, never the value."""

    code = "slot_value_invalid"

    def __init__(self, slot: LetterSlot, reason: str) -> None:
        super().__init__(f"{slot.name} {reason}")
        self.slot = slot


class ThawedLetter:
    """A frozen letter, ready to be rendered for any number of recipients."""

    def __init__(self, pieces: list[bytes], holes: Mapping[LetterSlot, list[int]]) -> None:
        self._pieces = pieces
        self._holes = [(slot, _OWN.get(slot), places) for slot, places in holes.items()]
        self.slots = frozenset(holes)
        """The values that `render` needs."""

    @classmethod
    def parse(cls, frozen: bytes, frames: Mapping[LetterSlot, Frame] = _NO_FRAMES) -> "ThawedLetter":
        """Cuts what `freeze` returned. Dots are stuffed here, once, for all recipients.

        Args:
            frames: of every slot in the letter but TO, whose value is all the recipient's own.

        Raises:
            SlotValueError: a frame is missing, or makes no value of its slot's shape (P28).
        """
        wire = frozen.replace(b"\r\n.", b"\r\n..") + FINAL_DOT
        pieces = [b""]
        holes: dict[LetterSlot, list[int]] = {}
        header_text_html = re.split(b"(?=\r\n--" + BOUNDARY_START + b")", wire, maxsplit=2)
        for section, encode in zip(header_text_html, (_in_header, _in_text, _in_html), strict=False):
            first, *rest = _MARKER.split(section)
            pieces[-1] += first
            for marker, constant in zip(rest[::2], rest[1::2], strict=True):
                slot = LetterSlot(marker.decode("ascii"))
                before, after = encode(_checked(slot, frames.get(slot, Frame())))
                pieces[-1] += before
                holes.setdefault(slot, []).append(len(pieces))
                pieces += [b"", after + constant]
        return cls(pieces, holes)

    def render(self, values: Mapping[LetterSlot, str]) -> bytes:
        """Returns the message of one recipient as it goes over the wire, the final dot included.

        The same values, each somebody's own part of it, always give the same bytes (P15). Values that the
        letter has no place for are left alone.

        Raises:
            SlotValueError: a value is missing, too long, or not of its slot's shape (P28).
        """
        pieces = self._pieces.copy()
        for slot, shape, places in self._holes:
            own = values.get(slot)
            if own is None:
                raise SlotValueError(slot, "is missing")
            if not (_is_address(own) if shape is None else shape.match(own)):
                raise SlotValueError(slot, "is not of the shape that its place needs")
            raw = own.encode("ascii")
            for place in places:
                pieces[place] = raw
        return b"".join(pieces)


def _is_address(value: str) -> bool:
    try:
        check_address(value)
    except AddressError:
        return False
    return True


def _checked(slot: LetterSlot, frame: Frame) -> Frame:
    """Returns a frame that makes a value of its slot's shape with any own part; an address has none."""
    if slot is LetterSlot.TO:
        return Frame()
    sample = f"{frame.before}0{frame.after}"
    is_short = len(sample) + LONGEST_OWN_PART <= LONGEST_VALUE
    if not is_short or "=?" in sample or _WHOLE[slot].match(sample) is None:
        raise SlotValueError(slot, "has no frame that is of the shape that its place needs")
    return frame


def _in_header(frame: Frame) -> tuple[bytes, bytes]:
    return frame.before.encode("ascii"), frame.after.encode("ascii")


def _in_text(frame: Frame) -> tuple[bytes, bytes]:
    """Returns both parts encoded; the own part is a line of its own between them."""
    before, after = map(encode_value, _in_header(frame))
    return before and before + SOFT_BREAK, after and SOFT_BREAK + after


def _in_html(frame: Frame) -> tuple[bytes, bytes]:
    """Of what HTML must see escaped, a link's shape lets through only these two."""
    before, after = (part.replace("&", "&amp;").replace("'", "&#x27;") for part in frame)
    return _in_text(Frame(before, after))
