"""Users of the console: their passwords, and who may be shut out."""

import threading

import pytest
from sqlalchemy import select

from outage_service.domain.roles import Role
from outage_service.services import sessions, users
from outage_service.services.addresses import AddressRefused
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.users import LastAdministrator, PasswordRefused, UserExists
from outage_service.storage.console_schema import console_user
from outage_service.storage.schema import audit
from outage_service.storage.users import User
from tests.desk import PASSWORD, a_session, a_user, email_of, password_hash


def user_of(engine: Engine, user_id: int) -> User:
    with engine.db.read() as tx:
        return users.get_user(tx, user_id)


def test_a_password_is_kept_as_argon2id_and_fits_however_it_is_typed(engine: Engine) -> None:
    """P30: nothing in the database opens anything. A letter with an accent can be typed as two characters."""
    kept = users.hash_password("été comme hiver")
    assert kept.startswith("$argon2id$")
    user_id = a_user(engine, Role.TCCU)
    engine.db.write(lambda tx: users.set_password(engine, tx, user_id, by="ann", password_hash=kept))
    user = user_of(engine, user_id)
    assert users.is_password_of(user, "e\u0301te\u0301 comme hiver")
    assert not users.is_password_of(user, "ete comme hiver")
    with engine.db.read() as tx:
        row = tx.execute(select(console_user)).one()
    assert "hiver" not in str(tuple(row))


@pytest.mark.parametrize("password", ["", "a" * 11, "a" * 257], ids=["none", "too short", "too long"])
def test_a_password_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match="12 to 256") as refused:
        users.hash_password(password)
    assert "aaa" not in str(refused.value)


def test_nobody_has_a_password(engine: Engine) -> None:
    """P26: it is looked at all the same, so that it takes as long."""
    assert not users.is_password_of(None, PASSWORD)
    assert not users.is_password_of(None, "nobody has this password")
    assert user_of(engine, a_user(engine, Role.TCCU)).role is Role.TCCU


def test_a_crowd_at_the_door_keeps_no_known_browser_out(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers come from as many networks as they like, and each one's password takes a while."""
    user = user_of(engine, a_user(engine, Role.TCCU))
    crowd = threading.BoundedSemaphore(1)
    crowd.acquire()
    monkeypatch.setattr(users, "_at_the_door", crowd)
    with pytest.raises(users.Crowded):
        users.is_password_of(user, PASSWORD)
    assert users.is_password_of(user, PASSWORD, in_known_browser=True)


def test_an_address_has_one_account_even_a_disabled_one(engine: Engine) -> None:
    a_user(engine, Role.ADMIN, "root@desk.example.org")
    user_id = a_user(engine, Role.TCCU)
    engine.db.write(lambda tx: users.disable_user(engine, tx, user_id, by="ann"))
    with pytest.raises(UserExists):
        a_user(engine, Role.CTSU, email_of(Role.TCCU).upper())
    with pytest.raises(AddressRefused):
        a_user(engine, Role.CTSU, "nobody")


def test_the_last_administrator_cannot_be_shut_out(engine: Engine) -> None:
    first = a_user(engine, Role.ADMIN, "first@desk.example.org")
    second = a_user(engine, Role.ADMIN, "second@desk.example.org")
    engine.db.write(lambda tx: users.disable_user(engine, tx, first, by="ann"))
    with pytest.raises(LastAdministrator):
        engine.db.write(lambda tx: users.disable_user(engine, tx, second, by="ann"))
    engine.db.write(lambda tx: users.enable_user(engine, tx, first, by="ann"))
    engine.db.write(lambda tx: users.disable_user(engine, tx, second, by="ann"))
    assert user_of(engine, second).disabled_at == engine.clock()
    assert user_of(engine, first).disabled_at is None


@pytest.mark.parametrize("act", ["disable", "password"])
def test_shutting_out_and_a_new_password_end_all_sessions(engine: Engine, act: str) -> None:
    a_user(engine, Role.ADMIN)
    cookie = a_session(engine, Role.TCCU)
    with engine.db.read() as tx:
        user = users.find_by_email(tx, email_of(Role.TCCU))
    assert user
    if act == "disable":
        engine.db.write(lambda tx: users.disable_user(engine, tx, user.id, by="ann"))
        engine.db.write(lambda tx: users.enable_user(engine, tx, user.id, by="ann"))
    else:
        kept = password_hash()
        engine.db.write(lambda tx: users.set_password(engine, tx, user.id, by="ann", password_hash=kept))
    with engine.db.read() as tx:
        assert sessions.recognise(engine, tx, cookie) is None


def test_what_is_done_to_users_is_recorded_by_id(engine: Engine) -> None:
    """The audit log holds no address in its details, and no word of a password."""
    a_user(engine, Role.ADMIN)
    user_id = a_user(engine, Role.TCCU)
    for _ in range(2):  # what is so already is not done again
        engine.db.write(lambda tx: users.disable_user(engine, tx, user_id, by="ann"))
    for _ in range(2):
        engine.db.write(lambda tx: users.enable_user(engine, tx, user_id, by="ann"))
    with engine.db.read() as tx:
        rows = tx.execute(select(audit.c.action, audit.c.actor, audit.c.detail).order_by(audit.c.id)).all()
    assert [tuple(row) for row in rows[1:]] == [
        ("user_created", "a test", {"user_id": user_id, "role": "tccu"}),
        ("user_disabled", "ann", {"user_id": user_id}),
        ("user_enabled", "ann", {"user_id": user_id}),
    ]


def test_an_unknown_user_is_told_as_such(engine: Engine) -> None:
    with pytest.raises(NotFound, match="user"):
        engine.db.write(lambda tx: users.disable_user(engine, tx, 99, by="ann"))
    with engine.db.read() as tx:
        assert users.find_by_email(tx, "not an address") is None
