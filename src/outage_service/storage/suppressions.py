"""The list of addresses that are not written to any more. Its rows outlive who had the address: by digest."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from outage_service.domain.bounces import SuppressionReason
from outage_service.storage.bounce_schema import suppression
from outage_service.storage.schema import subscriber
from outage_service.storage.types import AnyRow


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address on the list; `address` is blank once its subscriber was erased, `status` is RFC 3463's."""

    id: int
    digest: str
    address: str
    reason: SuppressionReason
    status: str | None
    at: datetime


def insert_suppression(
    tx: Connection, *, digest: str, address: str, reason: SuppressionReason, status: str | None, now: datetime
) -> Suppression:
    """Adds an address that is not on the list."""
    values = {"address_digest": digest, "address": address, "reason": reason.value, "status": status}
    added = insert(suppression).values(**values, at=now).returning(suppression.c.id)
    return Suppression(tx.execute(added).scalar_one(), digest, address, reason, status, now)


def find_suppression(tx: Connection, suppression_id: int) -> Suppression | None:
    """Returns an entry by id."""
    row = tx.execute(select(suppression).where(suppression.c.id == suppression_id)).one_or_none()
    return _suppression(row) if row else None


def find_suppression_of(tx: Connection, digest: str) -> Suppression | None:
    """Returns the entry of an address, if it is on the list."""
    row = tx.execute(select(suppression).where(suppression.c.address_digest == digest)).one_or_none()
    return _suppression(row) if row else None


def list_suppressions(
    tx: Connection, *, before_id: int | None, limit: int, digest: str | None = None
) -> list[Suppression]:
    """Returns entries below `before_id`, newest first; with a digest, that address's alone."""
    wanted = select(suppression).order_by(suppression.c.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(suppression.c.id < before_id)
    if digest is not None:
        wanted = wanted.where(suppression.c.address_digest == digest)
    return [_suppression(row) for row in tx.execute(wanted)]


def delete_suppression(tx: Connection, suppression_id: int) -> bool:
    """Takes an address off the list and returns whether it was on it."""
    return tx.execute(delete(suppression).where(suppression.c.id == suppression_id)).rowcount == 1


def name_suppression(tx: Connection, digest: str, address: str) -> None:
    """Sets the address that an entry shows; blank for an erased person: the digest goes on holding back."""
    tx.execute(update(suppression).where(suppression.c.address_digest == digest).values(address=address))


def suppressed_among(tx: Connection, digests: Collection[str]) -> set[str]:
    """Returns those of the digests that are on the list."""
    wanted = select(suppression.c.address_digest).where(suppression.c.address_digest.in_(digests))
    return set(tx.execute(wanted).scalars())


def count_bounced_since(tx: Connection, since: datetime) -> int:
    """Returns how many addresses were put on the list for bounces since then."""
    reasons = [reason.value for reason in SuppressionReason if reason.ends_with_confirmation]
    wanted = select(func.count()).where(suppression.c.at >= since, suppression.c.reason.in_(reasons))
    return tx.execute(wanted).scalar_one()


def count_suppressions(tx: Connection) -> dict[SuppressionReason, int]:
    """Returns how many addresses are on the list, by reason."""
    by_reason = select(suppression.c.reason, func.count()).group_by(suppression.c.reason)
    return {SuppressionReason(reason): count for reason, count in tx.execute(by_reason)}


def hold_back_subscribers(tx: Connection, address_keys: Collection[str], *, now: datetime) -> None:
    """Stops mail to the active subscribers with these addresses."""
    _turn(tx, address_keys, "active", "suppressed", now)


def let_through_subscribers(tx: Connection, address_keys: Collection[str], *, now: datetime) -> None:
    """Lets mail to the suppressed subscribers with these addresses go on."""
    _turn(tx, address_keys, "suppressed", "active", now)


def _turn(tx: Connection, address_keys: Collection[str], before: str, after: str, now: datetime) -> None:
    theirs = update(subscriber).where(
        subscriber.c.address_key.in_(address_keys), subscriber.c.state == before
    )
    tx.execute(theirs.values(state=after, changed_at=now))


def _suppression(row: AnyRow) -> Suppression:
    reason = SuppressionReason(row.reason)
    return Suppression(row.id, row.address_digest, row.address, reason, row.status, row.at)
