"""Where the record of an outage is confirmed by its code, or the code is said to be unknown (R107)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content import load_content
from outage_service.rendering.documents.outage_record import record_facts
from outage_service.services import records
from outage_service.services.errors import NotFound
from outage_service.web.docs import problem_pages
from outage_service.web.pages.site import PageLanguage, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(
    prefix="/{language}/records",
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    tags=["pages"],
    responses=problem_pages(404),
)


@router.get("/{code}", operation_id="confirm_record")
def confirm_record(language: PageLanguage, code: str, request: Request, engine: EngineOfApp) -> HTMLResponse:
    """Says whether a record with this code was given by this service, and what is on record now."""
    try:
        with engine.db.read() as tx:
            confirmed = records.confirm(engine, tx, code)
    except NotFound:
        return site_page(
            "record_unknown.html", language, request, texts="records", base_url=engine.base_url, status=404
        )
    record = confirmed.current
    return site_page(
        "record.html",
        language,
        request,
        texts="records",
        base_url=engine.base_url,
        confirmed=confirmed,
        record=record,
        facts=record_facts(record, load_content(), language),
    )
