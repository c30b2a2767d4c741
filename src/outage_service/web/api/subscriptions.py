"""Subscribing: `POST /v1/subscriptions`. The links in mail lead to `pages.subscriptions`."""

from fastapi import APIRouter

from outage_service.services import subscriptions
from outage_service.web.clients import ClientAddress
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.common import BilingualShown
from outage_service.web.schemas.subscribers import SubscriptionAccepted, SubscriptionBody
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp
from outage_service.web.texts import load_texts

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"], route_class=StrictRoute)


@router.post(
    "",
    operation_id="subscribe",
    status_code=202,
    dependencies=[PUBLIC],
    responses=problems(400, 413, 415, 422, 429),
)
def subscribe(body: SubscriptionBody, engine: EngineOfApp, caller: ClientAddress) -> SubscriptionAccepted:
    """Asks for bulletins; a letter with a link to confirm goes to the address, at most one in 24 hours (P25).

    The answer is the same for every address, known or not (P26). Of one network address only so many
    requests are taken in an hour.
    """
    engine.act(lambda tx: subscriptions.request(engine, tx, body.choices(), caller=caller))
    return SubscriptionAccepted(message=BilingualShown.of(load_texts("subscription")["accepted"]))
