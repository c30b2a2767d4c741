"""`POST /v1/outages/{id}/grace`: relief extended, with a bulletin of its own."""

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.services import acting
from outage_service.services.outages import Target
from outage_service.services.requests import GraceBody
from outage_service.storage import Connection
from outage_service.web.api.outages import answer_of
from outage_service.web.conditional import SeenVersion
from outage_service.web.docs import ACT
from outage_service.web.json_body import StrictRoute
from outage_service.web.once import Answer, DeskOfRequest
from outage_service.web.paths import OutageId
from outage_service.web.schemas.outages import OutageAfterAct
from outage_service.web.security import Operator

router = APIRouter(prefix="/v1/outages/{outage_id:id}", tags=["acts"], route_class=StrictRoute)


@router.post("/grace", operation_id="extend_relief", response_model=OutageAfterAct, responses=ACT)
def extend_relief(
    bearer: Operator, body: GraceBody, outage_id: OutageId, seen: SeenVersion, desk: DeskOfRequest
) -> Response:
    """Extends until when paper is accepted, or no penalty issued, for the systems named (R51, R54).

    Possible once procedures were invoked, also of a resolved outage, whose clock stays at rest. Each time
    must be later than what is in force for each of the systems, and at most 31 days ahead.
    """

    def extend(tx: Connection) -> Answer:
        target = Target(outage_id, seen)
        return answer_of(desk.engine, tx, acting.perform(desk.engine, tx, bearer.actor, target, body))

    return desk.act(bearer, extend)
