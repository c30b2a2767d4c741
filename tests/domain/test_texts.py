"""Texts in both official languages; neither is a fallback for the other (section 14)."""

import pytest

from outage_service.domain.texts import Bilingual, Language


def test_a_text_is_read_by_language() -> None:
    """One text, twice."""
    text = Bilingual("Release", "Mainlevée")
    assert [text[language] for language in Language] == ["Release", "Mainlevée"]


@pytest.mark.parametrize(
    ("en", "fr"),
    [("", "x"), ("x", ""), (" \n", "x"), ("x", "\u00a0")],
    ids=["no-en", "no-fr", "blank", "nbsp"],
)
def test_a_text_without_one_language_is_none(en: str, fr: str) -> None:
    """The contract: both required, neither blank."""
    with pytest.raises(ValueError, match="both languages"):
        Bilingual(en, fr)


def test_an_operator_s_text_is_never_altered() -> None:
    """The contract: not even its spaces."""
    text = Bilingual(" Delays : see below ", "Retards\u00a0: voir ci-dessous\n")
    assert (text.en, text.fr) == (" Delays : see below ", "Retards\u00a0: voir ci-dessous\n")


def test_each_language_has_the_other_one() -> None:
    """Whatever comes first, the other follows."""
    assert (Language.EN.other, Language.FR.other) == (Language.FR, Language.EN)
