"""Subscribers from and to CSV, for administrators: `email,language,systems,kinds`."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from outage_service.services import subscriber_files
from outage_service.services.engine import Engine
from outage_service.services.subscriber_files import Imported, ImportPlan
from outage_service.storage import Connection
from outage_service.web.docs import problems
from outage_service.web.idempotency import Answer, Desk, IdempotencyKey, desk_for
from outage_service.web.json_body import StrictRoute
from outage_service.web.problems import Problem, Refusal
from outage_service.web.schemas.subscribers import ImportReport, RefusedLine
from outage_service.web.security import Administrator
from outage_service.web.state import EngineOfApp

IMPORT_PATH = "/v1/subscribers/import"
FILE_AT_MOST = 20 * 1024 * 1024
FILE_WITHIN_SECONDS = 120.0
LINES_TOLD = 200
"""How many refused lines an answer lists; their number is always told."""
_CSV = "text/csv"
_PIECE = 64 * 1024

router = APIRouter(prefix="/v1/subscribers", tags=["subscribers"], route_class=StrictRoute)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that an administrator has sent."""

    desk: Desk
    text: str


async def _upload(
    request: Request, engine: EngineOfApp, _: Administrator, key: IdempotencyKey = None
) -> Upload:
    """Returns the file; it is read only once the caller is known, for it may be great."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _CSV:
        raise Refusal(Problem(415, "unsupported_media_type", f"The body must be {_CSV}."))
    try:
        async with asyncio.timeout(FILE_WITHIN_SECONDS):
            raw = await _read(request)
    except TimeoutError as error:
        raise Refusal(Problem(408, "body_too_slow", "The file did not arrive in time.")) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(Problem(400, "invalid_utf8", "The file is not UTF-8.")) from error
    return Upload(desk_for(request, engine, key, raw), text)


async def _read(request: Request) -> bytes:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > FILE_AT_MOST:
            detail = f"A file has at most {FILE_AT_MOST} bytes."
            raise Refusal(Problem(413, "body_too_large", detail, headers={"Connection": "close"}))
    return bytes(raw)


@router.post(
    "/import",
    operation_id="import_subscribers",
    response_model=ImportReport,
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _CSV: {
                    "schema": {"type": "string"},
                    "example": "email,language,systems,kinds\ntrade@example.org,fr,edi;cers,\n",
                }
            },
        }
    },
)
def import_subscribers(
    bearer: Administrator,
    upload: Annotated[Upload, Depends(_upload)],
    skip_bad: Annotated[bool, Query(description="Import the good lines although others are wrong.")] = False,
) -> Response:
    """Adds the people of a CSV file, who count as confirmed; nothing is sent.

    All or nothing: with a wrong line 422, naming each by number, unless `skip_bad`. Addresses that are
    known already are left out and counted. A file of more than 5,000 people is added bit by bit: should the
    service stop meanwhile, what it has added stays. Send the file again, and the rest is added; `known` then
    counts what was there already.
    """
    plan = subscriber_files.read_file(io.StringIO(upload.text, newline=""))
    if plan.bad and not skip_bad:
        raise Refusal(_bad_lines(plan))

    desk, actor = upload.desk, bearer.actor.name
    answered = desk.earlier(bearer)
    if answered is not None:
        return answered
    *first, last = plan.parts()
    before = subscriber_files.import_parts(desk.engine, first, actor=actor)

    def add(tx: Connection) -> Answer:
        done = subscriber_files.import_part(desk.engine, tx, last, actor=actor)
        return Answer.of(200, _report(plan, before + done))

    return desk.act(bearer, add)


def _bad_lines(plan: ImportPlan) -> Problem:
    told = plan.bad[:LINES_TOLD]
    return Problem(
        422,
        "bad_lines",
        f"Nothing was imported. Lines that cannot be used: {len(plan.bad)}. Mend them, or set skip_bad=true.",
        members={
            "lines": [{"line": bad.line, "reason": bad.reason} for bad in told],
            "refused_count": len(plan.bad),
        },
    )


def _report(plan: ImportPlan, done: Imported) -> ImportReport:
    return ImportReport(
        added=done.added,
        known=done.known,
        refused=[RefusedLine(line=bad.line, reason=bad.reason) for bad in plan.bad[:LINES_TOLD]],
        refused_count=len(plan.bad),
    )


@router.get(
    "/export",
    operation_id="export_subscribers",
    response_class=Response,
    responses=problems(401, 403)
    | {200: {"description": "All active subscribers.", "content": {_CSV: {"schema": {"type": "string"}}}}},
)
def export_subscribers(bearer: Administrator, engine: EngineOfApp) -> StreamingResponse:
    """All active subscribers, in the form that can be imported again."""
    return exported(engine, actor=bearer.actor.name)


def exported(engine: Engine, *, actor: str) -> StreamingResponse:
    """Returns the active subscribers as CSV, and records who took them along."""
    file = subscriber_files.export(engine, actor=actor, line_end="\r\n")
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="subscribers.csv"',
    }
    return StreamingResponse(_pieces(file), headers=headers, media_type=_CSV)


def _pieces(file: IO[str]) -> Iterator[str]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
