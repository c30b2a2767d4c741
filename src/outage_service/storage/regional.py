"""Rows of CBSA regional operations, who get every bulletin as internal mail (R12)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from outage_service.domain.texts import Language
from outage_service.storage.contingency_schema import regional_recipient
from outage_service.storage.types import AnyRow

PURPOSE = "regional"
"""The `purpose` of mailings to regions."""


@dataclass(frozen=True, slots=True)
class RegionalRecipient:
    """A mailbox of a region, and the language that comes first in what it gets."""

    id: int
    email: str
    address_key: str
    language: Language
    created_at: datetime


def insert_recipient(
    tx: Connection, *, email: str, address_key: str, language: Language, now: datetime
) -> RegionalRecipient:
    """Adds a mailbox that is not on the list."""
    values = {"email": email, "address_key": address_key, "language": language.value, "created_at": now}
    added = insert(regional_recipient).values(**values).returning(regional_recipient.c.id)
    return RegionalRecipient(tx.execute(added).scalar_one(), email, address_key, language, now)


def find_recipient_by_key(tx: Connection, address_key: str) -> RegionalRecipient | None:
    """Returns the mailbox with this address."""
    wanted = select(regional_recipient).where(regional_recipient.c.address_key == address_key)
    row = tx.execute(wanted).one_or_none()
    return _recipient(row) if row else None


def delete_recipient(tx: Connection, recipient_id: int) -> str | None:
    """Takes a mailbox off the list and returns its address key; None if there was none."""
    gone = delete(regional_recipient).where(regional_recipient.c.id == recipient_id)
    key: str | None = tx.execute(gone.returning(regional_recipient.c.address_key)).scalar_one_or_none()
    return key


def count_recipients(tx: Connection) -> int:
    """Returns how many mailboxes there are."""
    return tx.execute(select(func.count()).select_from(regional_recipient)).scalar_one()


def list_recipients(tx: Connection) -> list[RegionalRecipient]:
    """Returns every mailbox, oldest first."""
    rows = tx.execute(select(regional_recipient).order_by(regional_recipient.c.id))
    return [_recipient(row) for row in rows]


def _recipient(row: AnyRow) -> RegionalRecipient:
    return RegionalRecipient(row.id, row.email, row.address_key, Language(row.language), row.created_at)
