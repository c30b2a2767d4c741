"""How a page of the site is made: one language, the same address in the other, texts from `web/texts`."""

from enum import StrEnum
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Path
from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.web.pages import templating
from outage_service.web.texts import texts_in

SITE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PageLanguage = Annotated[Language, Path(alias="language", description="The language of the page.")]


class Freshness(StrEnum):
    """How long a page may be kept by whoever gets it."""

    PUBLIC = "no-cache"
    PRIVATE = "no-store"


def site_page(
    template: str,
    language: Language,
    request: Request,
    *,
    texts: str,
    base_url: str,
    here: str | None = None,
    status: int = 200,
    freshness: Freshness = Freshness.PUBLIC,
    **values: object,
) -> HTMLResponse:
    """Returns the page that `templates/site/<template>` makes.

    Args:
        texts: the file of `web/texts` whose texts the template calls `t.<key>`, besides those of the site.
        here: which entry of the navigation the page is, as its path below the language.
        freshness: what is not for everybody must not be stored.
        values: what the template needs besides; a name that is missing fails loudly.
    """
    content = render_page(
        template,
        language,
        texts=texts,
        base_url=base_url,
        here=here,
        other_url=_other_url(request, language, base_url),
        **values,
    )
    headers = {
        "Content-Security-Policy": SITE_POLICY,
        "Content-Language": f"{language}-CA",
        "Cache-Control": freshness,
    }
    return HTMLResponse(content, status, headers)


def render_page(template: str, language: Language, *, texts: str, base_url: str, **values: object) -> str:
    """Returns a page's HTML; `values` have `here` and `other_url`, for there need be no request."""
    return (
        _environment()
        .get_template(f"site/{template}")
        .render(
            lang=language,
            t=texts_in(texts, language),
            base_path=urlsplit(base_url).path.rstrip("/"),
            **values,
        )
    )


def _other_url(request: Request, language: Language, base_url: str) -> str:
    """Returns this very page in the other language: the toggle keeps the place."""
    path = request.url.path.removeprefix(f"/{language}")
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{urlsplit(base_url).path.rstrip('/')}/{language.other}{path}{query}"


@cache
def _environment() -> Environment:
    environment = templating.environment()
    environment.filters["fill"] = fill
    return environment


def fill(text: str, **values: object) -> Markup:
    """Returns `text` with its `{name}` places filled; what is filled in is escaped."""
    return escape(text).format(**{name: escape(value) for name, value in values.items()})
