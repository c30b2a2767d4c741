"""API tokens, by digest only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from outage_service.storage.schema import api_token
from outage_service.storage.types import AnyRow


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token's bearer."""

    id: int
    name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


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
    return _token(row) if row else None


def list_tokens(tx: Connection) -> list[TokenRecord]:
    """Returns every token there ever was, oldest first."""
    return [_token(row) for row in tx.execute(select(api_token).order_by(api_token.c.id))]


def mark_revoked(tx: Connection, token_id: int, *, now: datetime) -> bool:
    """Ends a token and returns whether that was still to be done."""
    still = update(api_token).where(api_token.c.id == token_id, api_token.c.revoked_at.is_(None))
    return tx.execute(still.values(revoked_at=now)).rowcount == 1


def mark_used(tx: Connection, token_id: int, *, now: datetime, unless_after: datetime) -> None:
    """Notes that a token was used, unless that was noted after `unless_after` already."""
    is_old = or_(api_token.c.last_used_at.is_(None), api_token.c.last_used_at <= unless_after)
    tx.execute(update(api_token).where(api_token.c.id == token_id, is_old).values(last_used_at=now))


def _token(row: AnyRow) -> TokenRecord:
    return TokenRecord(
        id=row.id,
        name=row.name,
        role=row.role,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
