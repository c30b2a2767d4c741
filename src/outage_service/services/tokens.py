"""API tokens: made, and recognised. Only a keyed digest is kept; a token is shown once."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from outage_service.domain.roles import Actor, Role
from outage_service.services.engine import Engine
from outage_service.storage import Connection, audit
from outage_service.storage.tokens import find_token, insert_token

PREFIX = "outage_live_"
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token stands for, and its id."""

    token_id: int
    actor: Actor


def create(engine: Engine, tx: Connection, *, name: str, role: Role, valid_for: timedelta | None) -> str:
    """Returns a new token, which nothing can show again."""
    token = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    now = engine.clock()
    expires_at = now + valid_for if valid_for is not None else None
    digest = _digest(engine, token)
    token_id = insert_token(tx, name=name, role=role.value, digest=digest, now=now, expires_at=expires_at)
    audit.record(
        tx, "token_created", at=now, actor="console", detail={"token_id": token_id, "role": role.value}
    )
    return token


def recognise(engine: Engine, tx: Connection, token: str) -> Bearer | None:
    """Returns who a token stands for, or None if it is unknown, expired or revoked."""
    if not token.startswith(PREFIX):
        return None
    found = find_token(tx, _digest(engine, token))
    if found is None or found.revoked_at is not None:
        return None
    if found.expires_at is not None and found.expires_at <= engine.clock():
        return None
    return Bearer(found.id, Actor(found.name, Role(found.role)))


def _digest(engine: Engine, token: str) -> str:
    return hmac.new(engine.secret_key, b"token:" + token.encode(errors="replace"), "sha256").hexdigest()
