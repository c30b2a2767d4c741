"""Operators' acts on an outage. Each but a note issues a bulletin at once, and needs `If-Match`."""

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.services import acting, outages
from outage_service.services.acting import ActBody
from outage_service.services.outages import Target
from outage_service.services.requests import (
    CancelBody,
    CorrectionBody,
    GraceBody,
    NoteBody,
    ResolveBody,
    RevokeBody,
    UpdateBody,
)
from outage_service.services.tokens import Bearer
from outage_service.storage import Connection
from outage_service.web.api.outages import answer_of
from outage_service.web.conditional import SeenVersion
from outage_service.web.docs import ACT, problems
from outage_service.web.idempotency import Answer, Desk, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.paths import OutageId
from outage_service.web.schemas.outages import NoteShown, OutageAfterAct
from outage_service.web.security import Operator

router = APIRouter(prefix="/v1/outages/{outage_id:id}", tags=["acts"], route_class=StrictRoute)


def _carried_out(desk: Desk, bearer: Bearer, target: Target, body: ActBody) -> Response:
    def act(tx: Connection) -> Answer:
        return answer_of(desk.engine, tx, acting.perform(desk.engine, tx, bearer.actor, target, body))

    return desk.act(bearer, act)


@router.post("/updates", operation_id="update_outage", response_model=OutageAfterAct, responses=ACT)
def update_outage(
    bearer: Operator, body: UpdateBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Gives news, which goes out at once at any hour and restarts the clock (R15).

    `impacts` is the complete new list: a system or direction left out was restored now. The window of a
    scheduled outage may move until it comes (R17); an estimate needs the problem to be identified (R18).
    """
    return _carried_out(desk, bearer, Target(outage_id, seen), body)


@router.post(
    "/notes",
    operation_id="note_outage",
    status_code=201,
    response_model=NoteShown,
    responses=problems(400, 401, 403, 404, 413, 415, 422),
)
def note_outage(bearer: Operator, body: NoteBody, outage_id: OutageId, desk: DeskOfRequest) -> Response:
    """Records an internal note in one language. It is not news: it sends nothing and changes no version."""

    def note(tx: Connection) -> Answer:
        return Answer.of(201, NoteShown.of(outages.note(desk.engine, tx, bearer.actor, outage_id, body.text)))

    return desk.act(bearer, note)


@router.post("/corrections", operation_id="correct_outage", response_model=OutageAfterAct, responses=ACT)
def correct_outage(
    bearer: Operator, body: CorrectionBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Corrects a bulletin that was sent, also after the end; deadlines follow its `restored_at` (R54)."""
    return _carried_out(desk, bearer, Target(outage_id, seen), body)


@router.post("/resolve", operation_id="resolve_outage", response_model=OutageAfterAct, responses=ACT)
def resolve_outage(
    bearer: Operator, body: ResolveBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Resolves an outage with its bulletin (R10); procedures end with it unless they remain in effect (R6).

    A `restored_at` after which paper would no longer be accepted needs `confirm_past_deadlines` (R54).
    """
    return _carried_out(desk, bearer, Target(outage_id, seen), body)


@router.post("/revoke", operation_id="revoke_procedures", response_model=OutageAfterAct, responses=ACT)
def revoke_procedures(
    bearer: Operator, body: RevokeBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Revokes contingency procedures that outlived the outage, or while only delays are left (R6, R35)."""
    return _carried_out(desk, bearer, Target(outage_id, seen), body)


@router.post("/cancel", operation_id="cancel_outage", response_model=OutageAfterAct, responses=ACT)
def cancel_outage(
    bearer: Operator, body: CancelBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Calls off a scheduled outage before its start (R17); once it has started, resolve it."""
    return _carried_out(desk, bearer, Target(outage_id, seen), body)


@router.post("/grace", operation_id="extend_relief", response_model=OutageAfterAct, responses=ACT)
def extend_relief(
    bearer: Operator, body: GraceBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Extends until when paper is accepted, or no penalty issued, for the systems named (R51, R54).

    Possible once procedures were invoked, also of a resolved outage, whose clock stays at rest. Each time
    must be later than what is in force for each of the systems, and at most 31 days ahead.
    """
    return _carried_out(desk, bearer, Target(outage_id, seen), body)
