"""Bulletins as documents to keep: `GET /v1/bulletins/{id}.pdf`, with the extra `pdf`."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from outage_service.rendering.bulletin_document import bulletin_document
from outage_service.services import queries
from outage_service.services.engine import Engine
from outage_service.services.queries import FrozenPage
from outage_service.storage.bulletins import BulletinRecord
from outage_service.web.docs import Responses, problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.languages import FirstLanguage, in_order
from outage_service.web.paths import BulletinId
from outage_service.web.security import PUBLIC
from outage_service.web.state import StateOfApp

router = APIRouter(prefix="/v1/bulletins", tags=["bulletins"], route_class=StrictRoute)

_PDF: Responses = {
    200: {
        "description": "The bulletin as a tagged document (PDF/UA).",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/{bulletin_id:id}.pdf",
    operation_id="get_bulletin_document",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=problems(404, 422, 501) | _PDF,
)
async def get_bulletin_document(state: StateOfApp, bulletin_id: BulletinId, first: FirstLanguage) -> Response:
    """The words of a bulletin as they were sent, as PDF; both languages, the reader's first."""
    record, frozen = await run_in_threadpool(_find, state.engine, bulletin_id)
    address = f"{state.engine.base_url}/{first}/bulletins/{bulletin_id}"
    document = await state.press.run(
        lambda: bulletin_document(frozen.html, record.subject, first, address=address)
    )
    headers = {
        "Content-Disposition": f'inline; filename="{record.number}-{record.sequence}-{first}.pdf"',
        "Content-Language": in_order(first),
        "Cache-Control": "public, max-age=3600",
        "Vary": "Accept-Language",
    }
    return Response(document, headers=headers, media_type="application/pdf")


def _find(engine: Engine, bulletin_id: int) -> tuple[BulletinRecord, FrozenPage]:
    with engine.db.read() as tx:
        return queries.find_bulletin(tx, bulletin_id).bulletin, queries.find_page(tx, bulletin_id)
