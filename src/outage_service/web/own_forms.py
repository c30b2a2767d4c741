"""Forms of our own pages: whether a request comes from one (CSRF), and what was typed in it."""

from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from outage_service.web.problems import Problem, Refusal

FORM_FIELDS_AT_MOST = 500
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
    return form
