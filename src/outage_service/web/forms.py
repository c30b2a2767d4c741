"""Forms of our own pages: whether a request comes from one (CSRF), what it sent, and how it is shown again.

A page that answers a form has no link of its own. Its language toggle sends the form once more, with
`go=show`: the route shows the page and does nothing. A route that understands that says so to its page:
`toggle=sends_again(request)`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from outage_service.web.problems import Problem, Refusal

FORM_FIELDS_AT_MOST = 500
ONLY_SHOW = "show"
"""The `go` of a form that is to be shown with what is typed in it, and not acted upon."""
RESUME = "resume"
"""The same, of a form that signing in has interrupted."""
SHOWING = {ONLY_SHOW, RESUME}
"""All values of `go` that only show a form."""
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

    Raises:
        Refusal: 400, it names another charset than UTF-8.
    """
    _, options = parse_options_header(request.headers.get("content-type"))
    # Any codec that Python has could be named. Some fail in ways of their own, or leave lone surrogates
    # behind; that of domain names takes seconds for a form, while nobody else is answered (P23).
    if options.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise Refusal(_UNREADABLE)
    form = await request.form(max_files=1, max_fields=fields_at_most)
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


class Sent:
    """The fields of a form, as they were sent; what is missing is blank."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    @property
    def is_only_shown(self) -> bool:
        """Whether the form is to be shown in another language or once more, and not acted upon."""
        return self.text("go") in SHOWING

    def text(self, name: str) -> str:
        """Returns a field; lines end with a line feed, for browsers send two characters."""
        found = self._form.get(name, "")
        return found.replace("\r\n", "\n") if isinstance(found, str) else ""

    def texts(self, name: str) -> list[str]:
        """Returns all fields of a name, such as ticked boxes."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """Returns a file, if one was chosen."""
        found = self._form.get(name)
        return found if isinstance(found, UploadFile) and found.filename else None


async def _sent(request: Request) -> Sent:
    return Sent(await read_form(request))


SentForm = Annotated[Sent, Depends(_sent)]
"""The form; stands behind the access rule in a route's parameters."""


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
