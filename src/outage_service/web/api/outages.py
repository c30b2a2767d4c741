"""Outages: read by everybody, declared by operators. The acts on one are in `acts`."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from outage_service.domain.outages import OutageState
from outage_service.domain.systems import System
from outage_service.services import acting, outages, queries
from outage_service.services.engine import Engine
from outage_service.services.queries import OutageFilter
from outage_service.services.request_types import Instant
from outage_service.services.requests import DeclareBody
from outage_service.storage import Connection
from outage_service.web.conditional import etag_of
from outage_service.web.cursors import FILTER_AT_MOST, PageAsked, cursor_after
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.paths import OutageId
from outage_service.web.schemas.common import Page
from outage_service.web.schemas.outages import (
    Moment,
    OutageAfterAct,
    OutageForOperators,
    OutageInFull,
    OutageShown,
    after_act,
    for_operators,
    in_full,
)
from outage_service.web.security import PUBLIC, Caller, Operator, reads_all
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/outages", tags=["outages"], route_class=StrictRoute)


def moment_of(engine: Engine) -> Moment:
    """Returns the moment at which outages are looked at."""
    return Moment(engine.clock(), engine.calendar)


def answer_of(engine: Engine, tx: Connection, done: outages.Done, *, status: int = 200) -> Answer:
    """Returns the answer to an act, with the outage as it has become."""
    view = queries.view_outage(tx, done.outage)
    shown = after_act(view, moment_of(engine), bulletin_id=done.bulletin_id, warnings=done.warnings)
    answer = Answer.of(status, shown, ETag=etag_of(done.outage.version))
    if status == 201:
        return Answer(status, {**answer.headers, "Location": f"/v1/outages/{done.outage.id}"}, answer.body)
    return answer


@router.post(
    "",
    operation_id="declare_outage",
    status_code=201,
    response_model=OutageAfterAct,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
)
def declare_outage(bearer: Operator, body: DeclareBody, desk: DeskOfRequest) -> Response:
    """Declares an outage or delay, or announces a scheduled outage; its first bulletin goes out at once.

    Invocation and bulletin are one act (R5). 409 with the link of the outage that covers the same system,
    direction and time. `warnings` tell of an unusual window (R17, R19).
    """

    def declare(tx: Connection) -> Answer:
        done = acting.declare(desk.engine, tx, bearer.actor, body)
        return answer_of(desk.engine, tx, done, status=201)

    return desk.act(bearer, declare)


@router.get("", operation_id="list_outages", dependencies=[PUBLIC], responses=problems(422))
def list_outages(
    engine: EngineOfApp,
    page: PageAsked,
    state: Annotated[
        list[OutageState],
        Query(max_length=FILTER_AT_MOST, description="May repeat; `open` leaves `overrun` out."),
    ] = [],  # noqa: B006 - FastAPI copies it
    system: Annotated[
        list[System],
        Query(max_length=FILTER_AT_MOST, description="May repeat; every system it ever had counts."),
    ] = [],  # noqa: B006
    since: Annotated[
        Instant | None, Query(description="Changed by an operator or a bulletin since then.")
    ] = None,
) -> Page[OutageShown]:
    """Outages, newest first. The states follow the clock (R17)."""
    wanted = OutageFilter(states=state, systems=system, since=since)
    with engine.db.read() as tx:
        found = queries.list_outages(engine, tx, wanted, before_id=page.after, limit=page.one_more)
    items, last = page.cut(found)
    at = moment_of(engine)
    return Page(
        items=[OutageShown.of(outage, at) for outage in items],
        next=cursor_after(last.id) if last else None,
    )


@router.get(
    "/{outage_id:id}",
    operation_id="get_outage",
    response_model=OutageForOperators | OutageInFull,
    responses=problems(401, 404),
)
def get_outage(caller: Caller, engine: EngineOfApp, outage_id: OutageId, response: Response) -> OutageInFull:
    """One outage with its impacts, contingency, deadlines, news and bulletins.

    With an operator's, administrator's or auditor's token also notes and internal systems (R7). `ETag` is
    what acts on it need; no 304 is given, since the clock changes the answer without changing the version.
    """
    with engine.db.read() as tx:
        view = queries.find_outage(tx, outage_id)
    response.headers["ETag"] = etag_of(view.outage.version)
    response.headers["Vary"] = "Authorization"
    if reads_all(caller):
        response.headers["Cache-Control"] = "private, no-store"
        return for_operators(view, moment_of(engine))
    return in_full(view, moment_of(engine))
