"""Sessions of the console: begun by a password, kept on the server, ended by time or by the user.

The cookie holds 256 random bits, of which the database keeps a keyed digest. The token that every form
carries is derived from the cookie (CSRF), so that there is none to keep.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog

from outage_service.domain.clocks import AGREE_WITHIN
from outage_service.domain.roles import Actor
from outage_service.services import known_browsers, limits, users
from outage_service.services.addresses import AddressRefused, parse_address
from outage_service.services.engine import Engine
from outage_service.services.macs import console_mac
from outage_service.storage import Connection, audit
from outage_service.storage import sessions as rows
from outage_service.storage.sessions import SessionRecord
from outage_service.storage.users import User

log = structlog.get_logger(__name__)

IDLE_AT_MOST = timedelta(minutes=60)
LASTS_AT_MOST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""How often a session in use is noted as such."""
TRIES_WITHIN = timedelta(minutes=15)
TRIES_OF_ACCOUNT_FROM_NETWORK = 10
TRIES_OF_NETWORK = 50
TRIES_OF_ACCOUNT = 100
"""From anywhere: high, for otherwise anybody could lock an operator out who signs in with a new browser."""
_RANDOM_BYTES = 32


class TooManyTries(Exception):
    """Signing in is refused for a while, whoever it is; `wait` says how long at most."""

    wait = TRIES_WITHIN


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in; `csrf` is what their forms must carry."""

    user_id: int
    actor: Actor
    csrf: str
    is_to_be_noted: bool = False


def sign_in(
    engine: Engine, *, email: str, password: str, caller: str, former: str | None, browser: str = ""
) -> str | None:
    """Returns a new session's cookie, or None where the address or password is wrong (never which, P26).

    Args:
        caller: the network address that the request comes from.
        browser: what the browser keeps from an earlier sign-in (`browser_cookie`); blank where nothing.
        former: the cookie that the browser sent: that session ends, so that none is ever taken over.

    Raises:
        TooManyTries: of this account, or from this network or its site.
        Crowded: see `users.is_password_of`.
    """
    if not engine.db.write(lambda tx: count_try(engine, tx, email, caller, browser)):
        log.warning("sign_in_limited")
        raise TooManyTries
    with engine.db.read() as tx:
        user = users.find_by_email(tx, email)
    is_known = known_browsers.is_known(engine, browser, _account_of(email))
    if not users.is_password_of(user, password, in_known_browser=is_known) or user is None:
        log.warning("sign_in_refused", user_id=user.id if user else None)
        return None
    return engine.db.write(lambda tx: _begin_unless_changed(engine, tx, user, former))


def _begin_unless_changed(engine: Engine, tx: Connection, user: User, former: str | None) -> str | None:
    """While a password was looked at, somebody may have replaced it or shut its user out."""
    users.take_turn(tx)
    return begin(engine, tx, user, former=former) if users.get_user(tx, user.id) == user else None


def browser_cookie(engine: Engine, email: str) -> str:
    """Returns what makes a browser known in which somebody has just signed in with a password."""
    return known_browsers.cookie_for(engine, _account_of(email))


def count_try(engine: Engine, tx: Connection, email: str, caller: str, browser: str = "") -> bool:
    """Counts before the password is looked at: of many tries at once no more pass.

    One site may have networks without end: from them all it can neither use up the tries of an account nor
    keep those busy who look at passwords.

    A browser that the account has signed in with has tries of its own; only once they are used up does it
    count as any other.
    """
    account = _account_of(email)
    if known_browsers.admits(engine, tx, browser, account, within=TRIES_WITHIN):
        return True
    now = engine.clock()
    by_caller = (
        ("sign-in-network", TRIES_OF_NETWORK, ""),
        ("sign-in-here", TRIES_OF_ACCOUNT_FROM_NETWORK, account),
    )
    for scope, most, what in by_caller:
        if limits.caller_has_to_wait(tx, scope, caller, most, TRIES_WITHIN, now=now, what=what) is not None:
            return False
    return limits.allow(tx, "sign-in-account", account, TRIES_OF_ACCOUNT, TRIES_WITHIN, now=now)


def _account_of(email: str) -> str:
    """Returns whose account is tried: a domain can be written in many ways, and all of them count as one."""
    try:
        return parse_address(email).key
    except AddressRefused:
        return email.strip().lower()


def begin(
    engine: Engine, tx: Connection, user: User, *, former: str | None = None, vouched_by: str | None = None
) -> str:
    """Returns the cookie of a new session of who is known to be `user`; the session of `former` ends.

    Args:
        vouched_by: the identity provider, where it was no password.
    """
    now, cookie = engine.clock(), secrets.token_urlsafe(_RANDOM_BYTES)
    rows.delete_old_sessions(tx, created_before=now - LASTS_AT_MOST, seen_before=now - IDLE_AT_MOST)
    if former is not None:
        rows.delete_session(tx, _digest(engine, former))
    rows.insert_session(tx, digest=_digest(engine, cookie), user_id=user.id, now=now)
    how = {"vouched_by": vouched_by} if vouched_by else {}
    audit.record(tx, "signed_in", at=now, actor=user.email, detail={"user_id": user.id, **how})
    return cookie


def recognise(engine: Engine, tx: Connection, cookie: str) -> SignedIn | None:
    """Returns whose session a cookie is for, or None if it has ended or never was."""
    found = rows.find_session(tx, _digest(engine, cookie))
    if found is None or _has_run_out(engine, found):
        return None
    return SignedIn(
        found.user_id,
        Actor(found.email, found.role),
        _csrf(engine, cookie),
        is_to_be_noted=not -AGREE_WITHIN <= engine.clock() - found.seen_at < SEEN_EVERY,
    )


def _has_run_out(engine: Engine, session: SessionRecord) -> bool:
    now = engine.clock()
    # One that began later than now did so by a clock that was set back since: its end would be as late (P5).
    is_in_its_time = -AGREE_WITHIN <= now - session.created_at < LASTS_AT_MOST
    return not is_in_its_time or now - session.seen_at >= IDLE_AT_MOST


def note_use(engine: Engine, tx: Connection, cookie: str) -> None:
    """Keeps a session from ending while it is in use."""
    found = rows.find_session(tx, _digest(engine, cookie))
    if found is not None:
        rows.mark_seen(tx, found.id, now=engine.clock())


def sign_out(engine: Engine, tx: Connection, cookie: str) -> None:
    """Ends a session; one that is over already is left so."""
    found = rows.find_session(tx, _digest(engine, cookie))
    rows.delete_session(tx, _digest(engine, cookie))
    if found is not None:
        audit.record(
            tx, "signed_out", at=engine.clock(), actor=found.email, detail={"user_id": found.user_id}
        )


def _digest(engine: Engine, cookie: str) -> str:
    return console_mac(engine.secret_key, "session", cookie)


def _csrf(engine: Engine, cookie: str) -> str:
    return console_mac(engine.secret_key, "csrf", cookie)
