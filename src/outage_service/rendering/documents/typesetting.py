"""Setting a document: a template and its data in, the bytes of a tagged PDF out."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_TEMPLATES = Path(__file__).resolve().parent
_ACCESSIBLE = "ua-1"
"""PDF/UA-1 (ISO 14289-1): tags, title, languages; typst refuses what would break it."""


class DocumentsUnavailable(Exception):
    """What makes documents is not installed."""

    def __init__(self) -> None:
        super().__init__("Documents cannot be made here: install outage-service[pdf].")


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """Returns the PDF that `template` (`bulletin.typ`) makes of `data`, which must be fit for JSON.

    The same template and data give the same bytes. It keeps to PDF/UA-1; only where a text holds a
    character that no font here has (an emoji) it is tagged alike but does not claim the standard.

    Raises:
        DocumentsUnavailable: the extra `pdf` is not installed.
        RuntimeError: the template is wrong, or does not fit the data.
    """
    try:
        return _compile(template, data, standards=[_ACCESSIBLE])
    except _typst().TypstError:
        made = _compile(template, data, standards=[])
        log.warning("document_without_standard", template=template)
        return made


def _compile(template: str, data: Mapping[str, Any], *, standards: list[str]) -> bytes:
    made: bytes = _typst().compile(
        _TEMPLATES / template,
        root=_TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
        pdf_standards=standards,
        timestamp=0,
    )
    return made


@cache
def _fonts() -> Any:  # noqa: ANN401 - `typst.Fonts`, known only where the extra is installed
    """Returns the fonts that typst itself brings: the same on every machine."""
    return _typst().Fonts(include_system_fonts=False)


def _typst() -> ModuleType:
    return optional_module("typst")


def optional_module(name: str) -> ModuleType:
    """Returns a module of the extra `pdf`.

    Raises:
        DocumentsUnavailable: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise DocumentsUnavailable from error
