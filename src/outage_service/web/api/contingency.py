"""What to do on paper now, and by when afterwards: procedures, deadlines, message order (R45–R117)."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from outage_service.content import load_content
from outage_service.content.procedures import load_procedures
from outage_service.domain import message_order
from outage_service.domain.contingency import ClientRole, Flow, Mode, Situation, at_all_times
from outage_service.domain.systems import System
from outage_service.rendering.agenda import Source, agenda, deadline_entries
from outage_service.rendering.sections import outage_url
from outage_service.services import contingency
from outage_service.web.cursors import FILTER_AT_MOST
from outage_service.web.docs import Responses, problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.languages import FirstLanguage, in_order
from outage_service.web.paths import OutageId
from outage_service.web.schemas.contingency import (
    DeadlinesOfOutage,
    MessageOrderShown,
    OrderBody,
    ProcedureShown,
    ProceduresShown,
    VerdictShown,
)
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1", tags=["contingency"], dependencies=[PUBLIC], route_class=StrictRoute)

CALENDAR = "text/calendar"
_CALENDAR_SHOWN: Responses = {
    200: {
        "description": "The deadlines as a calendar.",
        "content": {CALENDAR: {"schema": {"type": "string"}}},
    }
}


class ModeAsked(StrEnum):
    """A mode, or all of them."""

    HIGHWAY = Mode.HIGHWAY.value
    RAIL = Mode.RAIL.value
    AIR = Mode.AIR.value
    MARINE = Mode.MARINE.value
    ALL = "all"


def _filter(description: str) -> object:
    return Query(max_length=FILTER_AT_MOST, description=f"{description} May repeat; left out: all.")


@router.get("/contingency/procedures", operation_id="list_procedures", responses=problems(422))
def list_procedures(
    system: Annotated[list[System], _filter("The systems that are out.")] = [],  # noqa: B006 - FastAPI copies it
    role: Annotated[list[ClientRole], _filter("What the client does for the shipment.")] = [],  # noqa: B006
    mode: Annotated[list[ModeAsked], _filter("How the goods move; `all`: every mode.")] = [],  # noqa: B006
    flow: Annotated[list[Flow], _filter("What is to be done with the goods.")] = [],  # noqa: B006
) -> ProceduresShown:
    """What to do in an outage of these systems, before, during and after it, in order (R45–R117).

    Only what applies: a procedure is listed if at least one of the systems, roles, modes and flows asked for
    has to follow it. The list is empty where the plan asks nothing of anybody.
    """
    asked = [] if ModeAsked.ALL in mode else mode
    modes = frozenset(Mode(each.value) for each in asked)
    situation = Situation(at_all_times(system or System), frozenset(role), modes, frozenset(flow))
    said = load_procedures()
    found = contingency.procedures_for(situation)
    return ProceduresShown(items=[ProcedureShown.of(each, said, modes) for each in found])


@router.get("/contingency/message-order", operation_id="get_message_order", responses=problems(422))
def get_message_order(
    mode: Annotated[Mode, Query(description="How the goods move.")],
) -> MessageOrderShown:
    """The order in which import messages are sent after an outage, so that none is rejected (R110–R117)."""
    return MessageOrderShown.of(mode)


@router.post(
    "/contingency/message-order/check",
    operation_id="check_message_order",
    responses=problems(400, 413, 415, 422),
)
def check_message_order(body: OrderBody) -> VerdictShown:
    """Tells which messages of a proposed order would be rejected, why, and a better order (R117).

    Nothing is kept. Messages that name what they belong to are compared only with what they share it with.
    """
    sequence = body.sequence()
    return VerdictShown.of(message_order.check(body.mode, sequence), body.mode, sequence)


@router.get("/outages/{outage_id:id}/deadlines", operation_id="get_deadlines", responses=problems(404))
def get_deadlines(engine: EngineOfApp, outage_id: OutageId) -> DeadlinesOfOutage:
    """By when to transmit before an outage and to put things right after it (R45, R51, R52, R54).

    The documents have two times: within 24 hours is `recommended`, within 24 business hours they are `due`.
    """
    with engine.db.read() as tx:
        return DeadlinesOfOutage.of(contingency.deadlines_of(engine, tx, outage_id))


@router.get(
    "/outages/{outage_id:id}/deadlines.ics",
    operation_id="get_deadlines_calendar",
    response_class=Response,
    responses=_CALENDAR_SHOWN | problems(404, 422),
)
def get_deadlines_calendar(engine: EngineOfApp, outage_id: OutageId, first: FirstLanguage) -> Response:
    """The deadlines of an outage for a calendar, in both languages; asked for again, it replaces them."""
    with engine.db.read() as tx:
        found = contingency.deadlines_of(engine, tx, outage_id)
    number = found.outage.number
    source = Source(
        number=number,
        name=number,
        url=outage_url(engine.base_url, first, number),
        stamped_at=found.outage.last_bulletin_at or engine.clock(),
        version=found.outage.sequence,
        is_cancelled=found.outage.cancelled_at is not None,
    )
    made = agenda(deadline_entries(found.deadlines, load_content(), (first, first.other)), source)
    headers = {
        "Content-Disposition": f'attachment; filename="{number}.ics"',
        "Content-Language": in_order(first),
        "Vary": "Accept-Language",
    }
    return Response(made, headers=headers, media_type=f"{CALENDAR}; charset=utf-8")
