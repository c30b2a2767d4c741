"""Signing in by an identity provider: it vouches for an address, the account and its role stay ours."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog

from outage_service.channels.oidc.errands import Errand, IdentityProvider, NotVouched
from outage_service.services import limits, sessions, users
from outage_service.services.engine import Engine
from outage_service.services.macs import console_mac
from outage_service.services.sessions import TRIES_OF_NETWORK, TRIES_WITHIN, TooManyTries
from outage_service.storage import Connection

log = structlog.get_logger(__name__)

ERRAND_AT_MOST = timedelta(minutes=10)
"""How long one may take at the provider."""
_RANDOM_BYTES = 32
_PLACE_AT_MOST = 1_000  # characters: browsers keep no cookie over 4,096 bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun in this browser; `place` is where to go afterwards."""

    errand: Errand
    place: str

    def is_answered_by(self, state: str) -> bool:
        """Returns whether an answer is meant for this errand."""
        return hmac.compare_digest(state.encode(errors="replace"), self.errand.state.encode())


def begin_errand(engine: Engine, place: str) -> tuple[str, Errand]:
    """Returns a new errand and its cookie: random, dated and signed. All else is derived from it."""
    at = int(engine.clock().timestamp())
    body = f"{at}.{secrets.token_urlsafe(_RANDOM_BYTES)}.{place[:_PLACE_AT_MOST].encode().hex()}"
    return f"{body}.{_keyed(engine, 'errand', body)}", _errand(engine, body)


def read_errand(engine: Engine, cookie: str) -> Begun | None:
    """Returns the errand of a cookie; None if we did not sign it or it was begun too long ago."""
    body, _, signature = cookie.rpartition(".")
    if not hmac.compare_digest(_keyed(engine, "errand", body).encode(), signature.encode(errors="replace")):
        return None
    at, _, place = body.split(".")
    if engine.clock().timestamp() - int(at) >= ERRAND_AT_MOST.total_seconds():
        return None
    return Begun(_errand(engine, body), bytes.fromhex(place).decode())


def _errand(engine: Engine, body: str) -> Errand:
    return Errand(*(_keyed(engine, purpose, body) for purpose in ("state", "nonce", "verifier")))


def count_try(engine: Engine, caller: str) -> None:
    """Counts before the provider is asked: each try keeps a thread waiting for it.

    Raises:
        TooManyTries: from this network or its site.
    """

    def count(tx: Connection) -> timedelta | None:
        most, now = TRIES_OF_NETWORK, engine.clock()
        return limits.caller_has_to_wait(tx, "sign-in-provider", caller, most, TRIES_WITHIN, now=now)

    if engine.db.write(count) is not None:
        log.warning("sign_in_limited")
        raise TooManyTries


def sign_in(
    engine: Engine,
    provider: IdentityProvider,
    *,
    code: str,
    errand: Errand,
    return_to: str,
    former: str | None,
) -> str | None:
    """Returns a new session's cookie, or None where nobody who may sign in is vouched for (never why, P26).

    Args:
        former: the cookie that the browser sent: that session ends, so that none is ever taken over.

    Raises:
        ProviderDown: see `IdentityProvider`.
    """
    try:
        email = provider.verified_email(code, errand, return_to, now=engine.clock())
    except NotVouched as error:
        log.warning("provider_sign_in_refused", reason=str(error))
        return None
    cookie = engine.db.write(lambda tx: _begin(engine, tx, email, provider.issuer, former))
    if cookie is None:
        log.warning("provider_sign_in_refused", reason="no account")
    return cookie


def _begin(engine: Engine, tx: Connection, email: str, issuer: str, former: str | None) -> str | None:
    users.take_turn(tx)
    user = users.find_by_email(tx, email)
    if user is None or user.disabled_at is not None:
        return None
    return sessions.begin(engine, tx, user, former=former, vouched_by=issuer)


def _keyed(engine: Engine, purpose: str, body: str) -> str:
    return console_mac(engine.secret_key, f"provider {purpose}", body)
