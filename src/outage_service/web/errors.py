"""Every exception that can reach the edge, and the one answer it gets.

To add one: a line of `_TABLE`. Anything that is not in it is answered by `middleware.LastResort`.
"""

import math
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from outage_service.domain.errors import InvalidAct, RuleError, StateConflict
from outage_service.domain.release_numbers import WrongNumbers
from outage_service.domain.texts import Language
from outage_service.rendering.documents.release_query import UnreadableForm
from outage_service.rendering.documents.typesetting import DocumentsUnavailable
from outage_service.services.errors import AlreadyDeclared, NotBorneOut, NotFound, NotPermitted, Stale
from outage_service.services.limits import TooMany
from outage_service.services.subscriber_files import WrongHeader
from outage_service.services.subscribers import AlreadySubscribed
from outage_service.services.suppressions import AlreadySuppressed
from outage_service.services.users import Crowded
from outage_service.storage.failures import DATABASE_ERRORS, Failure, failure_of
from outage_service.web.conditional import etag_of
from outage_service.web.invalid_input import invalid_input
from outage_service.web.middleware import route_of
from outage_service.web.pages.console.repeating import repeat_page, sent_again
from outage_service.web.pages.console.resuming import resume_page, written_in
from outage_service.web.pages.console.shell import console_language, console_problem, to_sign_in
from outage_service.web.pages.console.sign_in import show_form
from outage_service.web.pages.problems import is_for_people, problem_page
from outage_service.web.problems import FieldError, Problem, Refusal
from outage_service.web.route_table import IN_FRONT, methods_at
from outage_service.web.security import FormOfFormerSession, SignInNeeded
from outage_service.web.state import state_of
from outage_service.web.wrong_lines import wrong_numbers

log = structlog.get_logger(__name__)

_AGAIN_LATER = {"Retry-After": "5"}
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
}


def install(app: FastAPI) -> None:
    """Makes `app` answer each exception of the table with its problem."""
    for kind, problem_of in _TABLE:
        app.add_exception_handler(kind, _handler(problem_of))
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(FormOfFormerSession, _resume)  # type: ignore[arg-type]  # it gets no other


async def _sign_in(request: Request, _: Exception) -> Response:
    if kept := await written_in(request):
        language = console_language(request.url.path) or Language.EN
        return show_form(language, request, request.url.path, kept=kept)
    return to_sign_in(request)


async def _resume(request: Request, error: FormOfFormerSession) -> Response:
    """Gives back what was written in one tab while they signed in again in another."""
    language = console_language(request.url.path) or Language.EN
    kept, place = await written_in(request), request.url.path
    resumed = resume_page(language, request, error.session, place=place, kept=kept)
    return resumed or answer_to(request, error.problem)


def _handler(problem_of: Callable[[Request, Any], Problem]) -> Callable[[Request, Exception], Any]:
    async def answer(request: Request, error: Exception) -> Response:
        return await _answer(request, problem_of(request, error))

    return answer


async def _answer(request: Request, problem: Problem) -> Response:
    """Answers as `answer_to`; a form of the console that we failed to take comes back whole."""
    language = console_language(request.url.path)
    if language and problem.status >= 500 and (fields := await sent_again(request)):
        return repeat_page(request, problem, language, fields)
    return answer_to(request, problem)


def answer_to(request: Request, problem: Problem) -> Response:
    """Returns a refusal: a page in the reader's language where people are, else a problem document."""
    if language := console_language(request.url.path):
        return console_problem(request, problem, language)
    if is_for_people(request):
        return problem_page(problem, request, base_url=state_of(request).engine.base_url)
    return problem.response()


def _broken_rule(status: int, error: RuleError) -> Problem:
    errors = (FieldError(error.field, error.code, error.detail),) if error.field else ()
    return Problem(status, error.code, error.detail, errors)


def _stale(error: Stale) -> Problem:
    return Problem(
        412,
        "stale",
        str(error),
        members={"version": error.version},
        headers={"ETag": etag_of(error.version)},
    )


def _already_declared(error: AlreadyDeclared) -> Problem:
    href = f"/v1/outages/{error.outage_id}"
    existing: dict[str, Any] = {"id": error.outage_id, "number": error.number, "href": href}
    return Problem(
        409,
        "already_declared",
        str(error),
        members={"outage": existing},
        headers={"Link": f'<{href}>; rel="related"'},
    )


def _already_subscribed(error: AlreadySubscribed) -> Problem:
    existing: dict[str, Any] = {"id": error.subscriber_id, "href": f"/v1/subscribers/{error.subscriber_id}"}
    return Problem(409, "already_subscribed", str(error), members={"subscriber": existing})


def _already_suppressed(error: AlreadySuppressed) -> Problem:
    return Problem(409, "already_suppressed", str(error), members={"suppression": error.suppression_id})


def _http(request: Request, error: HTTPException) -> Problem:
    is_misdirected = error.status_code == 404 and request.url.path in IN_FRONT
    if error.status_code == 405 or (is_misdirected and request.method not in {"GET", "HEAD"}):
        return Problem(405, "method_not_allowed", _DETAILS["method_not_allowed"], headers=_allow(request))
    code = _CODES.get(error.status_code, f"http_{error.status_code}")
    return Problem(
        error.status_code, code, _DETAILS.get(code, "The request was refused."), headers=error.headers or {}
    )


_DETAILS = {
    "bad_request": "The request could not be read.",
    "not_found": "There is nothing here.",
    "method_not_allowed": "This method is not for this path; Allow names those that are.",
    "not_acceptable": "There is no form of this that you accept.",
    "body_too_large": "The body is too large.",
    "unsupported_media_type": "The body must be JSON, with Content-Type: application/json.",
}


def _allow(request: Request) -> dict[str, str]:
    methods = methods_at(request.app, request.url.path)
    return {"Allow": ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))}


def _database(request: Request, error: Exception) -> Problem:
    failure = failure_of(error)
    if failure is Failure.TAKEN:
        return Problem(409, "conflict", "Somebody else was faster. Read it again and repeat.")
    if failure is Failure.BUSY:
        return Problem(503, "busy", "Too much is going on at once. Repeat it.", headers={"Retry-After": "1"})
    # While the database is away every request fails alike: its traceback tells nothing new.
    is_away = failure is Failure.UNAVAILABLE
    name = type(error).__name__
    log.error(
        "database_failed", route=route_of(request.scope), error=name, exc_info=None if is_away else error
    )
    if is_away:
        return Problem(
            503,
            "database_unavailable",
            "The database cannot be reached. Repeat it later.",
            headers=_AGAIN_LATER,
        )
    return Problem(500, "internal_error", "Something went wrong here. It has been recorded.")


def _too_many(error: TooMany) -> Problem:
    seconds = math.ceil(error.wait.total_seconds())
    return Problem(
        429,
        "too_many_requests",
        f"Too much was asked for from this network address. Try again in {max(1, seconds // 60)} minutes.",
        headers={"Retry-After": str(seconds)},
    )


_TABLE: tuple[tuple[type[Exception], Callable[[Request, Any], Problem]], ...] = (
    (Refusal, lambda _, e: e.problem),
    (RequestValidationError, invalid_input),
    (HTTPException, _http),
    (InvalidAct, lambda _, e: _broken_rule(422, e)),
    (StateConflict, lambda _, e: _broken_rule(409, e)),
    (NotFound, lambda _, e: Problem(404, "not_found", f"There is no such {e.what}.")),
    (NotBorneOut, lambda _, e: Problem(409, "not_borne_out", str(e))),
    (NotPermitted, lambda _, e: Problem(403, "not_permitted", str(e))),
    (Stale, lambda _, e: _stale(e)),
    (AlreadyDeclared, lambda _, e: _already_declared(e)),
    (AlreadySubscribed, lambda _, e: _already_subscribed(e)),
    (AlreadySuppressed, lambda _, e: _already_suppressed(e)),
    (TooMany, lambda _, e: _too_many(e)),
    (Crowded, lambda *_: Problem(503, "busy", "Too many sign in at once. Repeat it.", headers=_AGAIN_LATER)),
    (WrongHeader, lambda _, e: Problem(422, "wrong_header", str(e))),
    (WrongNumbers, lambda _, e: wrong_numbers(e)),
    (UnreadableForm, lambda _, e: Problem(503, "form_unreadable", str(e))),
    (DocumentsUnavailable, lambda _, e: Problem(501, "documents_unavailable", str(e))),
    *((kind, _database) for kind in DATABASE_ERRORS),
)
