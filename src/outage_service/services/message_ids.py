"""Message-IDs: stable for each message (P8), and sealed, so that a report can prove what it is about.

A report of non-delivery can be written by anybody. Only who has seen a message knows its seal: the relays
on its way, and the reader, who can do no more than end their own bulletins. The seal covers the reader's
epoch: what comes back from an address that was changed since is not held against the new one.
"""

import hmac
import re
from dataclasses import dataclass

from outage_service.services.macs import mac

_SEAL_DIGITS = 24  # hexadecimal: 96 bits, and whoever changes the case of an id does not break it
_DIGITS = r"([1-9]\d{0,17})"
_BULLETIN = re.compile(rf"(outage-{_DIGITS}-{_DIGITS}-{_DIGITS})-([0-9a-f]{{{_SEAL_DIGITS}}})(?=@)", re.ASCII)
_LETTER = re.compile(rf"(letter-{_DIGITS})-([0-9a-f]{{{_SEAL_DIGITS}}})(?=@)", re.ASCII)


def of_bulletin(key: bytes, *, outage_id: int, sequence: int, recipient_id: int, epoch: int) -> str:
    """Returns the part before the @ of a bulletin's Message-ID for one recipient."""
    name = f"outage-{outage_id}-{sequence}-{recipient_id}"
    return f"{name}-{_seal(key, name, epoch)}"


def of_letter(key: bytes, mailing_id: int) -> str:
    """Returns the part before the @ of a letter's Message-ID."""
    name = f"letter-{mailing_id}"
    return f"{name}-{_seal(key, name, 0)}"


@dataclass(frozen=True, slots=True)
class SealedBulletin:
    """A bulletin to one recipient, as a Message-ID names it."""

    outage_id: int
    sequence: int
    recipient_id: int
    seal: str

    def is_genuine(self, key: bytes, *, epoch: int) -> bool:
        """Returns whether this service made the Message-ID, for a reader with this epoch."""
        name = f"outage-{self.outage_id}-{self.sequence}-{self.recipient_id}"
        return hmac.compare_digest(_seal(key, name, epoch), self.seal)


def read_bulletin(message_id: str) -> SealedBulletin | None:
    """Returns the bulletin that a Message-ID names, if it has the shape of one."""
    match = _BULLETIN.match(message_id.lower())
    return SealedBulletin(int(match[2]), int(match[3]), int(match[4]), match[5]) if match else None


def read_letter(key: bytes, message_id: str) -> int | None:
    """Returns the mailing of the letter that a Message-ID names, if this service made it."""
    match = _LETTER.match(message_id.lower())
    if match is None or not hmac.compare_digest(_seal(key, match[1], 0), match[3]):
        return None
    return int(match[2])


def _seal(key: bytes, name: str, epoch: int) -> str:
    return mac(key, f"message-id:{name}:{epoch}".encode())[: _SEAL_DIGITS // 2].hex()
