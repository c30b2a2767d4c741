"""Reads the content files beside this module, once."""

from functools import cache
from pathlib import Path

import yaml

from outage_service.content.catalogue import Content

_FOLDER = Path(__file__).resolve().parent


@cache
def load_content() -> Content:
    """Returns the content, complete in both languages.

    Raises:
        pydantic.ValidationError: a file lacks an entry or a language, or has a key nobody knows.
    """
    return read_content(_FOLDER)


def read_content(folder: Path) -> Content:
    """Returns the content of the YAML files in `folder`, one for each field of `Content`."""
    return Content.model_validate({name: _read(folder / f"{name}.yaml") for name in Content.model_fields})


def _read(path: Path) -> object:
    with path.open(encoding="utf-8") as file:
        return yaml.safe_load(file)
