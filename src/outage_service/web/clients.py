"""Who calls, as far as the network tells: the connection's other end, or whom a trusted proxy names."""

import ipaddress
import re
from collections.abc import Collection, Iterable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from outage_service.web.state import Network, state_of

_HOPS_AT_MOST = 20
_WITH_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?", re.ASCII)


def address_of(peer: str, forwarded: Iterable[str], trusted: Collection[Network]) -> str:
    """Returns the caller's address: the first from the right that is no trusted proxy's.

    What stands left of it anybody could have written. An entry that is no address ends the search at the
    proxy that passed it on; some write a port behind it (`192.0.2.1:80`, `[2001:db8::1]:80`).

    Args:
        peer: the connection's other end; blank where it has no address (a Unix socket).
        forwarded: the values of `X-Forwarded-For`, in the order of the headers.
    """
    hops = [hop.strip() for value in forwarded for hop in value.split(",")][-_HOPS_AT_MOST:]
    caller = peer
    while hops and _is_trusted(caller, trusted):
        hop = _without_port(hops.pop())
        if _parsed(hop) is None:
            break
        caller = hop
    return caller


def _without_port(hop: str) -> str:
    found = _WITH_PORT.fullmatch(hop)
    return found[1] or found[2] if found else hop


def _is_trusted(address: str, trusted: Collection[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


async def _address(connection: HTTPConnection) -> str:
    peer = connection.client.host if connection.client else ""
    return address_of(
        peer, connection.headers.getlist("x-forwarded-for"), state_of(connection).trusted_proxies
    )


ClientAddress = Annotated[str, Depends(_address)]
"""The caller's address, for limits; blank where the connection has none."""
