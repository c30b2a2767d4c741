"""What an act would send, without doing it: for programs that ask before they act, as the console does."""

from fastapi import APIRouter

from outage_service.services import previews
from outage_service.services.outages import Target
from outage_service.services.preview_requests import PreviewBody
from outage_service.services.requests import DeclareBody
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.paths import OutageId
from outage_service.web.schemas.outages import Moment
from outage_service.web.schemas.previews import PreviewShown
from outage_service.web.security import Operator
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/outages", tags=["acts"], route_class=StrictRoute)


@router.post(
    "/preview", operation_id="preview_declaration", responses=problems(400, 401, 403, 409, 413, 415, 422)
)
def preview_declaration(bearer: Operator, body: DeclareBody, engine: EngineOfApp) -> PreviewShown:
    """Shows what declaring this would send: the bulletin, to how many, and what the telephone would say.

    It refuses what the declaration would refuse. Nothing is kept: no number is used and nothing is sent.
    """
    seen = previews.preview_declaration(engine, bearer.actor, body)
    return PreviewShown.of(seen, Moment(seen.at, engine.calendar))


@router.post(
    "/{outage_id:id}/preview",
    operation_id="preview_act",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
)
def preview_act(
    bearer: Operator, body: PreviewBody, outage_id: OutageId, engine: EngineOfApp
) -> PreviewShown:
    """Shows what an act on an outage would send and change; it refuses what the act would refuse.

    The outage is looked at as it is now: a preview needs no `If-Match`, the act does.
    """
    seen = previews.preview_act(engine, bearer.actor, Target(outage_id), body.act())
    return PreviewShown.of(seen, Moment(seen.at, engine.calendar))
