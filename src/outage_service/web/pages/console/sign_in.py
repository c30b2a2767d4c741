"""The way into the console, and out of it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.domain.texts import Language
from outage_service.services import sessions
from outage_service.services.engine import Engine
from outage_service.services.known_browsers import KNOWN_AT_MOST
from outage_service.services.sessions import LASTS_AT_MOST, TooManyTries
from outage_service.web.clients import ClientAddress
from outage_service.web.forms import ONLY_SHOW, SentForm, Toggle
from outage_service.web.pages.console.resuming import KEPT_COOKIE, packed, resume_page, unpacked
from outage_service.web.pages.console.shell import console_page, safe_place, see_place, to_console
from outage_service.web.pages.site import PageLanguage
from outage_service.web.security import CONSOLE_DOOR, SESSION_COOKIE, ConsoleReader
from outage_service.web.state import EngineOfApp, state_of

router = APIRouter(prefix="/{language}/console", include_in_schema=False)

BROWSER_COOKIE = "__Host-outage-browser"

PROVIDER_PROBLEMS = {"oidc_elsewhere", "oidc_cancelled", "oidc_refused", "oidc_down", "too_many_tries"}
"""What `sign_in_provider` leads back with: keys of texts."""
PROBLEMS = PROVIDER_PROBLEMS | {"wrong"}


@router.get("/sign-in", dependencies=[CONSOLE_DOOR])
def show_sign_in(
    language: PageLanguage,
    request: Request,
    next: str = "",  # noqa: A002 — the query's name
    problem: str = "",
) -> HTMLResponse:
    """Shows the form; `next` is where to go afterwards, `problem` what went wrong with the provider."""
    if problem not in PROVIDER_PROBLEMS:
        return show_form(language, request, next)
    kept = unpacked(request.cookies.get(KEPT_COOKIE, ""))
    return show_form(language, request, next, kept=kept, mistake=problem)


@router.post("/sign-in", dependencies=[CONSOLE_DOOR])
def sign_in(
    language: PageLanguage, request: Request, engine: EngineOfApp, caller: ClientAddress, sent: SentForm
) -> Response:
    """Begins a session, or shows the form again with the one answer for whatever was wrong (P26)."""
    email, place, kept = sent.text("email"), sent.text("next"), sent.text("kept")
    if sent.is_only_shown:
        problem = sent.text("problem")
        mistake = problem if problem in PROBLEMS else ""
        return show_form(language, request, place, email=email, kept=kept, mistake=mistake)
    try:
        cookie = sessions.sign_in(
            engine,
            email=email,
            password=sent.text("password"),
            caller=caller,
            former=request.cookies.get(SESSION_COOKIE),
            browser=request.cookies.get(BROWSER_COOKIE, ""),
        )
    except TooManyTries:
        return show_form(
            language, request, place, email=email, kept=kept, mistake="too_many_tries", status=429
        )
    if cookie is None:
        return show_form(language, request, place, email=email, kept=kept, mistake="wrong", status=422)
    answer = onwards(language, request, engine, cookie, place=place, kept=kept)
    return _keep_browser(keep_session(answer, cookie), sessions.browser_cookie(engine, email))


def _keep_browser(answer: Response, cookie: str) -> Response:
    """Returns `answer` with what makes this browser known: nobody locks its user out from elsewhere."""
    lasts = int(KNOWN_AT_MOST.total_seconds())
    answer.set_cookie(BROWSER_COOKIE, cookie, max_age=lasts, secure=True, httponly=True, samesite="lax")
    return answer


def keep_session(answer: Response, cookie: str) -> Response:
    """Returns `answer` with the session that the browser is to keep."""
    lasts = int(LASTS_AT_MOST.total_seconds())
    answer.set_cookie(SESSION_COOKIE, cookie, max_age=lasts, secure=True, httponly=True, samesite="lax")
    return answer


def onwards(
    language: Language, request: Request, engine: Engine, cookie: str, *, place: str, kept: str
) -> Response:
    """Returns the place the reader came from, with what they were writing there."""
    with engine.db.read() as tx:
        session = sessions.recognise(engine, tx, cookie)
    resumed = resume_page(language, request, session, place=place, kept=kept) if session else None
    return resumed or see_place(request, language, safe_place(place))


def show_form(
    language: Language,
    request: Request,
    place: str,
    *,
    email: str = "",
    kept: str = "",
    mistake: str = "",
    status: int = 200,
) -> HTMLResponse:
    """Returns the sign-in page; `kept` is what was being written when a session ended."""
    place = _in_language(language, safe_place(place) or "")
    shown = {"next": place, "email": email, "kept": kept, "problem": mistake, "go": ONLY_SHOW}
    again = Toggle(list(shown.items()), f"/{language}/console/sign-in")
    return console_page(
        "console/sign_in.html",
        language,
        request,
        None,
        texts="console_sign_in",
        status=status,
        toggle=None if request.method == "GET" else again,
        place=place,
        kept=kept,
        email=email,
        mistake=mistake,
        has_provider=state_of(request).identity_provider is not None,
        goes_along=bool(packed(kept)),
    )


def _in_language(language: Language, place: str) -> str:
    """Returns the place as it is in the language in which somebody signs in."""
    return place and f"/{language}{place[len('/en') :]}"


@router.post("/sign-out")
def sign_out(
    _: ConsoleReader, language: PageLanguage, request: Request, engine: EngineOfApp, sent: SentForm
) -> Response:
    """Ends the session on the server and in the browser; what another was writing is kept for them."""
    cookie = request.cookies[SESSION_COOKIE]
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, cookie))
    kept = sent.text("kept")
    answer = (
        show_form(language, request, sent.text("next"), kept=kept)
        if kept
        else to_console(request, language, "sign-in")
    )
    answer.delete_cookie(SESSION_COOKIE, secure=True, httponly=True, samesite="lax")
    return answer
