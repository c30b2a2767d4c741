"""What was being written when a session ended: carried through the sign-in page, and given back after it.

It stays in the browser's own forms, and in a cookie while its user is at an identity provider: nothing is
kept here for who is not signed in.
"""

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Set
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.services.sessions import SignedIn
from outage_service.web.forms import (
    FORM_FIELDS_AT_MOST,
    ONLY_SHOW,
    RESUME,
    Toggle,
    is_from_our_site,
    read_form,
)
from outage_service.web.pages.console.shell import USER_FIELD, console_page, safe_place, user_field
from outage_service.web.state import state_of

_FORMS = re.compile(
    r"/(?:en|fr)/console/"
    r"(?:declare|outages/[\w-]+/\w+|external/(?:new|\d+)|lines/\w+|subscribers/(?:new|\d+))",
    re.ASCII,
)
"""The forms that take `go=resume`: they show what was written, and do nothing."""
KEPT_COOKIE = "__Host-outage-kept"
_COOKIE_AT_MOST = 3_800
"""Characters: browsers keep no cookie over 4,096 bytes. In general more than two full texts in few words."""
_KEPT_AT_MOST = 64 * 1024
_TEXTS = (
    *("message_en", "message_fr", "text"),
    *("client", "contact", "description"),  # of clients' outages
    *("en", "fr"),  # of telephone lines
    "email",  # of subscribers
)
"""The fields that people write in, of whatever form: without any of them nothing is lost."""
_OF_ITS_SESSION = {"csrf", "go", "once"}
"""What belongs to the form as it was sent: it must be looked at again before anything goes out."""


def is_resumable(request: Request) -> bool:
    """Returns whether the request sends a form that can be shown with what was written, and do nothing."""
    return request.method == "POST" and _FORMS.fullmatch(request.url.path) is not None


async def written_in(request: Request) -> str:
    """Returns what a form of ours had in it, for `kept`; blank where it has no text of anybody's."""
    if not is_resumable(request) or not is_from_our_site(request, state_of(request).engine.base_url):
        return ""
    form = await read_form(request)
    return _kept(form) if any(_is_text(form.get(name)) for name in _TEXTS) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _kept(form: FormData) -> str:
    return urlencode(
        [
            (name, value)
            for name, value in form.multi_items()
            if isinstance(value, str) and value and name not in _OF_ITS_SESSION
        ]
    )


def packed(kept: str) -> str:
    """Returns what was being written, for `KEPT_COOKIE`; blank where it is too long for one."""
    made = urlsafe_b64encode(zlib.compress(kept.encode(errors="replace"))).decode() if kept else ""
    return made if len(made) <= _COOKIE_AT_MOST else ""


def unpacked(cookie: str) -> str:
    """Returns what `packed` was given; blank for anything else."""
    try:
        raw = urlsafe_b64decode(cookie.encode())
        return zlib.decompressobj().decompress(raw, _KEPT_AT_MOST).decode()
    except (ValueError, zlib.error):
        return ""


def resume_page(
    language: Language, request: Request, session: SignedIn, *, place: str, kept: str
) -> HTMLResponse | None:
    """Returns a page from which the form at `place` goes on with what was written; None if it is no page.

    What another user wrote is not shown: whoever sent it on would do so under their own name.
    """
    known = safe_place(place)
    if not kept or known is None or not _FORMS.fullmatch(known):
        return None
    try:
        fields = parse_qsl(kept, keep_blank_values=True, max_num_fields=FORM_FIELDS_AT_MOST)
    except ValueError:  # more than any form of ours has
        return None
    given = [
        (name, value)
        for name, value in fields
        if name not in _OF_ITS_SESSION and not name.startswith(USER_FIELD)
    ]
    is_of_another = _is_of_another(session, {name for name, _ in fields if name.startswith(USER_FIELD)})
    left = Toggle([("next", known), ("kept", kept), ("go", ONLY_SHOW)], f"/{language}/console/sign-in")
    return console_page(
        "console/resume.html",
        language,
        request,
        session,
        texts="console_sign_in",
        toggle=left if is_of_another else Toggle([*given, ("go", RESUME)], known),
        place=known,
        kept=kept,
        is_of_another=is_of_another,
        fields=given,
    )


def _is_of_another(session: SignedIn, writers: Set[str]) -> bool:
    return bool(writers) and user_field(session) not in writers
