"""What each page says: one YAML file a page, English and French side by side, checked when it is loaded.

To add a text: a line in the page's file. What several pages say stands in `site.yaml`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from outage_service.domain.texts import Bilingual, Language

_FOLDER = Path(__file__).resolve().parent
_TEXTS = TypeAdapter(dict[str, Bilingual])
SITE = "site"


@cache
def load_texts(page: str) -> Mapping[str, Bilingual]:
    """Returns the texts of `page.yaml`, complete in both languages.

    Raises:
        pydantic.ValidationError: a text lacks a language.
        FileNotFoundError: there is no such page.
    """
    written = (_FOLDER / f"{page}.yaml").read_text(encoding="utf-8")
    return _TEXTS.validate_python(yaml.safe_load(written))


@cache
def texts_in(page: str, language: Language) -> Mapping[str, str]:
    """Returns what `page` and all pages say in `language`; the page's own text goes before the common one."""
    both = {**load_texts(SITE), **load_texts(page)}
    return {key: text[language] for key, text in both.items()}


def pages() -> list[str]:
    """Returns the names of all files of texts."""
    return sorted(file.stem for file in _FOLDER.glob("*.yaml"))
