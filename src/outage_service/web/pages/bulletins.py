"""One bulletin of the archive in one language: the words that were sent, on a page to read or to print."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content import load_content
from outage_service.rendering.frozen import read_part
from outage_service.rendering.words import Words
from outage_service.services import queries
from outage_service.web.docs import problem_pages
from outage_service.web.pages.site import PageLanguage, site_page
from outage_service.web.paths import BulletinId
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(
    prefix="/{language}/bulletins",
    tags=["pages"],
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    responses=problem_pages(404),
)


@router.get("/{bulletin_id:id}", operation_id="show_bulletin")
def show_bulletin(
    bulletin_id: BulletinId, language: PageLanguage, request: Request, engine: EngineOfApp
) -> HTMLResponse:
    """A bulletin as it was issued, with the earlier and later ones of its outage."""
    with engine.db.read() as tx:
        view = queries.find_bulletin(tx, bulletin_id)
        frozen = queries.find_page(tx, bulletin_id)
    content = load_content()
    return site_page(
        "bulletin.html",
        language,
        request,
        texts="bulletin",
        base_url=engine.base_url,
        view=view,
        pieces=read_part(frozen.html[language], language),
        words=Words(content, language),
        kinds={kind: text.name for kind, text in content.wording.kinds.items()},
    )
