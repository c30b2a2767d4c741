"""How often somebody may do a thing: counted in the database, so that all processes share one count (P25).

    if not limits.allow(tx, "login", name, 5, timedelta(minutes=15)): …

One use is counted with the transaction it is counted in: what must count although the act is refused
(a wrong password) is counted in a transaction of its own. Whoever is refused is not counted again.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from outage_service.storage import Connection
from outage_service.storage import limits as rows
from outage_service.storage.now import database_now

_LEAST_WAIT = timedelta(seconds=1)
NETWORKS_OF_A_SITE = 5
"""All IPv6 networks of one site, which may have 65,536, ask no oftener than so many callers."""


class TooMany(Exception):
    """Somebody has done this as often as the limit allows; `wait` is when it is allowed again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("This was asked for too often from here.")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class SubscriptionLimits:
    """What an hour allows (P25): requests of one network address, confirmation letters in all."""

    requests_per_address: int
    letters: int


def allow(
    tx: Connection, scope: str, key: str, limit: int, per: timedelta, *, now: datetime | None = None
) -> bool:
    """Counts one use of `key` in `scope` and returns whether it was within `limit` in a span of `per`.

    The span begins with the first use. One statement decides, so that of many at once no more pass.

    Args:
        key: whose use it is: an address of the network, a user's name; kept as a digest only.
        now: the service's instant; without it the database's own.
    """
    return rows.take(tx, scope, _digest(key), at_most=limit, per=per, now=now or database_now(tx))


def caller_has_to_wait(
    tx: Connection, scope: str, caller: str, limit: int, per: timedelta, *, now: datetime, what: str = ""
) -> timedelta | None:
    """Counts as `allow` does, by a caller's network and its site; returns how long it has to wait, if it has.

    A network that is refused uses up nothing of its site's.

    Args:
        caller: the network address.
        what: what is counted for itself of the same caller.
    """
    network, site = network_of(caller), site_of(caller)
    # Of an IPv4 address both are the same, and counted once.
    counted = dict.fromkeys((network, site), limit * NETWORKS_OF_A_SITE) | {network: limit}
    for each, most in counted.items():
        key = f"{what} {each}"
        if not allow(tx, scope, key, most, per, now=now):
            return wait_for(tx, scope, key, now=now)
    return None


def wait_for(tx: Connection, scope: str, key: str, *, now: datetime | None = None) -> timedelta:
    """Returns how long it takes until `key` may do this again, once it was refused."""
    ends_at = rows.span_ends_at(tx, scope, _digest(key))
    return max(ends_at - (now or database_now(tx)), _LEAST_WAIT) if ends_at else _LEAST_WAIT


def network_of(address: str) -> str:
    """Returns what counts as one caller: an IPv4 address, or the /64 that one IPv6 customer has at least."""
    return _network_of(address, 64)


def site_of(address: str) -> str:
    """Returns the most that one customer may have: as `network_of`, with the /48 of an IPv6 address."""
    return _network_of(address, 48)


def _network_of(address: str, prefix: int) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
