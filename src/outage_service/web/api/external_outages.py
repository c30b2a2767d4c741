"""Clients' own outages, for operators: recorded when a client calls, never a bulletin (R26–R33)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from outage_service.domain.external_outages import ExternalOutage
from outage_service.services import external_outages, regional
from outage_service.services.engine import Engine
from outage_service.services.request_types import GREATEST_ID
from outage_service.services.tokens import Bearer
from outage_service.storage import Connection
from outage_service.web.conditional import SeenVersion, etag_of
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.common import Page
from outage_service.web.schemas.external_outages import ExternalBody, ExternalPatch, ExternalShown
from outage_service.web.security import Operator, Reader
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/external-outages", tags=["external outages"], route_class=StrictRoute)
ExternalId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the client's outage.")]
IsOpen = Annotated[
    bool | None, Query(alias="open", description="Only those not resolved yet, or only resolved.")
]


@router.post(
    "",
    operation_id="record_external_outage",
    status_code=201,
    response_model=ExternalShown,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
)
def record_external_outage(bearer: Operator, body: ExternalBody, desk: DeskOfRequest) -> Response:
    """Records what a client has told by telephone, and confirms it to the client by e-mail (R26–R31).

    Regional operations are told to accept paper. A cybersecurity incident is escalated at once instead, and
    read by TCCU, administrators and auditors only (R32). Where nobody is set to be told, `warnings` say so.
    """

    def record(tx: Connection) -> Answer:
        recorded = external_outages.record(desk.engine, tx, bearer.actor, body.report())
        return _answer(desk.engine, tx, 201, recorded, bearer)

    return desk.act(bearer, record)


@router.get("", operation_id="list_external_outages", responses=problems(401, 403, 422))
def list_external_outages(
    bearer: Reader, engine: EngineOfApp, page: PageAsked, is_open: IsOpen = None
) -> Page[ExternalShown]:
    """Clients' outages that the caller may read, newest first: CTSU its own, auditors without contacts."""
    with engine.db.read() as tx:
        found = external_outages.list_readable(
            tx, bearer.actor, before_id=page.after, limit=page.one_more, is_open=is_open
        )
        has_regions = regional.has_recipients(tx)
    items, last = page.cut(found)
    shown = [_shown(engine, one, bearer, has_regions=has_regions) for one in items]
    return Page(items=shown, next=cursor_after(last.id) if last else None)


@router.get(
    "/{external_id:id}",
    operation_id="get_external_outage",
    response_model=ExternalShown,
    responses=problems(401, 403, 404),
)
def get_external_outage(bearer: Reader, external_id: ExternalId, engine: EngineOfApp) -> Response:
    """A client's outage; one that the caller may not read is not found. Auditors see no contact."""
    with engine.db.read() as tx:
        found = external_outages.find(tx, bearer.actor, external_id)
        return _answer(engine, tx, 200, found, bearer).response()


@router.patch(
    "/{external_id:id}",
    operation_id="amend_external_outage",
    response_model=ExternalShown,
    responses=problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428),
)
def amend_external_outage(
    bearer: Operator, body: ExternalPatch, external_id: ExternalId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Records what was learned since: the end, or that it is an incident. A resolved one is closed.

    Regional operations that were told to accept paper are told that it is over, or called off.
    """

    def amend(tx: Connection) -> Answer:
        amendment = body.amendment()
        after = external_outages.amend(desk.engine, tx, bearer.actor, external_id, amendment, version=seen)
        return _answer(desk.engine, tx, 200, after, bearer)

    return desk.act(bearer, amend)


def _answer(engine: Engine, tx: Connection, status: int, one: ExternalOutage, reader: Bearer) -> Answer:
    headers = {"ETag": etag_of(one.version)}
    if status == 201:
        headers["Location"] = f"/v1/external-outages/{one.id}"
    shown = _shown(engine, one, reader, has_regions=regional.has_recipients(tx))
    return Answer.of(status, shown, **headers)


def _shown(engine: Engine, one: ExternalOutage, reader: Bearer, *, has_regions: bool) -> ExternalShown:
    warnings = external_outages.warnings_of(engine, one, has_regions=has_regions)
    return ExternalShown.of(one, warnings, with_contact=reader.actor.may_see_contacts)
