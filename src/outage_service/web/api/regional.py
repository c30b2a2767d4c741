"""The internal list of CBSA regional operations, for administrators (R12)."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from outage_service.services import regional
from outage_service.services.request_types import GREATEST_ID
from outage_service.storage import Connection
from outage_service.storage.regional import list_recipients
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.regional import RegionalBody, RegionalList, RegionalShown
from outage_service.web.security import Administrator
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/regional-recipients", tags=["regional"], route_class=StrictRoute)
RecipientId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the mailbox.")]


@router.get("", operation_id="list_regional_recipients", responses=problems(401, 403))
def get_recipients(
    bearer: Administrator,  # noqa: ARG001 - the rule of who may call
    engine: EngineOfApp,
) -> RegionalList:
    """Lists the mailboxes of regions. They are no subscribers: neither counted nor exported with them."""
    with engine.db.read() as tx:
        return RegionalList(items=[RegionalShown.of(one) for one in list_recipients(tx)])


@router.post(
    "",
    operation_id="add_regional_recipient",
    status_code=201,
    response_model=RegionalShown,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
)
def add_recipient(bearer: Administrator, body: RegionalBody, desk: DeskOfRequest) -> Response:
    """Adds a mailbox, which gets every bulletin from the next one on, marked as internal."""

    def add(tx: Connection) -> Answer:
        added = regional.add_recipient(desk.engine, tx, bearer.actor, body.address(), body.language)
        return Answer.of(201, RegionalShown.of(added))

    return desk.act(bearer, add)


@router.delete(
    "/{recipient_id:id}",
    operation_id="remove_regional_recipient",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
def remove_recipient(bearer: Administrator, recipient_id: RecipientId, engine: EngineOfApp) -> None:
    """Takes a mailbox off the list; nothing more is sent to it."""
    engine.act(lambda tx: regional.remove_recipient(engine, tx, bearer.actor, recipient_id))
