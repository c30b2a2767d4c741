"""The subscriber list, for administrators. Nothing here sends mail."""

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.domain.roles import Role
from outage_service.services import subscribers
from outage_service.services.subscribers import Edit
from outage_service.storage import Connection
from outage_service.storage.subscribers import Subscriber, list_subscribers
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, DeskOfRequest
from outage_service.web.json_body import StrictRoute
from outage_service.web.paths import SubscriberId
from outage_service.web.schemas.common import Page
from outage_service.web.schemas.subscribers import SubscriberEdit, SubscriberShown, SubscriptionBody
from outage_service.web.security import Administrator, SubscriberReader
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/subscribers", tags=["subscribers"], route_class=StrictRoute)


def _shown(subscriber: Subscriber) -> SubscriberShown:
    return SubscriberShown.of(subscriber, with_address=True)


@router.get("", operation_id="list_subscribers", responses=problems(401, 403, 422))
def get_subscribers(bearer: SubscriberReader, engine: EngineOfApp, page: PageAsked) -> Page[SubscriberShown]:
    """Subscribers of any state, in the order in which they confirmed. Auditors see no addresses."""
    with engine.db.read() as tx:
        found = list_subscribers(tx, after_id=page.after or 0, limit=page.one_more)
    items, last = page.cut(found)
    with_address = bearer.actor.role is Role.ADMIN
    return Page(
        items=[SubscriberShown.of(one, with_address=with_address) for one in items],
        next=cursor_after(last.id) if last else None,
    )


@router.post(
    "",
    operation_id="add_subscriber",
    status_code=201,
    response_model=SubscriberShown,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
)
def add_subscriber(bearer: Administrator, body: SubscriptionBody, desk: DeskOfRequest) -> Response:
    """Adds a subscriber who counts as confirmed; nothing is sent. 409 links who has the address already."""

    def add(tx: Connection) -> Answer:
        added = subscribers.add(desk.engine, tx, bearer.actor, body.choices())
        return Answer.of(201, _shown(added), Location=f"/v1/subscribers/{added.id}")

    return desk.act(bearer, add)


@router.get("/{subscriber_id:id}", operation_id="get_subscriber", responses=problems(401, 403, 404))
def get_subscriber(
    bearer: SubscriberReader, engine: EngineOfApp, subscriber_id: SubscriberId
) -> SubscriberShown:
    """One subscriber, whatever the state. Auditors see no address."""
    with engine.db.read() as tx:
        found = subscribers.get(tx, subscriber_id)
    return SubscriberShown.of(found, with_address=bearer.actor.role is Role.ADMIN)


@router.patch(
    "/{subscriber_id:id}",
    operation_id="edit_subscriber",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
)
def edit_subscriber(
    bearer: Administrator, body: SubscriberEdit, engine: EngineOfApp, subscriber_id: SubscriberId
) -> SubscriberShown:
    """Changes a subscriber; what is left out stays. Nothing is sent."""

    change = Edit(body.choices, body.state)
    return _shown(engine.act(lambda tx: subscribers.edit(engine, tx, bearer.actor, subscriber_id, change)))


@router.delete(
    "/{subscriber_id:id}",
    operation_id="erase_subscriber",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
def erase_subscriber(bearer: Administrator, engine: EngineOfApp, subscriber_id: SubscriberId) -> None:
    """Erases a subscriber; the delivery ledger keeps the bare id."""
    engine.act(lambda tx: subscribers.erase(engine, tx, bearer.actor, subscriber_id))
