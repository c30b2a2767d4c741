"""What an event's action does: the same use cases as the REST API, by an operator who may do all of them."""

from collections.abc import Mapping
from dataclasses import replace

from outage_service.domain.errors import InvalidAct
from outage_service.domain.roles import Actor, Role
from outage_service.drill.scenario import Act, Correct, Declare, Note
from outage_service.services import acting, outages
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.storage import Connection
from outage_service.storage.bulletins import bulletins_of

OPERATOR = Actor("drill", Role.TCCU)


def perform(engine: Engine, tx: Connection, what: Act, ids: Mapping[str, int]) -> Done | None:
    """Does what an event says to the outage with the id `ids[ref]`; None for a note, which issues nothing.

    Raises:
        InvalidAct, StateConflict, AlreadyDeclared: what the API would refuse.
    """
    if isinstance(what, Declare):
        return _declare(engine, tx, what, ids)
    target = Target(ids[what.ref])
    if isinstance(what, Note):
        outages.note(engine, tx, OPERATOR, target.outage_id, what.text)
        return None
    if isinstance(what, Correct):
        return _correct(engine, tx, what, target)
    return acting.perform(engine, tx, OPERATOR, target, what)


def _declare(engine: Engine, tx: Connection, what: Declare, ids: Mapping[str, int]) -> Done:
    request = what.declaration()
    if what.relapse_of_ref is not None:
        request = replace(request, relapse_of=ids.get(what.relapse_of_ref, 0))  # 0 is nobody's id
    return outages.declare(engine, tx, OPERATOR, request, what.bilingual())


def _correct(engine: Engine, tx: Connection, what: Correct, target: Target) -> Done:
    ids = {bulletin.sequence: bulletin.id for bulletin in bulletins_of(tx, target.outage_id)}
    if what.sequence not in ids:
        raise InvalidAct("unknown_bulletin", "The outage has no such bulletin.", field="sequence")
    message, corrects = what.bilingual(), ids[what.sequence]
    return outages.correct(
        engine, tx, OPERATOR, target, message, corrects=corrects, restored_at=what.restored_at
    )
