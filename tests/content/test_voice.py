"""The sentences of the help lines: complete, parallel in both languages, and free of the forbidden word."""

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from outage_service.content.voice import Pattern, load_voice
from outage_service.domain.broadcasts import says_normal
from outage_service.domain.systems import Direction
from outage_service.domain.texts import Bilingual


def sentences(entry: object) -> Iterator[Bilingual]:
    """Finds every sentence below an entry."""
    if isinstance(entry, Bilingual):
        yield entry
    elif isinstance(entry, BaseModel):
        for name in type(entry).model_fields:
            yield from sentences(getattr(entry, name))
    elif isinstance(entry, dict):
        for value in entry.values():
            yield from sentences(value)


def test_only_the_sentence_for_nothing_open_says_normal() -> None:
    """R22."""
    voice = load_voice()
    saying = [s for s in sentences(voice) if says_normal(s.en) or says_normal(s.fr)]
    assert saying == [voice.running.one, voice.running.many]


def test_each_single_direction_has_words() -> None:
    assert set(load_voice().directions) == {Direction.INBOUND, Direction.OUTBOUND}


def test_french_typography_holds() -> None:
    french = [sentence.fr for sentence in sentences(load_voice())]
    assert len(french) > 25
    assert not [text for text in french if re.search(r"(?<!\u00a0):|['!?]|\s;|\d h\b", text)]


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param({"en": "{names} since {since}", "fr": "{names}"}, id="a blank in one language only"),
        pytest.param({"en": "{names}", "fr": " "}, id="no French"),
        pytest.param({"en": "{names}"}, id="French left out"),
    ],
)
def test_a_sentence_that_is_not_the_same_in_both_languages_is_refused(pattern: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Pattern).validate_python(pattern)
