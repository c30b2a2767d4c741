"""A letter: one message to many, with marked places for what is personal.

Rendering prints a marker where a recipient's own value belongs; the e-mail channel splices the values in.
The two never import one another: what they agree on is here. To add a personal value, add a slot; where
it is neither a link nor of the form local@domain, also its shape in `channels/email/thawed.py`.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from outage_service.domain.texts import Language


class LetterSlot(StrEnum):
    """The personal places of a letter; the value is the marker that a template prints.

    Links may stand in both bodies: on a line of their own in text, as `href="…"` and as text in HTML.
    The others belong to the header and are put there by the channel.
    """

    TO = "@@TO@@"
    """The recipient's address, domain in its A-label form."""
    MESSAGE_ID = "@@MESSAGE_ID@@"
    """Stable per (bulletin, recipient), without angle brackets (P8)."""
    THREAD_ID = "@@THREAD_ID@@"
    """The Message-ID of the outage's first bulletin to this recipient, without angle brackets."""
    UNSUBSCRIBE_URL = "@@UNSUBSCRIBE_URL@@"
    MANAGE_URL = "@@MANAGE_URL@@"
    CONFIRM_URL = "@@CONFIRM_URL@@"

    __hash__ = str.__hash__  # looked up five times a message; Enum's own is computed in Python

    @property
    def is_link(self) -> bool:
        """Whether the slot may stand in a body."""
        return self.name.endswith("_URL")


MAILING_LINKS = frozenset({LetterSlot.UNSUBSCRIBE_URL, LetterSlot.MANAGE_URL})
"""What every bulletin must offer."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says before it is encoded, in one language order.

    Args:
        subject: one line.
        text: the plain body, with markers.
        html: the HTML body, with markers.
        first: the language that comes first.
        links: the slots that must stand in both bodies; any other marker there is plain text.
        list_name: of a mailing, the first label of its List-Id ("bulletins"); None for a letter to one
            person, which has nothing to unsubscribe from.
        is_follow_up: whether the outage had a bulletin before this one (it is threaded under the first).
    """

    subject: str
    text: str
    html: str
    first: Language
    links: frozenset[LetterSlot] = frozenset()
    list_name: str | None = None
    is_follow_up: bool = False


_UNSAFE_IN_HEADER = frozenset({"Cc", "Cs", "Zl", "Zp"})


def header_fault(text: str) -> str | None:
    """Returns why `text` may not stand in a mail header, or None where it may (P28).

    Refused are blanks, control characters (U+0085 among them), line and paragraph separators, surrogates,
    markers, and `=?`, which mail programs decode, line breaks included.
    """
    if not text.strip():
        return "is blank"
    unsafe = next((c for c in text if unicodedata.category(c) in _UNSAFE_IN_HEADER), None)
    if unsafe is not None:
        return f"holds U+{ord(unsafe):04X}, a control character or line break"
    if "=?" in text:
        return "holds =?, which begins an encoded word"
    if any(slot in text for slot in LetterSlot):
        return "holds a marker kept for personal values"
    return None
