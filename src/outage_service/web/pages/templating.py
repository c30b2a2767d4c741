"""How a page is made: a template of `web/templates`, filled strictly, in both languages."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.web.languages import in_order
from outage_service.web.wording import load_wording

FOLDER = Path(__file__).resolve().parents[1] / "templates"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def environment() -> Environment:
    """Returns how templates of `web/templates` are read: strictly, and escaped."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


_environment = cache(environment)


def page(
    template: str, first: Language, *, base_url: str, status: int = 200, **values: object
) -> HTMLResponse:
    """Returns the page a template makes; `first` is the language that comes first."""
    content = (
        _environment()
        .get_template(template)
        .render(
            text=load_wording(),
            languages=(first, first.other),
            base_path=urlsplit(base_url).path.rstrip("/"),
            **values,
        )
    )
    headers = {"Content-Security-Policy": PAGE_POLICY, "Content-Language": in_order(first)}
    return HTMLResponse(content, status, headers)
