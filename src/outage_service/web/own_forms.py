"""Forms of our own pages: whether a request comes from one (CSRF), and what was typed in it.

A page that answers a form has no link of its own. Its language toggle sends the form once more, with
`go=show`: the route shows the page and does nothing. A route that understands that says so to its page:
`toggle=sends_again(request)`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from outage_service.web.problems import Problem, Refusal

FORM_FIELDS_AT_MOST = 500
ONLY_SHOW = "show"
"""The `go` of a form that is to be shown with what is typed in it, and not acted upon."""
SHOWING = {ONLY_SHOW, "resume"}
"""So are those that were interrupted: by a session that ended, for one."""
Fields = list[tuple[str, str]]
_NEVER_SHOWN = {"csrf", "once", "password", "again"}
"""Secrets, and what belongs to a form as it was sent."""
_UNREADABLE = Problem(400, "bad_request", "The form could not be read.")
_OWN = {"same-origin", "none"}  # none: the reader's own doing, such as repeating a page


def is_from_our_site(request: Request, base_url: str) -> bool:
    """Returns whether the browser says that a page of this very origin sent the request.

    Browsers tell by `Sec-Fetch-Site`, older ones by `Origin`. What says neither is no browser that another
    site could steer; the form's token is asked for besides.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return _host_of(origin) in {request.headers.get("host", ""), urlsplit(base_url).netloc} - {""}


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def read_form(request: Request, *, fields_at_most: int = FORM_FIELDS_AT_MOST) -> FormData:
    """Returns the form that was sent; read once, it is kept.

    A form of several parts may name any codec that Python has: some fail in ways of their own, others leave
    lone surrogates behind, which no page could be written with.

    Raises:
        Refusal: 400, its text cannot be read.
    """
    try:
        form = await request.form(max_files=1, max_fields=fields_at_most)
        for name, value in form.multi_items():
            f"{name}{value if isinstance(value, str) else ''}".encode()
    except UnicodeError as error:
        raise Refusal(_UNREADABLE) from error
    note_typed(request, form.multi_items())
    return form


def note_typed(request: Request, fields: Iterable[tuple[str, object]]) -> None:
    """Keeps what was typed while the request is answered, for `sends_again`."""
    request.state.typed = typed_in(fields)


def typed_in(fields: Iterable[tuple[str, object]]) -> Fields:
    """Returns the texts of a form that may be shown again; no secrets, no files, no blanks."""
    return [
        (name, value)
        for name, value in fields
        if isinstance(value, str) and value and name not in _NEVER_SHOWN
    ]


@dataclass(frozen=True, slots=True)
class Toggle:
    """What leads to a page in the other language, where that is not simply its own address.

    Args:
        again: what has to be sent for it; None: it is a link.
        path: its path in the language that it is in; None: where it was asked for.
    """

    again: Fields | None = None
    path: str | None = None


def sends_again(request: Request, *, steps: Mapping[str, str] | None = None) -> Toggle | None:
    """Returns what shows a page once more that answers a form; None for a page that does not.

    Args:
        steps: the buttons that act, each with the one that shows the same; the others only show. None: of
            this form no button only shows.
    """
    typed: Fields | None = getattr(request.state, "typed", None)
    if typed is None:
        return None
    go = dict(typed).get("go", "")
    shown = ONLY_SHOW if steps is None else steps.get(go, go)
    return Toggle([*((name, value) for name, value in typed if name != "go"), ("go", shown)])
