"""A form that the service could not take, for a fault of its own: it comes back whole, to be sent once more.

It has the key that it was sent with, so what did get through is not done twice (P18).
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.web.forms import ONLY_SHOW, Fields, is_from_our_site, read_form, sends_again
from outage_service.web.pages.console.resuming import is_resumable
from outage_service.web.pages.console.shell import console_problem
from outage_service.web.problems import Problem
from outage_service.web.state import state_of

_SECRETS = {"password", "again"}
_URLENCODED = "application/x-www-form-urlencoded"


async def sent_again(request: Request) -> Fields:
    """Returns what to send once more; none of it where the form is not from a page of ours, or has a file.

    No page holds a secret: without it a form is only shown.
    """
    is_urlencoded = request.headers.get("content-type", "").startswith(_URLENCODED)
    if not is_urlencoded or not is_from_our_site(request, state_of(request).engine.base_url):
        return []
    sent = [
        (name, value) for name, value in (await read_form(request)).multi_items() if isinstance(value, str)
    ]
    if {name for name, _ in sent} <= {"csrf"}:
        return []
    if not any(name in _SECRETS for name, _ in sent):
        return sent
    return [*((name, value) for name, value in sent if name not in _SECRETS), ("go", ONLY_SHOW)]


def repeat_page(request: Request, problem: Problem, language: Language, fields: Fields) -> HTMLResponse:
    """Returns what is told of a problem, with the form that met it."""
    toggle = sends_again(request) if is_resumable(request) else None
    return console_problem(request, problem, language, repeated=fields, toggle=toggle)
