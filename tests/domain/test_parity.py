"""Hints where an English and a French text seem to say different things (R126)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.domain.parity import Hint, ParityCode, parity_hints
from outage_service.domain.texts import Bilingual

TERMS = [
    ("CBSA", "ASFC"),
    ("FAST", "EXPRES"),
    ("contingency procedures", "procédures d’urgence"),
    ("eManifest Portal", "portail du Manifeste électronique"),
    ("delay in processing", "retard de traitement"),
]


def hints(english: str, french: str) -> tuple[Hint, ...]:
    return parity_hints(Bilingual(english, french), TERMS)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("It began at 10:20.", "Elle a commencé à 10 h 20."),
        ("It began at 3:05 p.m.", "Elle a commencé à 15 h 05."),
        ("It began at 8 a.m. sharp.", "Elle a commencé à 8 h pile."),
        ("It ended at 12:30 a.m.", "Elle a pris fin à 0 h 30."),
        ("Within 2 hours.", "D’ici 2 heures."),
        ("Within 24 hours.", "Dans les 24 h."),
        ("It is 3 h 20 min behind.", "Le retard est de 3 h 20 min."),
        ("It is 45 minutes behind.", "Le retard est de 45 minutes."),
        ("25,000 messages, 1.5 % of them", "25 000 messages, dont 1,5 %"),
        ("1,234,567.5 messages", "1\u00a0234\u202f567,5 messages"),
        ("On December 1st, 2026.", "Le 1er décembre 2026."),
        ("Form BSF844, memorandum D17-1-4.", "Formulaire BSF844, mémorandum D17-1-4."),
        ("Call 1-888-957-7224.", "Composez le 1-888-957-7224."),
        ("Call +1 613 946 0762.", "Composez le 613-946-0762."),
        ("See https://example.org/a-eng.html.", "Voir https://example.org/a-fra.html."),
        ("See https://example.org/en/a?n=25", "Voir https://example.org/fr/a?n=25"),
        ("Two things:\n- one\n- two", "Deux choses :\n• une\n• deux"),
        ("One.\n\nTwo.", "Un.\n\nDeux."),
        ("The CBSA has contingency procedures.", "L’ASFC a des procédures d'urgence."),
        ("Delays in processing go fast.", "Les retards de traitement passent vite."),
        ("Yes.", "Oui, mais pas tout de suite."),
    ],
)
def test_what_says_the_same_brings_no_hint(english: str, french: str) -> None:
    assert hints(english, french) == ()


@pytest.mark.parametrize(
    ("english", "french", "expected"),
    [
        ("45 minutes", "54 minutes", Hint(ParityCode.NUMBERS, ("45",), ("54",))),
        ("25 and 25", "25", Hint(ParityCode.NUMBERS, ("25",), ())),
        ("at 10:20", "à 10 h 50", Hint(ParityCode.TIMES, ("10:20",), ("10:50",))),
        ("at 3 p.m.", "à 3 h", Hint(ParityCode.TIMES, ("15:00",), ("3:00",))),
        ("soon", "à 15 h", Hint(ParityCode.TIMES, (), ("15:00",))),
        (
            "Call 1-888-957-7224.",
            "Composez le 1-888-957-7242.",
            Hint(ParityCode.TELEPHONES, ("8889577224",), ("8889577242",)),
        ),
        (
            "See https://example.org/a-eng.html",
            "Voir https://example.org/a-eng.html",
            Hint(
                ParityCode.ADDRESSES,
                ("https://example.org/a-eng.html",),
                ("https://example.org/a-eng.html",),
            ),
        ),
        ("See www.example.org", "Voir le site", Hint(ParityCode.ADDRESSES, ("www.example.org",), ())),
        ("Voir le site", "See www.example.org", Hint(ParityCode.ADDRESSES, (), ("www.example.org",))),
        ("One.\n\nTwo.", "Un. Deux.", Hint(ParityCode.PARAGRAPHS, ("2",), ("1",))),
        ("- a\n- b\n", "- a\n", Hint(ParityCode.BULLETS, ("2",), ("1",))),
        ("The CBSA is.", "Le Canada est.", Hint(ParityCode.TERMS, ("CBSA → ASFC",), ())),
        ("Canada is.", "L’ASFC est.", Hint(ParityCode.TERMS, (), ("ASFC → CBSA",))),
        (
            "The eManifest Portal",
            "Le portail électronique",
            Hint(ParityCode.TERMS, ("eManifest Portal → portail du Manifeste électronique",), ()),
        ),
        ("a" * 50, "b" * 20, Hint(ParityCode.LENGTH, ("50",), ("20",))),
        ("a" * 20, "b" * 60, Hint(ParityCode.LENGTH, ("20",), ("60",))),
    ],
)
def test_what_differs_is_named(english: str, french: str, expected: Hint) -> None:
    assert hints(english, french) == (expected,)


def test_every_difference_is_told_in_a_fixed_order() -> None:
    found = hints("At 8:00, 5 of us.\n\n- see www.a.org", "Rien.")
    assert [hint.code for hint in found] == [
        ParityCode.NUMBERS,
        ParityCode.TIMES,
        ParityCode.ADDRESSES,
        ParityCode.PARAGRAPHS,
        ParityCode.BULLETS,
    ]


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_whatever_is_written_brings_hints_and_no_error(english: str, french: str) -> None:
    codes = [hint.code for hint in hints(english, french)]
    assert codes == [code for code in ParityCode if code in codes]
