"""Sessions of the console, by digest only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from outage_service.domain.roles import Role
from outage_service.storage.console_schema import console_session, console_user


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session of a user who may sign in."""

    id: int
    user_id: int
    email: str
    role: Role
    created_at: datetime
    seen_at: datetime


def insert_session(tx: Connection, *, digest: str, user_id: int, now: datetime) -> None:
    """Begins a session."""
    values = {"digest": digest, "user_id": user_id, "created_at": now, "seen_at": now}
    tx.execute(insert(console_session).values(**values))


def find_session(tx: Connection, digest: str) -> SessionRecord | None:
    """Returns the session of this digest unless its user is disabled; whether it has run out is not asked."""
    wanted = (
        select(console_session, console_user.c.email, console_user.c.role)
        .join(console_user, console_user.c.id == console_session.c.user_id)
        .where(console_session.c.digest == digest, console_user.c.disabled_at.is_(None))
    )
    row = tx.execute(wanted).one_or_none()
    if row is None:
        return None
    return SessionRecord(row.id, row.user_id, row.email, Role(row.role), row.created_at, row.seen_at)


def mark_seen(tx: Connection, session_id: int, *, now: datetime) -> None:
    """Notes that a session is in use."""
    tx.execute(update(console_session).where(console_session.c.id == session_id).values(seen_at=now))


def delete_session(tx: Connection, digest: str) -> None:
    """Ends a session, if it is there."""
    tx.execute(delete(console_session).where(console_session.c.digest == digest))


def delete_sessions_of(tx: Connection, user_id: int) -> None:
    """Ends all sessions of a user."""
    tx.execute(delete(console_session).where(console_session.c.user_id == user_id))


def delete_old_sessions(tx: Connection, *, created_before: datetime, seen_before: datetime) -> None:
    """Removes what has run out."""
    tx.execute(
        delete(console_session).where(
            or_(console_session.c.created_at <= created_before, console_session.c.seen_at <= seen_before)
        )
    )
