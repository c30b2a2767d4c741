"""Refusals as pages, for those who followed a link in mail."""

from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.web.pages.templating import page
from outage_service.web.problems import Problem
from outage_service.web.wording import load_wording


def problem_page(problem: Problem, first: Language, *, base_url: str) -> HTMLResponse:
    """Returns what a person is told in place of a problem."""
    wording = load_wording()
    if problem.status == 404:
        title, message = wording.unknown_title, wording.unknown_text
    elif problem.status >= 500:
        title, message = wording.unavailable_title, wording.unavailable_text
    else:
        title, message = wording.refused_title, wording.refused_text
    shown = page(
        "message.html", first, base_url=base_url, status=problem.status, title=title, message=message, link=""
    )
    shown.headers.update(problem.headers)
    return shown
