"""The deadlines on a checklist, on the page and on paper: an end, or the least there is (R51, R54)."""

from collections.abc import Sequence

import pytest

from outage_service.content import load_content
from outage_service.content.procedures import load_procedures
from outage_service.domain.contingency import ClientRole, Deadline, Flow, Mode, named
from outage_service.domain.outages import Outage
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.rendering.checklists import ChecklistWriter, Client, printed
from outage_service.rendering.times import NBSP
from outage_service.rendering.words import Words
from outage_service.web.texts import texts_in
from tests.builders import LITERAL, THURSDAY_10H, an_outage, at, extended, resolved

CARRIER = Client(ClientRole.CARRIER, Mode.HIGHWAY, Flow.IMPORT)
NOON, TWENTY = at("2026-11-26 12:00"), at("2026-11-26 20:00")


def deadlines_of(outage: Outage) -> Sequence[Deadline]:
    known = outage.deadlines_at(NOON, LITERAL)
    return named(known, outage.reliefs_at(NOON, LITERAL), outage.systems_ever)


def said(outage: Outage, language: Language) -> tuple[set[str], set[str]]:
    """Returns what is said of deadlines on the page and on paper, both in the same words."""
    procedures = load_procedures()
    writer = ChecklistWriter(procedures, Words(load_content(), language), CARRIER)
    shown = writer.write(procedures.procedures, [(outage.number, deadlines_of(outage))], [System.EDI])
    rows = [row for group in shown.groups for task in group.tasks for row in task.deadlines]
    paper = printed(shown, texts_in("contingency", language), language, ())
    on_page = {f"{row.value} ({row.note})".replace(NBSP, " ") for row in rows}
    return on_page, {what.replace(NBSP, " ") for _, what in paper.deadlines}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.EN,
            {
                "Paper accepted at least until Thursday, November 26, 2026, 20:00 (ET) (Allowed)",
                "No penalties at least until Thursday, November 26, 2026, 20:00 (ET) (Allowed)",
            },
        ),
        (
            Language.FR,
            {
                "Papier accepté au moins jusqu’au jeudi 26 novembre 2026 à 20 h (HE) (Permis)",
                "Aucune sanction au moins jusqu’au jeudi 26 novembre 2026 à 20 h (HE) (Permis)",
            },
        ),
    ],
)
def test_relief_extended_while_an_outage_is_open_is_no_end(language: Language, words: set[str]) -> None:
    outage = extended(an_outage(), THURSDAY_10H, paper=TWENTY, penalties=TWENTY)
    assert said(outage, language) == (words, words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.EN, "Paper accepted until Thursday, November 26, 2026, 20:00 (ET) (Allowed)"),
        (Language.FR, "Papier accepté jusqu’au jeudi 26 novembre 2026 à 20 h (HE) (Permis)"),
    ],
)
def test_relief_extended_once_an_outage_is_over_is_an_end(language: Language, words: str) -> None:
    page, paper = said(extended(resolved(an_outage(), NOON), NOON, paper=TWENTY), language)
    assert words in page & paper
