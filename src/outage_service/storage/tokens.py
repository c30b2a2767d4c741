"""API tokens, by digest only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from outage_service.storage.schema import api_token


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token's bearer."""

    id: int
    name: str
    role: str
    expires_at: datetime | None
    revoked_at: datetime | None


def insert_token(
    tx: Connection, *, name: str, role: str, digest: str, now: datetime, expires_at: datetime | None
) -> int:
    """Adds a token and returns its id."""
    values = {"name": name, "role": role, "digest": digest, "created_at": now, "expires_at": expires_at}
    inserted: int = tx.execute(insert(api_token).values(**values).returning(api_token.c.id)).scalar_one()
    return inserted


def find_token(tx: Connection, digest: str) -> TokenRecord | None:
    """Returns the token of this digest, expired and revoked ones too."""
    row = tx.execute(select(api_token).where(api_token.c.digest == digest)).one_or_none()
    return TokenRecord(row.id, row.name, row.role, row.expires_at, row.revoked_at) if row else None
