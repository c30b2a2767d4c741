"""How a page of the site is made: one language, the same address in the other, texts from `web/texts`."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path as FilePath
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Path
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.domain.calendar import iso_utc
from outage_service.domain.texts import Language
from outage_service.edge.pages import PAGE_POLICY as SITE_POLICY
from outage_service.rendering.layouts import verbatim
from outage_service.rendering.times import NBSP
from outage_service.web.forms import Toggle
from outage_service.web.route_table import methods_at
from outage_service.web.texts import texts_in

TEMPLATES = FilePath(__file__).resolve().parents[1] / "templates"
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
    status: int = 200,
    freshness: Freshness = Freshness.PUBLIC,
    toggle: Toggle | None = None,
    **values: object,
) -> HTMLResponse:
    """Returns the page that `templates/site/<template>` makes.

    Args:
        texts: the file of `web/texts` whose texts the template calls `t.<key>`, besides those of the site.
        freshness: what is not for everybody must not be stored.
        toggle: see `forms.Toggle`.
        values: what the template needs besides; a name that is missing fails loudly. `here` is which entry
            of the navigation the page is, as its path below the language.
    """
    content = render_page(
        template,
        language,
        texts=texts,
        base_url=base_url,
        other_url=_other_url(request, language, base_url, toggle),
        again=toggle.again if toggle else None,
        **values,
    )
    headers = {
        "Content-Security-Policy": SITE_POLICY,
        "Content-Language": f"{language}-CA",
        "Cache-Control": freshness,
    }
    return HTMLResponse(content, status, headers)


class _Texts:
    """What templates call `t`: its names are the texts' alone, where a mapping has `clear` and `items`."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> str:
        return self._texts[name]


def render_page(template: str, language: Language, *, texts: str, base_url: str, **values: object) -> str:
    """Returns a page's HTML; `values` have `other_url`, for there need be no request."""
    return (
        _environment()
        .get_template(f"site/{template}")
        .render(
            {"here": None, "again": None} | values,
            lang=language,
            t=_Texts(texts_in(texts, language)),
            base_path=base_path(base_url),
        )
    )


def base_path(base_url: str) -> str:
    """Returns what stands before every path of ours, where the service has not a host to itself."""
    return urlsplit(base_url).path.rstrip("/")


def _path_of(request: Request, toggle: Toggle | None) -> str:
    """Returns the path of this page; of one that no link leads to, the nearest above it that is a page."""
    if toggle and toggle.path:
        return toggle.path
    # With two slashes in front it would be the address of another host.
    path = f"/{request.url.path.lstrip('/')}"
    if request.method != "POST" or toggle:
        return path
    while path and "GET" not in methods_at(request.app, path):
        path = path.rpartition("/")[0]
    return path or "/"


def _other_url(request: Request, language: Language, base_url: str, toggle: Toggle | None) -> str:
    """Returns this very page in the other language: the toggle keeps the place.

    Links in mail lead to paths without a language; there `lang` says which.
    """
    path, other = _path_of(request, toggle), language.other
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    if f"{path}/".startswith(f"/{language}/"):
        path = f"/{other}{path.removeprefix(f'/{language}')}"
    else:
        asked = [*((name, value) for name, value in asked if name != "lang"), ("lang", other.value)]
    query = f"?{urlencode(asked)}" if asked else ""
    return f"{base_path(base_url)}{quote(path)}{query}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["fill"] = fill
    environment.filters["verbatim"] = verbatim
    environment.filters["utc"] = iso_utc
    return environment


def thousands(number: int, language: Language) -> str:
    """Returns `12,345` / `12 345`."""
    return f"{number:,}".replace(",", "," if language is Language.EN else NBSP)


def fill(text: str, **values: object) -> Markup:
    """Returns `text` with its `{name}` places filled; what is filled in is escaped."""
    return escape(text).format(**{name: escape(value) for name, value in values.items()})
