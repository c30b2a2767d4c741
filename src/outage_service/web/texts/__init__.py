"""What each page says: one YAML file a page, English and French side by side, checked when it is loaded.

To add a text: a line in the page's file. What several pages say stands in `site.yaml`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import ConfigDict, TypeAdapter

from outage_service.domain.texts import Bilingual, Language

_FOLDER = Path(__file__).resolve().parent
# A comma in a text that is not quoted would begin another key: none may be passed over.
_TEXTS = TypeAdapter(dict[str, Bilingual], config=ConfigDict(extra="forbid"))
SITE = "site"


@cache
def load_texts(page: str) -> Mapping[str, Bilingual]:
    """Returns the texts of `page.yaml`, complete in both languages.

    Raises:
        pydantic.ValidationError: a text lacks a language.
        FileNotFoundError: there is no such page.
    """
    return read_texts((_FOLDER / f"{page}.yaml").read_text(encoding="utf-8"))


def read_texts(written: str) -> Mapping[str, Bilingual]:
    """Returns the texts that a YAML document holds; see `load_texts` for what it raises."""
    return _TEXTS.validate_python(yaml.safe_load(written))


@cache
def texts_in(page: str, language: Language) -> Mapping[str, str]:
    """Returns what `page` and all pages say in `language`; the page's own text goes before the common one."""
    both = {**load_texts(SITE), **load_texts(page)}
    return {key: text[language] for key, text in both.items()}


def first_of(texts: Mapping[str, str], *keys: str) -> str:
    """Returns the text of the first key that has one; the last one must."""
    return next(texts[key] for key in keys if key in texts)


def pages() -> list[str]:
    """Returns the names of all files of texts."""
    return sorted(file.stem for file in _FOLDER.glob("*.yaml"))
