"""Bounces of addresses, and whom a message that came back was for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select

from outage_service.domain.bounces import FORGOTTEN_AFTER, BounceKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.bounce_schema import bounce
from outage_service.storage.deliveries import LONE_RECIPIENT
from outage_service.storage.mailings import BULLETIN, CONFIRMATION
from outage_service.storage.schema import delivery, mailing, subscriber


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message was for, with the address that mail goes to now."""

    mailing_id: int
    recipient_id: int
    address: str
    epoch: int


def find_addressee(tx: Connection, *, outage_id: int, sequence: int, recipient_id: int) -> Addressee | None:
    """Returns the subscriber a bulletin was sent to; None where it was not, or they were erased."""
    wanted = (
        select(mailing.c.id, subscriber.c.id.label("recipient_id"), subscriber.c.email, subscriber.c.epoch)
        .join(delivery, delivery.c.mailing_id == mailing.c.id)
        .join(subscriber, subscriber.c.id == delivery.c.recipient_id)
        .where(
            mailing.c.outage_id == outage_id,
            mailing.c.sequence == sequence,
            delivery.c.recipient_id == recipient_id,
        )
        .limit(1)
    )
    row = tx.execute(wanted).one_or_none()
    return Addressee(row.id, row.recipient_id, row.email, row.epoch) if row else None


def find_letter_addressee(tx: Connection, mailing_id: int) -> Addressee | None:
    """Returns whom a confirmation letter was sent to; other letters are to nobody who subscribes."""
    found = tx.execute(
        select(mailing.c.address).where(
            mailing.c.id == mailing_id, mailing.c.purpose == CONFIRMATION, mailing.c.address != ""
        )
    ).scalar_one_or_none()
    return Addressee(mailing_id, LONE_RECIPIENT, found, 0) if found else None


@dataclass(frozen=True, slots=True)
class BounceRecord:
    """A bounce that was counted."""

    mailing_id: int
    kind: BounceKind
    at: datetime


def insert_bounce(
    tx: Connection, addressee: Addressee, *, digest: str, kind: BounceKind, status: str | None, now: datetime
) -> bool:
    """Counts a bounce, and forgets those past their time; returns False where it was counted before.

    The caller makes those who are about to add one of the same address take turns.
    """
    tx.execute(delete(bounce).where(bounce.c.at <= now - FORGOTTEN_AFTER))
    key = {"mailing_id": addressee.mailing_id, "recipient_id": addressee.recipient_id, "kind": kind.value}
    if tx.execute(select(bounce.c.id).filter_by(**key)).first() is not None:
        return False
    tx.execute(insert(bounce).values(**key, address_digest=digest, status=status, at=now))
    return True


def bounces_of(tx: Connection, digest: str) -> list[BounceRecord]:
    """Returns the bounces of an address, oldest first."""
    wanted = select(bounce).where(bounce.c.address_digest == digest).order_by(bounce.c.id)
    return [BounceRecord(row.mailing_id, BounceKind(row.kind), row.at) for row in tx.execute(wanted)]


def forget_bounces(tx: Connection, digest: str) -> None:
    """Forgets the bounces of an address: it is trusted again."""
    tx.execute(delete(bounce).where(bounce.c.address_digest == digest))


def forget_refusals(tx: Connection, mailing_id: int, recipients: Collection[int]) -> None:
    """Forgets that the relay refused these recipients: it refused everybody, and they are tried again."""
    theirs = delete(bounce).where(bounce.c.mailing_id == mailing_id, bounce.c.recipient_id.in_(recipients))
    tx.execute(theirs.where(bounce.c.kind == BounceKind.REFUSED.value))


def is_accepted_since(tx: Connection, recipient_id: int, mailing_id: int) -> bool:
    """Returns whether a later bulletin than that of this mailing was accepted for a recipient."""
    wanted = select(mailing.c.id).where(
        mailing.c.id > mailing_id,
        mailing.c.purpose == BULLETIN,
        exists().where(
            delivery.c.mailing_id == mailing.c.id,
            delivery.c.recipient_id == recipient_id,
            delivery.c.state == DeliveryState.ACCEPTED.value,
        ),
    )
    return tx.execute(wanted.limit(1)).first() is not None
