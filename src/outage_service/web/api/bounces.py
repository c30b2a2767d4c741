"""What comes back from mail systems, handed over by HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from outage_service.channels.email.bounces import LONGEST
from outage_service.services import bounces
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.middleware import BODY_WITHIN_SECONDS
from outage_service.web.problems import Problem, Refusal
from outage_service.web.schemas.suppressions import BounceTaken
from outage_service.web.security import BounceReporter
from outage_service.web.state import EngineOfApp

BOUNCES_PATH = "/v1/bounces"
_MESSAGE = "message/rfc822"

router = APIRouter(prefix=BOUNCES_PATH, tags=["suppressions"], route_class=StrictRoute)


async def _message(request: Request, _: BounceReporter) -> bytes:
    """Returns the message, cut as `bounce` cuts it; it is read only once the caller is known.

    One that was refused for its length would be handed over again for days, and never be counted.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MESSAGE:
        raise Refusal(Problem(415, "unsupported_media_type", f"The body must be {_MESSAGE}."))
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            async for piece in request.stream():
                raw += piece[: LONGEST - len(raw)]
    except TimeoutError as error:
        raise Refusal(Problem(408, "body_too_slow", "The message did not arrive in time.")) from error
    return bytes(raw)


@router.post(
    "",
    operation_id="report_bounce",
    responses=problems(401, 403, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _MESSAGE: {
                    "schema": {"type": "string"},
                    "example": "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n…",
                }
            },
        }
    },
)
def report_bounce(
    bearer: BounceReporter,  # noqa: ARG001 - whoever may report it, the message itself must prove
    engine: EngineOfApp,
    raw: Annotated[bytes, Depends(_message)],
) -> BounceTaken:
    """Takes one message that came back, as it is: a report of non-delivery (RFC 3464) or of abuse (RFC 5965).

    It is believed only where it returns the Message-ID that this service has sealed. Anything else counts
    nothing and is answered alike; the same report twice counts once. Of a long message the first mebibyte is
    looked at.
    """
    taken = engine.act(lambda tx: bounces.take(engine, tx, raw))
    return BounceTaken(counted=taken.counted, suppressed=taken.suppressed)
