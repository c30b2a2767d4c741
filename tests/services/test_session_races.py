"""Signing in while an administrator acts on the same user: no session outlives what should have ended it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection

from outage_service.channels.oidc.errands import Errand
from outage_service.domain.roles import Role
from outage_service.services import provider_sign_in, sessions, users
from outage_service.services.engine import Engine
from outage_service.storage.users import User
from tests.desk import PASSWORD, a_user, email_of

ISSUER, ERRAND = "https://login.example.org", Errand("state", "nonce", "verifier")
LONG_ENOUGH_SECONDS = 0.3


def by_password(engine: Engine) -> str | None:
    return sessions.sign_in(
        engine, email=email_of(Role.TCCU), password=PASSWORD, caller="192.0.2.1", former=None
    )


def by_provider(engine: Engine) -> str | None:
    vouching = SimpleNamespace(issuer=ISSUER, verified_email=lambda *_, **__: email_of(Role.TCCU))
    return provider_sign_in.sign_in(
        engine, vouching, code="x", errand=ERRAND, return_to="https://outages.example.org", former=None
    )


def disable(engine: Engine, tx: Connection, user_id: int) -> None:
    users.disable_user(engine, tx, user_id, by="ann")


def set_password(engine: Engine, tx: Connection, user_id: int) -> None:
    users.set_password(engine, tx, user_id, by="ann", password_hash="another")


@pytest.mark.parametrize("sign_in", [by_password, by_provider])
@pytest.mark.parametrize("act", [disable, set_password])
def test_a_session_that_begins_at_the_same_moment_is_ended_as_well(
    sign_in: Callable[[Engine], str | None],
    act: Callable[[Engine, Connection, int], None],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else whoever has the former password would stay, and who was shut out be in once let in again."""
    user_id = a_user(engine, Role.TCCU)
    late: list[Future[None]] = []
    begin = sessions.begin

    def begin_while_they_act(
        engine: Engine, tx: Connection, user: User, *, former: str | None, vouched_by: str | None = None
    ) -> str:
        late.append(pool.submit(engine.db.write, lambda other: act(engine, other, user_id)))
        wait(late, LONG_ENOUGH_SECONDS)
        return begin(engine, tx, user, former=former, vouched_by=vouched_by)

    monkeypatch.setattr(sessions, "begin", begin_while_they_act)
    with ThreadPoolExecutor(1) as pool:
        cookie = sign_in(engine)
    assert [each.exception() for each in late] == [None]
    engine.db.write(lambda tx: users.enable_user(engine, tx, user_id, by="ann"))
    assert cookie is not None
    with engine.db.read() as tx:
        assert sessions.recognise(engine, tx, cookie) is None
