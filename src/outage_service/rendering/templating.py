"""How templates are found and filled: strictly, and escaped wherever the result is HTML."""

import re
from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from outage_service.resources import data_path

_BREAKS = " \t\n"
"""Where our prose may break: never at a no-break space, which `str.split` would take for one."""


@cache
def environment() -> Environment:
    """Returns the environment of `templates/`.

    A name that ends in `.html` is escaped, any other is not: an escaped template must not be called
    `.html.j2`. An unknown variable is an error, never a blank.
    """
    return Environment(
        loader=FileSystemLoader(data_path("templates")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def require(names: Iterable[str]) -> None:
    """Compiles every template, so that the first bulletin is not the one to wait for it.

    Raises:
        jinja2.TemplateNotFound: one of `names` is missing.
        jinja2.TemplateSyntaxError: any template is wrong.
    """
    for name in {*names, *environment().list_templates()}:
        environment().get_template(name)


def paragraphs(text: str) -> tuple[str, ...]:
    """Returns the paragraphs of a rendered prose template, each on one line; blank lines part them."""
    blocks = [block.strip(_BREAKS) for block in re.split(r"\n[ \t]*\n", text)]
    return tuple(re.sub(f"[{_BREAKS}]+", " ", block) for block in blocks if block)
