"""Whether an English and a French text seem to say the same (R126): hints for who wrote them.

A hint never blocks and nothing is ever altered. To add one: a member of `ParityCode`, a line of `_CHECKS`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from outage_service.domain.texts import Bilingual, Language

FRENCH_SHORTEST, FRENCH_LONGEST = Decimal("0.7"), Decimal("2")
"""French is usually a fifth longer; far outside of this, something is likely to be missing."""
_LONG_ENOUGH = 40  # characters; shorter texts differ more

_URL = re.compile(r"(?:https?://|www\.)[^\s<>»]+", re.IGNORECASE)
_TELEPHONE = re.compile(r"(?<![\d.])(?:\+?1[-. \u00a0])?\(?\d{3}\)?[-. \u00a0]\d{3}[-. \u00a0]\d{4}(?!\d)")
_ENGLISH_CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?::(\d\d))?[ \u00a0]?([ap])\.?m\b\.?", re.IGNORECASE)
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?!\d)")
_HOURS = re.compile(
    r"(?<!\d)(\d{1,4})[ \u00a0]?(?:h|hours?|heures?)\b(?:[ \u00a0]?(\d\d)(?!\d))?(?:[ \u00a0]?min\b)?",
    re.IGNORECASE,
)
_NUMBER = {
    Language.EN: re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"),
    Language.FR: re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:,\d+)?|\d+(?:,\d+)?"),
}
_BULLET = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")


class ParityCode(StrEnum):
    """What may differ; the wording is that of the pages."""

    NUMBERS = "numbers"
    TIMES = "times"
    TELEPHONES = "telephones"
    ADDRESSES = "addresses"
    PARAGRAPHS = "paragraphs"
    BULLETS = "bullets"
    TERMS = "terms"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that may be wrong: what only the English and only the French has, or counts of both."""

    code: ParityCode
    english: tuple[str, ...]
    french: tuple[str, ...]


Terms = Sequence[tuple[str, str]]
"""Official pairs, English and French."""


def parity_hints(text: Bilingual, terms: Terms) -> tuple[Hint, ...]:
    """Returns what to look at twice, in the order of `ParityCode`; nothing where both say the same."""
    found = (check(text, terms) for check in _CHECKS)
    return tuple(hint for hint in found if hint is not None)


def _numbers(text: Bilingual, _: Terms) -> Hint | None:
    return _differing(ParityCode.NUMBERS, text, _numbers_of)


def _times(text: Bilingual, _: Terms) -> Hint | None:
    return _differing(ParityCode.TIMES, text, _times_of)


def _telephones(text: Bilingual, _: Terms) -> Hint | None:
    return _differing(
        ParityCode.TELEPHONES, text, lambda said, _: map(_digits, _TELEPHONE.findall(_no_urls(said)))
    )


def _addresses(text: Bilingual, _: Terms) -> Hint | None:
    english = {_twin(url): url for url in _urls(text.en)}
    french = set(_urls(text.fr))
    only_english = tuple(url for twin, url in english.items() if twin not in french)
    only_french = tuple(sorted(french - set(english)))
    return Hint(ParityCode.ADDRESSES, only_english, only_french) if only_english or only_french else None


def _paragraphs(text: Bilingual, _: Terms) -> Hint | None:
    return _counted(ParityCode.PARAGRAPHS, *(len(_PARAGRAPHS.split(text[one].strip())) for one in Language))


def _bullets(text: Bilingual, _: Terms) -> Hint | None:
    return _counted(ParityCode.BULLETS, *(len(_BULLET.findall(text[one])) for one in Language))


def _terms(text: Bilingual, terms: Terms) -> Hint | None:
    pairs = [(term, _has(text.en, term[0]), _has(text.fr, term[1])) for term in terms]
    only_english = tuple(
        f"{en} → {fr}" for (en, fr), in_english, in_french in pairs if in_english and not in_french
    )
    only_french = tuple(
        f"{fr} → {en}" for (en, fr), in_english, in_french in pairs if in_french and not in_english
    )
    return Hint(ParityCode.TERMS, only_english, only_french) if only_english or only_french else None


def _length(text: Bilingual, _: Terms) -> Hint | None:
    english, french = len(text.en), len(text.fr)
    is_usual = FRENCH_SHORTEST * english <= french <= FRENCH_LONGEST * english
    if is_usual or max(english, french) < _LONG_ENOUGH:
        return None
    return Hint(ParityCode.LENGTH, (str(english),), (str(french),))


_CHECKS: tuple[Callable[[Bilingual, Terms], Hint | None], ...] = (
    _numbers,
    _times,
    _telephones,
    _addresses,
    _paragraphs,
    _bullets,
    _terms,
    _length,
)


def _differing(
    code: ParityCode, text: Bilingual, find: Callable[[str, Language], Iterable[str]]
) -> Hint | None:
    english, french = (Counter(find(text[language], language)) for language in Language)
    only_english, only_french = (english - french).elements(), (french - english).elements()
    hint = Hint(code, tuple(only_english), tuple(only_french))
    return hint if hint.english or hint.french else None


def _counted(code: ParityCode, english: int, french: int) -> Hint | None:
    return Hint(code, (str(english),), (str(french),)) if english != french else None


def _urls(text: str) -> list[str]:
    return [url.rstrip(".,;:!?)") for url in _URL.findall(text)]


def _twin(url: str) -> str:
    """Returns the French address of an English page."""
    return url.replace("-eng.", "-fra.").replace("/en/", "/fr/").replace("/eng/", "/fra/")


def _no_urls(text: str) -> str:
    return _URL.sub(" ", text)


def _digits(telephone: str) -> str:
    return "".join(character for character in telephone if character.isdigit())[-10:]


def _without_telephones(text: str) -> str:
    return _TELEPHONE.sub(" ", _no_urls(text))


def _times_of(text: str, _: Language) -> list[str]:
    """Returns times of the day and spans of hours alike, `3:20`: "2 h" may be either."""
    said = _without_telephones(text)
    found = [
        _clock(int(hour) % 12 + (12 if half in "pP" else 0), minute)
        for hour, minute, half in _ENGLISH_CLOCK.findall(said)
    ]
    said = _ENGLISH_CLOCK.sub(" ", said)
    for pattern in (_CLOCK, _HOURS):
        found += [_clock(int(hour), minute) for hour, minute in pattern.findall(said)]
        said = pattern.sub(" ", said)
    return found


def _clock(hour: int, minute: str) -> str:
    return f"{hour}:{minute or '00'}"


def _numbers_of(text: str, language: Language) -> list[str]:
    said = _without_telephones(text)
    for pattern in (_ENGLISH_CLOCK, _CLOCK, _HOURS):
        said = pattern.sub(" ", said)
    return [_plain(number, language) for number in _NUMBER[language].findall(said)]


def _plain(number: str, language: Language) -> str:
    """Returns a number as both languages would write it: digits and a full stop."""
    if language is Language.EN:
        return number.replace(",", "")
    return re.sub(r"[ \u00a0\u202f]", "", number).replace(",", ".")


def _has(text: str, term: str) -> bool:
    """Returns whether a text uses a term, plurals included; of an abbreviation, capitals count (FAST)."""
    keeps_case = term.isupper()
    return _words(term, keeps_case=keeps_case) in _words(text, keeps_case=keeps_case)


def _words(text: str, *, keeps_case: bool) -> str:
    said = text if keeps_case else text.casefold()
    words = "".join(c if c.isalnum() or c in "()/" else " " for c in said).split()
    return f" {' '.join(word if keeps_case else word.rstrip('s') for word in words)} "
