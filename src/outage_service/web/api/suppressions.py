"""The addresses that are written to no more, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from outage_service.domain.bounces import SuppressionReason
from outage_service.services import suppressions
from outage_service.services.addresses import AddressRefused, parse_address
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.suppressions import list_suppressions
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.paths import SuppressionId
from outage_service.web.problems import FieldError, Problem, Refusal
from outage_service.web.schemas.common import Page
from outage_service.web.schemas.subscribers import ADDRESS_LONGEST
from outage_service.web.schemas.suppressions import SuppressionBody, SuppressionShown
from outage_service.web.security import Administrator
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/suppressions", tags=["suppressions"], route_class=StrictRoute)

Email = Annotated[
    str | None,
    Query(max_length=ADDRESS_LONGEST, description="This address alone; found also where it was erased."),
]


@router.get("", operation_id="list_suppressions", responses=problems(401, 403, 422))
def get_suppressions(
    bearer: Administrator,  # noqa: ARG001 - the rule of who may call
    engine: EngineOfApp,
    page: PageAsked,
    email: Email = None,
) -> Page[SuppressionShown]:
    """Addresses that are written to no more, newest first (P14)."""
    digest = _digest(engine, email) if email is not None else None
    with engine.db.read() as tx:
        found = list_suppressions(tx, before_id=page.after, limit=page.one_more, digest=digest)
    items, last = page.cut(found)
    return Page(
        items=[SuppressionShown.of(one) for one in items], next=cursor_after(last.id) if last else None
    )


def _digest(engine: Engine, email: str) -> str:
    try:
        return suppressions.digest_of(engine, parse_address(email).key)
    except AddressRefused as error:
        wrong = FieldError("email", "invalid_address", str(error))
        raise Refusal(Problem(422, "invalid_input", "The address cannot be used.", (wrong,))) from error


@router.post(
    "",
    operation_id="suppress_address",
    status_code=201,
    response_model=SuppressionShown,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
)
def suppress_address(bearer: Administrator, body: SuppressionBody, desk: DeskOfRequest) -> Response:
    """Writes to an address no more, subscribed or not; 409 names the entry where it is on the list."""

    def suppress(tx: Connection) -> Answer:
        reason, actor = SuppressionReason.BY_HAND, bearer.actor.name
        added = suppressions.suppress(desk.engine, tx, body.address(), reason, actor=actor)
        return Answer.of(201, SuppressionShown.of(added))

    return desk.act(bearer, suppress)


@router.delete(
    "/{suppression_id:id}",
    operation_id="lift_suppression",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
def lift_suppression(bearer: Administrator, engine: EngineOfApp, suppression_id: SuppressionId) -> None:
    """Takes an address off the list; whoever is still subscribed with it gets bulletins again."""
    engine.act(lambda tx: suppressions.lift(engine, tx, suppression_id, actor=bearer.actor.name))
