"""Message authentication codes, three or four of which stand in every mail."""

from functools import lru_cache
from hashlib import sha256

_BLOCK = 64  # octets that SHA-256 takes at a time


def mac(key: bytes, message: bytes) -> bytes:
    """Returns the HMAC-SHA256 of `message` (RFC 2104).

    By hand, for `hmac.digest` lets go of the interpreter's lock, and copying an `hmac.HMAC` takes three times
    as long as both hashes.
    """
    inner, outer = _padded(key)
    return sha256(outer + sha256(inner + message).digest()).digest()


def console_mac(key: bytes, purpose: str, body: str) -> str:
    """Returns what shows, in hexadecimal, that the console made `body` for this purpose."""
    return mac(key, f"console {purpose}:{body}".encode(errors="replace")).hex()


@lru_cache(maxsize=4)
def _padded(key: bytes) -> tuple[bytes, bytes]:
    block = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\0")
    return bytes(octet ^ 0x36 for octet in block), bytes(octet ^ 0x5C for octet in block)
