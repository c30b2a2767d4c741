"""Refusals as pages, for those who followed a link or sent a form."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.services.links import Purpose
from outage_service.web.languages import first_language
from outage_service.web.pages.site import Freshness, site_page, thousands
from outage_service.web.problems import Problem

_LINKS = "/subscriptions/"
"""Where people come from their mail."""
_PAGES = (_LINKS, "/outages/", *(f"/{language}/" for language in Language))
_PROGRAMS = "/v1/"


def is_for_people(request: Request) -> bool:
    """Returns whether a refusal is to be a page: where pages are, and wherever else a browser asks."""
    path = request.url.path
    if path.startswith(_PAGES):
        return True
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_PROGRAMS)


def problem_page(problem: Problem, request: Request, *, base_url: str) -> HTMLResponse:
    """Returns what a person is told in place of a problem."""
    language = _language(request)
    shown = site_page(
        "problem.html",
        language,
        request,
        texts="problem",
        base_url=base_url,
        status=problem.status,
        freshness=Freshness.PRIVATE,
        what=_what(problem.status, request.url.path),
        limit=kilobytes_taken(problem, language),
    )
    shown.headers.update(problem.headers)
    return shown


def kilobytes_taken(problem: Problem, language: Language) -> str:
    """Returns how much may be sent at once, for who has sent more: `64` or `1,024`."""
    at_most = problem.members.get("at_most_bytes")
    return thousands(at_most // 1024 if isinstance(at_most, int) else 0, language)


def _language(request: Request) -> Language:
    named = request.url.path.lstrip("/").partition("/")[0]
    asked = named if named in set(Language) else request.query_params.get("lang")
    if asked in set(Language):
        return Language(asked)
    return first_language(request.headers.get("accept-language", ""))


def _what(status: int, path: str) -> str:
    if status == 404:
        return _missing(path)
    if status == 413:
        return "large"
    if status == 429:
        return "often"
    return "unavailable" if status >= 500 else "refused"


def _missing(path: str) -> str:
    if not path.startswith(_LINKS):
        return "missing"
    # Pressed twice, or opened once more: who has just confirmed must not read that it failed.
    return "confirmation" if path.endswith(f"/{Purpose.CONFIRM}") else "link"
