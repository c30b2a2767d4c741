"""Who may sign in to the console."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from outage_service.domain.roles import Role
from outage_service.storage.console_schema import console_user
from outage_service.storage.types import AnyRow


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account; `password_hash` is Argon2id."""

    id: int
    email: str
    role: Role
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None


def _user(row: AnyRow) -> User:
    return User(row.id, row.email, Role(row.role), row.password_hash, row.created_at, row.disabled_at)


def insert_user(
    tx: Connection, *, email: str, address_key: str, role: Role, password_hash: str, now: datetime
) -> int:
    """Adds a user and returns the id."""
    values = {
        "email": email,
        "address_key": address_key,
        "role": role.value,
        "password_hash": password_hash,
        "created_at": now,
    }
    inserted: int = tx.execute(
        insert(console_user).values(**values).returning(console_user.c.id)
    ).scalar_one()
    return inserted


def find_user(tx: Connection, user_id: int) -> User | None:
    """Returns a user by id, a disabled one too."""
    row = tx.execute(select(console_user).where(console_user.c.id == user_id)).one_or_none()
    return _user(row) if row else None


def find_user_by_key(tx: Connection, address_key: str) -> User | None:
    """Returns a user by the compared form of the address."""
    row = tx.execute(select(console_user).where(console_user.c.address_key == address_key)).one_or_none()
    return _user(row) if row else None


def list_users(tx: Connection) -> list[User]:
    """Returns all users, in the order in which they came."""
    return [_user(row) for row in tx.execute(select(console_user).order_by(console_user.c.id))]


def set_password_hash(tx: Connection, user_id: int, password_hash: str) -> None:
    """Replaces a user's password."""
    tx.execute(update(console_user).where(console_user.c.id == user_id).values(password_hash=password_hash))


def set_disabled(tx: Connection, user_id: int, disabled_at: datetime | None) -> None:
    """Shuts a user out from an instant on, or lets them in again."""
    tx.execute(update(console_user).where(console_user.c.id == user_id).values(disabled_at=disabled_at))
