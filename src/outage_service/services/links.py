"""Personal links in mail: derived from the secret key, never stored.

A link's token is `<id>.<epoch>.<mac>`. Raising a subscriber's epoch ends all earlier links; each
purpose has its own mac, so that an unsubscribe link in a forwarded mail changes nothing else.
"""

import hmac
from binascii import b2a_base64
from enum import StrEnum
from typing import NamedTuple

from outage_service.services.macs import mac

_MAC_BYTES = 16
_DIGITS_AT_MOST = 15
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """What a link is good for; also the last part of its path."""

    CONFIRM = "confirm"
    MANAGE = "manage"
    UNSUBSCRIBE = "unsubscribe"


class Holder(NamedTuple):  # twice a message: a frozen dataclass takes twice as long to make
    """Whose link it is: a subscriber's id (a pending request's for `confirm`) and epoch."""

    id: int
    epoch: int


def link(base_url: str, key: bytes, purpose: Purpose, holder: Holder) -> str:
    """Returns the link of `holder` for `purpose`."""
    return token(key, purpose, holder).join(around_token(base_url, purpose))


def around_token(base_url: str, purpose: Purpose) -> tuple[str, str]:
    """Returns what stands before and after the token of every link of `purpose`."""
    return f"{base_url}/subscriptions/", f"/{purpose}"


def token(key: bytes, purpose: Purpose, holder: Holder) -> str:
    """Returns the token in a link."""
    return f"{holder.id}.{holder.epoch}.{_mac(key, purpose, holder)}"


def read_token(key: bytes, purpose: Purpose, given: str) -> Holder | None:
    """Returns whose token it is, or None if it is not genuine for this purpose."""
    parts = given.split(".")
    if len(parts) != 3 or not all(_is_number(part) for part in parts[:2]):
        return None
    holder = Holder(int(parts[0]), int(parts[1]))
    is_genuine = hmac.compare_digest(_mac(key, purpose, holder).encode(), parts[2].encode(errors="replace"))
    return holder if is_genuine else None


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= _DIGITS_AT_MOST


def _mac(key: bytes, purpose: Purpose, holder: Holder) -> str:
    message = f"{purpose}:{holder.id}:{holder.epoch}".encode()
    encoded = b2a_base64(mac(key, message)[:_MAC_BYTES], newline=False)
    return encoded.translate(_URL_SAFE, b"=").decode()  # as base64.urlsafe_b64encode, in a third of the time
