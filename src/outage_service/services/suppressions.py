"""The list of addresses that are not written to any more: put on it, taken off it, asked (P14).

No bulletin goes to an address on the list. A confirmation letter does where the reason was a mailbox that
did not work: whoever confirms has shown that it works again, and is taken off the list. After a complaint,
or what an administrator has put there, only an administrator takes it off.
"""

import hmac
from collections.abc import Collection

import structlog

from outage_service.domain.bounces import SuppressionReason
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection, audit
from outage_service.storage import suppressions as rows
from outage_service.storage.bounces import forget_bounces
from outage_service.storage.locks import take_turns
from outage_service.storage.subscribers import delete_request_of
from outage_service.storage.suppressions import Suppression

log = structlog.get_logger(__name__)


class AlreadySuppressed(Exception):
    """The address is on the list."""

    def __init__(self, suppression_id: int) -> None:
        super().__init__("This address is on the list already.")
        self.suppression_id = suppression_id


def digest_of(engine: Engine, address_key: str) -> str:
    """Returns what stands for an address on the list: nobody finds an address from it without the key."""
    return hmac.new(engine.secret_key, b"address:" + address_key.encode(), "sha256").hexdigest()


def take_turns_over(tx: Connection, digest: str) -> None:
    """Makes those who are about to judge or list the same address wait for each other."""
    take_turns(tx, f"suppression {digest}")


def suppress(
    engine: Engine,
    tx: Connection,
    address: Address,
    reason: SuppressionReason,
    *,
    actor: str,
    status: str | None = None,
) -> Suppression:
    """Puts an address on the list: its subscriber gets nothing more, not even what is queued.

    Raises:
        AlreadySuppressed: it is on the list, for whatever reason.
    """
    digest, now = digest_of(engine, address.key), engine.clock()
    take_turns_over(tx, digest)
    known = rows.find_suppression_of(tx, digest)
    if known is not None:
        raise AlreadySuppressed(known.id)
    added = rows.insert_suppression(
        tx, digest=digest, address=address.wire, reason=reason, status=status, now=now
    )
    rows.hold_back_subscribers(tx, [address.key], now=now)
    if not reason.ends_with_confirmation:
        delete_request_of(tx, address.key)
    detail = {"suppression_id": added.id, "reason": reason.value}
    audit.record(tx, "address_suppressed", at=now, actor=actor, detail=detail)
    log.info("address_suppressed", suppression_id=added.id, reason=reason.value)
    return added


def lift(engine: Engine, tx: Connection, suppression_id: int, *, actor: str) -> None:
    """Takes an address off the list; whoever is still subscribed with it gets bulletins again.

    Raises:
        NotFound: there is no such entry.
    """
    found = rows.find_suppression(tx, suppression_id)
    if found is not None:
        take_turns_over(tx, found.digest)
    if found is None or not rows.delete_suppression(tx, suppression_id):
        raise NotFound("suppression", suppression_id)
    now = engine.clock()
    forget_bounces(tx, found.digest)
    rows.let_through_subscribers(tx, [found.address.lower()], now=now)
    detail = {"suppression_id": suppression_id, "reason": found.reason.value}
    audit.record(tx, "suppression_lifted", at=now, actor=actor, detail=detail)


def lift_for(engine: Engine, tx: Connection, address_key: str, *, actor: str) -> None:
    """Takes an address off the list if it is on it."""
    found = rows.find_suppression_of(tx, digest_of(engine, address_key))
    if found is not None:
        lift(engine, tx, found.id, actor=actor)


def reason_for(engine: Engine, tx: Connection, address_key: str) -> SuppressionReason | None:
    """Returns why an address is on the list, or None."""
    found = rows.find_suppression_of(tx, digest_of(engine, address_key))
    return found.reason if found else None


def hold_back(engine: Engine, tx: Connection, address_keys: Collection[str]) -> None:
    """Makes those of newly added subscribers suppressed whose address is on the list."""
    keys = {digest_of(engine, key): key for key in address_keys}
    listed = rows.suppressed_among(tx, keys)
    for digest in listed:
        rows.name_suppression(tx, digest, keys[digest])
    if listed:
        rows.hold_back_subscribers(tx, [keys[digest] for digest in listed], now=engine.clock())


def forget(engine: Engine, tx: Connection, address_key: str) -> None:
    """Leaves of an erased person's address nothing but the digest."""
    rows.name_suppression(tx, digest_of(engine, address_key), "")
