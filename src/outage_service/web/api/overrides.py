"""An operator's own text for a help line (R23). The messages themselves are answered in front of us."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from outage_service.domain.systems import HelpLine
from outage_service.services.overrides import end_override, set_override
from outage_service.services.requests import OverrideBody
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.common import BilingualShown, Shown
from outage_service.web.security import Operator
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/broadcast", tags=["broadcasts"], route_class=StrictRoute)


class OverrideShown(Shown):
    """The text in place of a line's own message."""

    line: HelpLine
    message: BilingualShown
    expires_at: datetime = Field(description="It also ends with the next news on a system of the line.")


@router.put(
    "/{line}/override",
    operation_id="set_override",
    responses=problems(400, 401, 403, 404, 413, 415, 422),
)
def put_override(bearer: Operator, body: OverrideBody, line: HelpLine, engine: EngineOfApp) -> OverrideShown:
    """Puts an operator's text in place of what a line says, for up to 24 hours (R23).

    The assume-ongoing sentence is still appended while anything is open, and the text must not say
    "normal" then (R22). TCCU speaks on all lines, CTSU on `ctsu` and `ccsh`.
    """
    override = body.override()
    engine.act(lambda tx: set_override(engine, tx, bearer.actor, line, override))
    return OverrideShown(
        line=line, message=BilingualShown.of(override.message), expires_at=override.expires_at
    )


@router.delete(
    "/{line}/override",
    operation_id="end_override",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
def delete_override(bearer: Operator, line: HelpLine, engine: EngineOfApp) -> None:
    """Gives a line back its own message (R23)."""
    engine.act(lambda tx: end_override(engine, tx, bearer.actor, line))
