"""Who may sign in to the console: added, shut out, given a new password. Passwords are kept as Argon2id."""

import threading
import unicodedata
from collections.abc import Callable
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from outage_service.domain.roles import OPERATORS, Role
from outage_service.services.addresses import AddressRefused, parse_address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, Overtaken
from outage_service.storage import Connection, audit
from outage_service.storage import sessions as session_rows
from outage_service.storage import users as rows
from outage_service.storage.locks import take_turns
from outage_service.storage.users import User

CONSOLE_ROLES = OPERATORS | {Role.ADMIN, Role.AUDITOR}
"""Whom the console has something for; telephones have tokens."""
PASSWORD_SHORTEST = 12
PASSWORD_LONGEST = 256
"""Characters. Longer ones would only keep the processor busy."""

_HASHES = PasswordHash((Argon2Hasher(),))
# Each takes 64 MiB and a processor for a tenth of a second: a crowd at the door must not take them all.
_at_work = threading.BoundedSemaphore(2)
AT_THE_DOOR = 8
"""Who may wait for their password to be looked at: each keeps a thread that pages are answered with."""
_at_the_door = threading.BoundedSemaphore(AT_THE_DOOR)
KNOWN_AT_THE_DOOR = 4
"""The same of those whose browser is known: they come in beside any crowd."""
_known_at_the_door = threading.BoundedSemaphore(KNOWN_AT_THE_DOOR)


Expected = Callable[[User], bool]
"""Whether a user is still as the administrator saw them who changes them (P19)."""


class UserExists(Exception):
    """Somebody with this address has an account already."""


class LastAdministrator(Exception):
    """Without this user nobody could administer the console."""


class Crowded(Exception):
    """Too many passwords are being looked at already; it is over in a second or two."""


class PasswordRefused(ValueError):
    """The password is too short or too long; it is never repeated."""

    def __init__(self) -> None:
        super().__init__(f"A password has {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters.")


def hash_password(password: str) -> str:
    """Returns what is kept of a password; slow on purpose, so never inside a transaction (P16).

    Raises:
        PasswordRefused: it is too short or too long.
    """
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        raise PasswordRefused
    with _at_work:
        return _HASHES.hash(_canonical(password))


def is_password_of(user: User | None, password: str, *, in_known_browser: bool = False) -> bool:
    """Returns whether this is the user's password; for nobody and who is disabled, False, as slowly (P26).

    Raises:
        Crowded: too many are waiting already.
    """
    door = _known_at_the_door if in_known_browser else _at_the_door
    if not door.acquire(blocking=False):
        raise Crowded
    try:
        with _at_work:
            known = user.password_hash if user else _nobodys_hash()
            is_right = _HASHES.verify(_canonical(password[:PASSWORD_LONGEST]), known)
    finally:
        door.release()
    return is_right and user is not None and user.disabled_at is None


def _canonical(password: str) -> str:
    """Keyboards write the same letter in more than one way."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys_hash() -> str:
    return _HASHES.hash("nobody has this password")


def create_user(
    engine: Engine, tx: Connection, *, by: str, email: str, role: Role, password_hash: str
) -> int:
    """Adds a user and returns the id.

    Raises:
        AddressRefused: the e-mail address cannot be used.
        UserExists: the address has an account, even a disabled one.
    """
    address = parse_address(email)
    take_turn(tx)
    if rows.find_user_by_key(tx, address.key):
        raise UserExists
    user_id = rows.insert_user(
        tx,
        email=address.wire,
        address_key=address.key,
        role=role,
        password_hash=password_hash,
        now=engine.clock(),
    )
    _record(engine, tx, by, "user_created", user_id, role=role.value)
    return user_id


def set_password(
    engine: Engine,
    tx: Connection,
    user_id: int,
    *,
    by: str,
    password_hash: str,
    is_expected: Expected = lambda _: True,
) -> None:
    """Replaces a user's password and ends their sessions.

    Raises:
        Overtaken: the user is not what was expected.
    """
    user = _expected(tx, user_id, is_expected)
    rows.set_password_hash(tx, user.id, password_hash)
    session_rows.delete_sessions_of(tx, user.id)
    _record(engine, tx, by, "user_password_set", user.id)


def disable_user(
    engine: Engine, tx: Connection, user_id: int, *, by: str, is_expected: Expected = lambda _: True
) -> None:
    """Shuts a user out, at once; who is shut out already stays so.

    Raises:
        LastAdministrator: no other administrator could sign in.
        Overtaken: the user is not what was expected.
    """
    user = _expected(tx, user_id, is_expected)
    if user.disabled_at is not None:
        return
    others = [each for each in rows.list_users(tx) if each.id != user.id and each.disabled_at is None]
    if user.role is Role.ADMIN and not any(each.role is Role.ADMIN for each in others):
        raise LastAdministrator
    rows.set_disabled(tx, user.id, engine.clock())
    session_rows.delete_sessions_of(tx, user.id)
    _record(engine, tx, by, "user_disabled", user.id)


def enable_user(
    engine: Engine, tx: Connection, user_id: int, *, by: str, is_expected: Expected = lambda _: True
) -> None:
    """Lets a user in again.

    Raises:
        Overtaken: the user is not what was expected.
    """
    user = _expected(tx, user_id, is_expected)
    if user.disabled_at is not None:
        rows.set_disabled(tx, user.id, None)
        _record(engine, tx, by, "user_enabled", user.id)


def _expected(tx: Connection, user_id: int, is_expected: Expected) -> User:
    take_turn(tx)
    user = get_user(tx, user_id)
    if not is_expected(user):
        raise Overtaken
    return user


def take_turn(tx: Connection) -> None:
    """Makes whoever changes users, or begins a session, wait for each other until their transactions end.

    Else a session could begin beside the act that ends all of its user's, and stay.
    """
    take_turns(tx, "console users")


def get_user(tx: Connection, user_id: int) -> User:
    """Returns a user.

    Raises:
        NotFound: there is none with this id.
    """
    found = rows.find_user(tx, user_id)
    if found is None:
        raise NotFound("user", user_id)
    return found


def find_by_email(tx: Connection, email: str) -> User | None:
    """Returns the user with this address; None also for what is no address."""
    try:
        return rows.find_user_by_key(tx, parse_address(email).key)
    except AddressRefused:
        return None


def list_users(tx: Connection) -> list[User]:
    """Returns all users, disabled ones too, in the order in which they came."""
    return rows.list_users(tx)


def _record(engine: Engine, tx: Connection, by: str, action: str, user_id: int, **detail: str) -> None:
    audit.record(tx, action, at=engine.clock(), actor=by, detail={"user_id": user_id, **detail})
