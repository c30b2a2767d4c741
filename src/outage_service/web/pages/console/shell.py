"""The frame of every page of the console: navigation, who is signed in, and the way out.

    @router.get("/console/things")
    def show(session: ConsoleReader, frame: PageFrame) -> HTMLResponse:
        return frame.page("console/things.html", session, texts="console_things", here="things")

A template extends `site/console/_console.html` and fills `title` and `content`; each form in it holds
`{{ csrf_field }}`. A form that succeeds leads on with `frame.lead_to`.
"""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from outage_service.content import load_content
from outage_service.domain.roles import AUDITORS, OPERATORS, Role
from outage_service.domain.texts import Language
from outage_service.rendering.words import Words
from outage_service.services.engine import Engine
from outage_service.services.sessions import SignedIn
from outage_service.web.forms import ONLY_SHOW, Fields, Toggle
from outage_service.web.pages.problems import kilobytes_taken
from outage_service.web.pages.site import Freshness, PageLanguage, site_page
from outage_service.web.problems import Problem
from outage_service.web.state import EngineOfApp, state_of
from outage_service.web.texts import texts_in

_CONSOLE = re.compile(r"/(en|fr)/console(?:/.*)?", re.ASCII | re.DOTALL)
_PLACE = re.compile(r"/(?:en|fr)/console(?:/[\w./?&=:%+-]*)?", re.ASCII)
_ADMIN = frozenset({Role.ADMIN})
USER_FIELD = "user-"
"""How the name of `user_field` begins."""
# Path below the console, key of its label in `console.yaml`, and for whom (the rule is the route's).
NAVIGATION: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("", "nav_board", OPERATORS | AUDITORS),
    ("declare", "nav_declare", OPERATORS),
    ("schedule", "nav_schedule", OPERATORS | AUDITORS),
    ("external", "nav_external", OPERATORS | AUDITORS),
    ("lines", "nav_lines", OPERATORS | AUDITORS),
    ("reports", "nav_reports", OPERATORS | AUDITORS),
    ("subscribers", "nav_subscribers", _ADMIN),
    ("audit", "nav_audit", AUDITORS),
    ("users", "nav_users", _ADMIN),
)


def console_page(
    template: str,
    language: Language,
    request: Request,
    session: SignedIn | None,
    *,
    texts: str,
    here: str | None = None,
    status: int = 200,
    toggle: Toggle | None = None,
    **values: object,
) -> HTMLResponse:
    """Returns a page of the console, which nobody stores.

    Args:
        template: as `console/board.html`.
        session: None where nobody is signed in: then there is no navigation.
        texts: the file of `web/texts` whose texts the template calls `t.<key>`; `c.<key>` are the console's.
        here: which entry of the navigation the page is, as its path below the console.
        toggle: see `forms.Toggle`.
    """
    shown = site_page(
        template,
        language,
        request,
        texts=texts,
        base_url=state_of(request).engine.base_url,
        status=status,
        toggle=toggle,
        freshness=Freshness.PRIVATE,
        c=texts_in("console", language),
        console_here=here,
        console_navigation=_navigation(session),
        signed_in=session,
        csrf_field=_csrf_field(session),
        **values,
    )
    # With no referrer at all browsers hide the origin of forms, too.
    shown.headers["Referrer-Policy"] = "same-origin"
    return shown


def _navigation(session: SignedIn | None) -> list[tuple[str, str]]:
    role = session.actor.role if session else None
    return [(path, label) for path, label, roles in NAVIGATION if role in roles]


def _csrf_field(session: SignedIn | None) -> Markup:
    if session is None:
        return Markup("")
    # Browsers know a form after Back by its action and first names, and fill it in again: the next to use
    # a tab would get what another typed. So the name tells users' forms apart.
    return Markup(
        '<input type="hidden" name="{}" value="1"><input type="hidden" name="csrf" value="{}">'
    ).format(user_field(session), session.csrf)


def user_field(session: SignedIn) -> str:
    """Returns the name of the field by which each form of the console says whose it is."""
    return f"{USER_FIELD}{session.user_id}"


def to_console(request: Request, language: Language, path: str = "") -> RedirectResponse:
    """Returns what leads on to a page of the console after a form; `path` is below the console."""
    return _see(request, f"/{language}/console/{path}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What pages of the console are made with."""

    language: Language
    request: Request
    engine: Engine

    @property
    def words(self) -> Words:
        """Content in the language of the page."""
        return Words(load_content(), self.language)

    def page(
        self,
        template: str,
        session: SignedIn,
        *,
        texts: str,
        here: str | None = None,
        status: int = 200,
        toggle: Toggle | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Returns a page, with `words` for its template; the rest: see `console_page`."""
        return console_page(
            template,
            self.language,
            self.request,
            session,
            texts=texts,
            here=here,
            status=status,
            toggle=toggle,
            words=self.words,
            **values,
        )

    def lead_to(self, path: str) -> RedirectResponse:
        """See `to_console`."""
        return to_console(self.request, self.language, path)


async def _frame(language: PageLanguage, request: Request, engine: EngineOfApp) -> Frame:
    return Frame(language, request, engine)


PageFrame = Annotated[Frame, Depends(_frame)]
"""Stands behind the access rule in a route's parameters."""


def to_sign_in(request: Request) -> Response:
    """Returns what leads to the sign-in page, and from there back to this place."""
    language = console_language(request.url.path) or Language.EN
    return _see(request, f"/{language}/console/sign-in?next={quote(_place_of(request), safe='/')}")


def _place_of(request: Request) -> str:
    """Returns where the reader is: for a form, the page that it stood on."""
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return safe_place(f"{request.url.path}{query}") or ""
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    base_path = urlsplit(state_of(request).engine.base_url).path.rstrip("/")
    return safe_place(came_from.path.removeprefix(base_path)) or ""


def safe_place(given: str) -> str | None:
    """Returns the place to go back to if it is a page of the console; another site's address is not."""
    is_inside = _PLACE.fullmatch(given) and "//" not in given and "/sign-" not in given
    return given if is_inside else None


def see_place(request: Request, language: Language, place: str | None) -> RedirectResponse:
    """Returns what leads to a place that `safe_place` let pass, else to the board."""
    return _see(request, place or f"/{language}/console/")


def _see(request: Request, path: str) -> RedirectResponse:
    base_path = urlsplit(state_of(request).engine.base_url).path.rstrip("/")
    return RedirectResponse(f"{base_path}{path}", 303, {"Cache-Control": "no-store"})


def console_language(path: str) -> Language | None:
    """Returns the language of a page of the console; None for any other path."""
    found = _CONSOLE.fullmatch(path)
    return Language(found[1]) if found else None


def console_problem(
    request: Request,
    problem: Problem,
    language: Language,
    *,
    repeated: Fields | None = None,
    toggle: Toggle | None = None,
) -> HTMLResponse:
    """Returns what a person at the console is told in place of a problem.

    Args:
        repeated: the form that met it, to be sent once more.
        toggle: see `forms.Toggle`.
    """
    shown = console_page(
        "console/problem.html",
        language,
        request,
        None,
        texts="console",
        status=problem.status,
        toggle=toggle,
        told=_told(problem),
        repeated=repeated,
        only_show=ONLY_SHOW,
        place=request.url.path,
        limit=kilobytes_taken(problem, language),
    )
    shown.headers.update(problem.headers)
    return shown


def _told(problem: Problem) -> str:
    known = {
        "role_not_permitted": "not_permitted",
        "not_permitted": "not_permitted",
        "foreign_form": "foreign",
    }
    if problem.code in known:
        return known[problem.code]
    by_status = {404: "unknown", 409: "conflict", 412: "conflict", 413: "too_large", 429: "too_many"}
    return by_status.get(problem.status, "unavailable" if problem.status >= 500 else "refused")
