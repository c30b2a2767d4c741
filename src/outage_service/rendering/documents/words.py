"""What a document says besides its data: one YAML file a document, English and French side by side."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from outage_service.domain.texts import Bilingual

_FOLDER = Path(__file__).resolve().parent


@cache
def load_words(document: str) -> Mapping[str, Bilingual]:
    """Returns the texts of `document.yaml`, complete in both languages.

    Raises:
        pydantic.ValidationError: a text lacks a language.
    """
    texts = TypeAdapter(dict[str, Bilingual])
    return texts.validate_python(yaml.safe_load((_FOLDER / f"{document}.yaml").read_text(encoding="utf-8")))
