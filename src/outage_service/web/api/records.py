"""The record of an outage, for clients who ask for relief: JSON and PDF, open to everybody (R107)."""

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.content import load_content
from outage_service.domain.texts import Language
from outage_service.rendering.documents.outage_record import outage_record
from outage_service.services import records
from outage_service.services.engine import Engine
from outage_service.services.records import CodedRecord
from outage_service.web.docs import Responses, problems
from outage_service.web.languages import FirstLanguage, in_order
from outage_service.web.paths import OutageId
from outage_service.web.schemas.records import RecordShown
from outage_service.web.security import PUBLIC
from outage_service.web.state import StateOfApp

router = APIRouter(prefix="/v1/outages/{outage_id:id}", tags=["outages"], dependencies=[PUBLIC])

PDF = "application/pdf"
_PDF_SHOWN: Responses = {
    200: {
        "description": "The record in both languages, the reader's first (PDF/UA).",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/record", operation_id="get_outage_record", responses=problems(404, 409))
def get_outage_record(state: StateOfApp, outage_id: OutageId) -> RecordShown:
    """What is on record of an outage: times, bulletins, deadlines, and a code to confirm it by.

    Refused where the audit log does not bear out what is on record (P31).
    """
    coded = _find(state.engine, outage_id)
    return RecordShown.of(
        coded, {language.value: url for language, url in _pages(state.engine, coded).items()}
    )


@router.get(
    "/record.pdf",
    operation_id="get_outage_record_document",
    response_class=Response,
    responses=_PDF_SHOWN | problems(404, 409, 422, 501),
)
async def get_outage_record_document(
    state: StateOfApp, outage_id: OutageId, first: FirstLanguage
) -> Response:
    """The same as a document to hand in with a request for relief."""
    engine = state.engine

    def make() -> bytes:
        coded = _find(engine, outage_id)
        pages = _pages(engine, coded)
        return outage_record(coded.record, load_content(), code=coded.code, pages=pages, first=first)

    made = await state.press.run(make)
    headers = {
        "Content-Disposition": f'inline; filename="outage-record-{outage_id}-{first}.pdf"',
        "Content-Language": in_order(first),
        "Vary": "Accept-Language",
    }
    return Response(made, media_type=PDF, headers=headers)


def _find(engine: Engine, outage_id: int) -> CodedRecord:
    with engine.db.read() as tx:
        return records.find_record(engine, tx, outage_id)


def _pages(engine: Engine, coded: CodedRecord) -> dict[Language, str]:
    return {language: f"{engine.base_url}/{language}/records/{coded.code}" for language in Language}
