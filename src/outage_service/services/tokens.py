"""API tokens: made, and recognised. Only a keyed digest is kept; a token is shown once."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from outage_service.domain.roles import COMMAND_LINE, Actor, Role, is_own_name
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection, audit
from outage_service.storage.tokens import find_token, insert_token, mark_revoked, mark_used

PREFIX = "outage_live_"
_RANDOM_BYTES = 32
USE_NOTED_EVERY = timedelta(minutes=1)
"""That a token is in use is written down no more often than this."""


class OwnName(Exception):
    """The name is one that the audit log gives to the service itself."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token stands for, and its id; `is_to_be_noted` where its use was not written down lately."""

    token_id: int
    actor: Actor
    is_to_be_noted: bool = False


def create(engine: Engine, tx: Connection, *, name: str, role: Role, valid_for: timedelta | None) -> str:
    """Returns a new token, which nothing can show again.

    Raises:
        OwnName: the audit log would take its bearer for the service itself.
    """
    if is_own_name(name):
        raise OwnName(name)
    token = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    now = engine.clock()
    expires_at = now + valid_for if valid_for is not None else None
    digest = _digest(engine, token)
    token_id = insert_token(tx, name=name, role=role.value, digest=digest, now=now, expires_at=expires_at)
    detail = {"token_id": token_id, "role": role.value}
    audit.record(tx, "token_created", at=now, actor=COMMAND_LINE, detail=detail)
    return token


def recognise(engine: Engine, tx: Connection, token: str) -> Bearer | None:
    """Returns who a token stands for, or None if it is unknown, expired or revoked."""
    if not token.startswith(PREFIX):
        return None
    found = find_token(tx, _digest(engine, token))
    if found is None or found.revoked_at is not None:
        return None
    now = engine.clock()
    if found.expires_at is not None and found.expires_at <= now:
        return None
    is_noted = found.last_used_at is not None and found.last_used_at > now - USE_NOTED_EVERY
    return Bearer(found.id, Actor(found.name, Role(found.role)), is_to_be_noted=not is_noted)


def note_use(engine: Engine, tx: Connection, bearer: Bearer) -> None:
    """Writes down that a token was used just now."""
    now = engine.clock()
    mark_used(tx, bearer.token_id, now=now, unless_after=now - USE_NOTED_EVERY)


def revoke(engine: Engine, tx: Connection, token_id: int) -> None:
    """Ends a token, at once and for good.

    Raises:
        NotFound: there is none with this id that is still good.
    """
    now = engine.clock()
    if not mark_revoked(tx, token_id, now=now):
        raise NotFound("token in use", token_id)
    audit.record(tx, "token_revoked", at=now, actor=COMMAND_LINE, detail={"token_id": token_id})


def _digest(engine: Engine, token: str) -> str:
    return hmac.new(engine.secret_key, b"token:" + token.encode(errors="replace"), "sha256").hexdigest()
