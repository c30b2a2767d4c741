"""The one place that knows which use case a body of `requests` asks for."""

from outage_service.domain.roles import Actor
from outage_service.services import outages
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.services.requests import (
    CancelBody,
    CorrectionBody,
    DeclareBody,
    GraceBody,
    ResolveBody,
    RevokeBody,
    UpdateBody,
)
from outage_service.storage import Connection

ActBody = UpdateBody | ResolveBody | RevokeBody | CancelBody | CorrectionBody | GraceBody
"""What can be done to an outage that there is, with a bulletin."""


def declare(engine: Engine, tx: Connection, actor: Actor, body: DeclareBody) -> Done:
    """Declares what `body` says; see `outages.declare`."""
    return outages.declare(engine, tx, actor, body.declaration(), body.bilingual())


def perform(engine: Engine, tx: Connection, actor: Actor, target: Target, body: ActBody) -> Done:
    """Does what `body` says to an outage; see the act's own function for what it refuses."""
    match body:
        case UpdateBody():
            return outages.update(engine, tx, actor, target, body.news(), body.bilingual())
        case ResolveBody():
            return _resolve(engine, tx, actor, target, body)
        case RevokeBody():
            return _revoke(engine, tx, actor, target, body)
        case CancelBody():
            return outages.cancel(engine, tx, actor, target, body.bilingual())
        case CorrectionBody():
            return _correct(engine, tx, actor, target, body)
        case GraceBody():
            extension, message = body.extension(), body.bilingual()
            return outages.extend_relief(engine, tx, actor, target, message, extension=extension)


def _resolve(engine: Engine, tx: Connection, actor: Actor, target: Target, body: ResolveBody) -> Done:
    return outages.resolve(
        engine,
        tx,
        actor,
        target,
        body.bilingual(),
        restored_at=body.restored_at,
        remains_in_effect=body.remains_in_effect,
        confirm_past_deadlines=body.confirm_past_deadlines,
    )


def _revoke(engine: Engine, tx: Connection, actor: Actor, target: Target, body: RevokeBody) -> Done:
    return outages.revoke(
        engine,
        tx,
        actor,
        target,
        body.bilingual(),
        effective_at=body.effective_at,
        confirm_past_deadlines=body.confirm_past_deadlines,
    )


def _correct(engine: Engine, tx: Connection, actor: Actor, target: Target, body: CorrectionBody) -> Done:
    return outages.correct(
        engine, tx, actor, target, body.bilingual(), corrects=body.corrects, restored_at=body.restored_at
    )
