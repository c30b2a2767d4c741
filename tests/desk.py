"""People at the console: users of each role, and a browser of theirs that remembers its session."""

from functools import cache
from typing import Any

import httpx
from starlette.types import ASGIApp

from outage_service.domain.roles import Role
from outage_service.services import sessions, users
from outage_service.services.engine import Engine
from outage_service.web.security import SESSION_COOKIE
from tests.web.client import Api

PASSWORD = "a password that only tests use"


@cache
def password_hash() -> str:
    """Returns what is kept of `PASSWORD`; hashing is slow on purpose, so it is done once."""
    return users.hash_password(PASSWORD)


def email_of(role: Role) -> str:
    """Returns the address of the user whom `a_user` makes."""
    return f"{role}@desk.example.org"


def a_user(engine: Engine, role: Role, email: str | None = None) -> int:
    """Returns the id of a new user with `PASSWORD`."""
    address = email or email_of(role)
    return engine.db.write(
        lambda tx: users.create_user(
            engine, tx, by="a test", email=address, role=role, password_hash=password_hash()
        )
    )


def a_session(engine: Engine, role: Role, email: str | None = None) -> str:
    """Returns the cookie of a new session of a role's user, who is made where missing."""
    with engine.db.read() as tx:
        user = users.find_by_email(tx, email or email_of(role))
    if user is None:
        a_user(engine, role, email)
        return a_session(engine, role, email)
    return engine.db.write(lambda tx: sessions.begin(engine, tx, user))


class Desk:
    """A browser with a session: it sends the cookie, and the session's token with each form."""

    def __init__(self, app: ASGIApp, engine: Engine, cookie: str) -> None:
        self._api = Api(app)
        self.cookie = cookie
        with engine.db.read() as tx:
            found = sessions.recognise(engine, tx, cookie)
        assert found
        self.session = found

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Sends GET."""
        return self._send("GET", path, options)

    def submit(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Sends a form, with the session's token."""
        return self._send("POST", path, {"data": {"csrf": self.session.csrf, **(fields or {})}, **options})

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        headers = {"Cookie": f"{SESSION_COOKIE}={self.cookie}", **options.pop("headers", {})}
        return self._api.request(method, path, headers=headers, **options)


def a_desk(app: ASGIApp, engine: Engine, role: Role) -> Desk:
    """Returns the browser of a role's user."""
    return Desk(app, engine, a_session(engine, role))
