"""Bulletins that are paused, since the relay refuses them."""

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.services import queries, refusals
from outage_service.storage import Connection
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.paths import BulletinId
from outage_service.web.schemas.bulletins import BulletinShown
from outage_service.web.security import Resumer

router = APIRouter(prefix="/v1/bulletins", tags=["bulletins"], route_class=StrictRoute)


@router.post(
    "/{bulletin_id:id}/resume",
    operation_id="resume_bulletin",
    response_model=BulletinShown,
    responses=problems(401, 403, 404, 409, 422),
)
def resume_bulletin(bearer: Resumer, bulletin_id: BulletinId, desk: DeskOfRequest) -> Response:
    """Lets a bulletin go on that the relay has refused for one recipient after the other (P10, P11).

    What was refused is tried again. A newer bulletin of the outage takes a paused one's place by itself.
    409 `held`: it waited in an older copy of the database, and `outage-service release` sends it (P34).
    """

    def resume(tx: Connection) -> Answer:
        refusals.resume(desk.engine, tx, bearer.actor, bulletin_id)
        return Answer.of(200, BulletinShown.of(queries.find_bulletin(tx, bulletin_id).bulletin))

    return desk.act(bearer, resume)
