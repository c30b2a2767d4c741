"""Which language comes first: what was asked for, else what the reader's browser prefers, else English."""

import re
from typing import Annotated

from fastapi import Depends, Header, Query

from outage_service.domain.texts import Language

# No two runs of blanks side by side: anybody may send a long one, which would cost the square of its length.
_RANGE = re.compile(r"([a-zA-Z*]{1,8})(?:-[a-zA-Z0-9-]*)?(?:\s*;\s*q=([01](?:\.\d{0,3})?))?")


def first_language(accept_language: str) -> Language:
    """Returns the official language an `Accept-Language` prefers; English where it prefers neither."""
    weights = dict.fromkeys(Language, 0.0)
    for part in accept_language.split(",")[:20]:
        found = _RANGE.fullmatch(part.strip())
        if found and found[1].lower() in set(Language):
            language = Language(found[1].lower())
            weights[language] = max(weights[language], float(found[2] or 1))
    return Language.FR if weights[Language.FR] > weights[Language.EN] else Language.EN


def _asked(
    lang: Annotated[
        Language | None, Query(description="Which language comes first; else `Accept-Language` decides.")
    ] = None,
    accept_language: Annotated[str, Header(include_in_schema=False)] = "",
) -> Language:
    return lang or first_language(accept_language)


FirstLanguage = Annotated[Language, Depends(_asked)]


def in_order(first: Language) -> str:
    """Returns the `Content-Language` of what has both languages, `first` first."""
    return f"{first}-CA, {first.other}-CA"
