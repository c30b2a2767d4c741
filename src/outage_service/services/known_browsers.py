"""Browsers in which somebody has signed in before: their tries count for themselves (OWASP's device cookies).

Whoever guesses from many networks uses up the tries of an account and locks everybody out who is not known.
A known browser is let in all the same, and may guess no more often than anybody could before.
"""

import hmac
import secrets
from datetime import timedelta

from outage_service.services import limits
from outage_service.services.engine import Engine
from outage_service.services.macs import console_mac
from outage_service.storage import Connection

KNOWN_AT_MOST = timedelta(days=180)
TRIES_OF_BROWSER = 10
_RANDOM_BYTES = 16


def cookie_for(engine: Engine, account: str) -> str:
    """Returns what a browser is to keep in which `account` has just signed in; it does not name whom."""
    body = f"{int(engine.clock().timestamp())}.{secrets.token_urlsafe(_RANDOM_BYTES)}"
    return f"{body}.{_seal(engine, account, body)}"


def admits(engine: Engine, tx: Connection, cookie: str, account: str, *, within: timedelta) -> bool:
    """Counts a try of a browser that is known for `account`; no other one is admitted, nor counted here."""
    if not is_known(engine, cookie, account):
        return False
    now = engine.clock()
    return limits.allow(tx, "sign-in-browser", cookie, TRIES_OF_BROWSER, within, now=now)


def is_known(engine: Engine, cookie: str, account: str) -> bool:
    """Returns whether `account` has signed in with this browser, and not too long ago."""
    body, _, seal = cookie.rpartition(".")
    if not hmac.compare_digest(_seal(engine, account, body).encode(), seal.encode(errors="replace")):
        return False
    age = engine.clock().timestamp() - int(body.partition(".")[0])
    return age < KNOWN_AT_MOST.total_seconds()


def _seal(engine: Engine, account: str, body: str) -> str:
    return console_mac(engine.secret_key, "browser", f"{account}:{body}")
