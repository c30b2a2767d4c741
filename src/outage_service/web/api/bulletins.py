"""The archive of bulletins, for everybody; how far one has come, for those who may ask."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services import queries
from outage_service.services.engine import Engine
from outage_service.services.queries import BulletinFilter, FrozenPage
from outage_service.services.request_types import GREATEST_ID, Instant
from outage_service.web.conditional import content_tag, is_unchanged
from outage_service.web.cursors import FILTER_AT_MOST, PageAsked, cursor_after
from outage_service.web.docs import Responses, problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.languages import FirstLanguage, in_order
from outage_service.web.middleware import NOTHING_RUNS
from outage_service.web.paths import BulletinId
from outage_service.web.schemas.bulletins import (
    BulletinShown,
    BulletinWithOthers,
    DeliveriesShown,
    FailureShown,
)
from outage_service.web.schemas.common import Page
from outage_service.web.security import PUBLIC, Reader
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/bulletins", tags=["bulletins"], route_class=StrictRoute)

PAGE_POLICY = f"{NOTHING_RUNS}; style-src 'unsafe-inline'"
"""A frozen page brings its styles along, and nothing else of it may run or load."""
_FOR_AN_HOUR = "public, max-age=3600"


def _frozen(media_type: str) -> Responses:
    text = {"schema": {"type": "string"}}
    return problems(404, 422) | {
        200: {"description": "The bulletin as it was issued.", "content": {media_type: text}},
        304: {"description": "Unchanged since the ETag of If-None-Match."},
    }


@router.get("", operation_id="list_bulletins", dependencies=[PUBLIC], responses=problems(422))
def list_bulletins(
    engine: EngineOfApp,
    page: PageAsked,
    outage: Annotated[int | None, Query(ge=1, le=GREATEST_ID, description="The id of an outage.")] = None,
    system: Annotated[
        list[System],
        Query(max_length=FILTER_AT_MOST, description="May repeat; every system it ever had counts."),
    ] = [],  # noqa: B006 - FastAPI copies it
    kind: Annotated[list[BulletinKind], Query(max_length=FILTER_AT_MOST, description="May repeat.")] = [],  # noqa: B006
    since: Annotated[Instant | None, Query(description="Issued then or later.")] = None,
    until: Annotated[Instant | None, Query(description="Issued then or earlier.")] = None,
) -> Page[BulletinShown]:
    """Bulletins, newest first (R14)."""
    wanted = BulletinFilter(outage, system, kind, since, until)
    with engine.db.read() as tx:
        found = queries.list_bulletins(tx, wanted, before_id=page.after, limit=page.one_more)
    items, last = page.cut(found)
    return Page(
        items=[BulletinShown.of(record) for record in items], next=cursor_after(last.id) if last else None
    )


@router.get(
    "/{bulletin_id:id}.html",
    operation_id="get_bulletin_page",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=_frozen("text/html"),
)
def get_bulletin_page(
    request: Request, engine: EngineOfApp, bulletin_id: BulletinId, first: FirstLanguage
) -> Response:
    """A bulletin as a page, frozen when it was issued; both languages, the reader's first."""
    headers = {"Content-Security-Policy": PAGE_POLICY}
    return _page(request, engine, bulletin_id, first, lambda page: page.html, "text/html", headers)


@router.get(
    "/{bulletin_id:id}.txt",
    operation_id="get_bulletin_text",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=_frozen("text/plain"),
)
def get_bulletin_text(
    request: Request, engine: EngineOfApp, bulletin_id: BulletinId, first: FirstLanguage
) -> Response:
    """A bulletin as plain text, frozen when it was issued; both languages, the reader's first."""
    return _page(request, engine, bulletin_id, first, lambda page: page.text, "text/plain", {})


def _page(
    request: Request,
    engine: Engine,
    bulletin_id: int,
    first: Language,
    form: Callable[[FrozenPage], Bilingual],
    media_type: str,
    headers: dict[str, str],
) -> Response:
    with engine.db.read() as tx:
        page = queries.find_page(tx, bulletin_id)
    content = form(page)[first].encode()
    # A 304 has them all: a browser replaces what it has stored by them, also the policy (RFC 9111, 3.2).
    told = headers | {
        "ETag": content_tag(content),
        "Cache-Control": _FOR_AN_HOUR,
        "Vary": "Accept-Language",
        "Content-Language": in_order(first),
    }
    if is_unchanged(told["ETag"], request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=told)
    return Response(content, headers=told, media_type=media_type)


@router.get(
    "/{bulletin_id:id}/deliveries", operation_id="get_deliveries", responses=problems(401, 403, 404, 422)
)
def get_deliveries(
    bearer: Reader, engine: EngineOfApp, bulletin_id: BulletinId, page: PageAsked
) -> DeliveriesShown:
    """How far a bulletin has come: counts by state, lateness, and whom it did not reach (P13).

    Recipients are told by id; addresses are for administrators alone.
    """
    with engine.db.read() as tx:
        report = queries.report_deliveries(
            tx, bulletin_id, after_recipient=page.after or 0, limit=page.one_more
        )
    items, last = page.cut(report.failures)
    with_address = bearer.actor.role is Role.ADMIN
    failures = Page[FailureShown](
        items=[FailureShown.of(failure, with_address=with_address) for failure in items],
        next=cursor_after(last.recipient_id) if last else None,
    )
    return DeliveriesShown.of(report, failures)


@router.get("/{bulletin_id:id}", operation_id="get_bulletin", dependencies=[PUBLIC], responses=problems(404))
def get_bulletin(engine: EngineOfApp, bulletin_id: BulletinId) -> BulletinWithOthers:
    """A bulletin with links to its pages and to the earlier and later ones of its outage."""
    with engine.db.read() as tx:
        return BulletinWithOthers.of_view(queries.find_bulletin(tx, bulletin_id))
