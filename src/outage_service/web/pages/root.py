"""What stands before the pages: the way to a language, and what robots ask for."""

from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from outage_service.domain.texts import Language
from outage_service.web.docs import Responses, problem_pages
from outage_service.web.languages import FirstLanguage
from outage_service.web.pages.site import base_path
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(tags=["pages"], dependencies=[PUBLIC], responses=problem_pages())

PUBLIC_PATHS = ("", "outages", "history", "contingency", "subscribe", "about")
"""The pages that stand for themselves, below the language."""
_SHORTLY = {"Cache-Control": "public, max-age=3600"}
_PRIVATE_PATHS = ("/subscriptions/", "/v1/", *(f"/{language}/console/" for language in Language))
_ROBOTS: Responses = {
    200: {"description": "What robots may read.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_SITEMAP: Responses = {
    200: {"description": "The public pages.", "content": {"application/xml": {"schema": {"type": "string"}}}}
}


@router.get("/", operation_id="choose_language", status_code=302, response_class=RedirectResponse)
async def choose_language(engine: EngineOfApp, first: FirstLanguage) -> RedirectResponse:
    """Leads to the status page in the language the reader's browser prefers."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
    return RedirectResponse(f"{base_path(engine.base_url)}/{first}/", 302, headers)


@router.get("/en", operation_id="begin_in_english", status_code=308, response_class=RedirectResponse)
async def begin_in_english(engine: EngineOfApp) -> RedirectResponse:
    """Leads to the status page in English."""
    return RedirectResponse(f"{base_path(engine.base_url)}/en/", 308)


@router.get("/fr", operation_id="begin_in_french", status_code=308, response_class=RedirectResponse)
async def begin_in_french(engine: EngineOfApp) -> RedirectResponse:
    """Leads to the status page in French."""
    return RedirectResponse(f"{base_path(engine.base_url)}/fr/", 308)


@router.get("/robots.txt", operation_id="get_robots", response_class=PlainTextResponse, responses=_ROBOTS)
async def get_robots(engine: EngineOfApp) -> PlainTextResponse:
    """What search engines may read: the public pages, and nothing that a link in mail leads to."""
    before = base_path(engine.base_url)
    lines = ["User-agent: *", *(f"Disallow: {before}{path}" for path in _PRIVATE_PATHS)]
    lines.append(f"Sitemap: {engine.base_url}/sitemap.xml")
    return PlainTextResponse("\n".join(lines) + "\n", headers=_SHORTLY)


@router.get("/sitemap.xml", operation_id="get_sitemap", response_class=Response, responses=_SITEMAP)
async def get_sitemap(engine: EngineOfApp) -> Response:
    """The pages that stand for themselves, in both languages, each naming the other."""
    entries = "".join(_entry(engine.base_url, path, one) for path in PUBLIC_PATHS for one in Language)
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n{entries}</urlset>\n'
    )
    return Response(document, headers=_SHORTLY, media_type="application/xml")


def _entry(base_url: str, path: str, language: Language) -> str:
    twins = "".join(
        f'<xhtml:link rel="alternate" hreflang="{one}" href="{escape(f"{base_url}/{one}/{path}")}"/>'
        for one in Language
    )
    return f"<url><loc>{escape(f'{base_url}/{language}/{path}')}</loc>{twins}</url>\n"
