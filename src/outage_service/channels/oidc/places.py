"""Where a provider may be."""

import ipaddress
from urllib.parse import urlsplit


def is_safe_place(url: str) -> bool:
    """Returns whether nobody on the way can listen: HTTPS, or this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host)))
    except ValueError:
        return False


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
