"""Reading a frozen bulletin back: the same words, in order, of one language, without its styles."""

import pytest

from outage_service.content import load_content
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.bulletin_document import bulletin_document
from outage_service.rendering.bulletins import BulletinComposer, ComposedBulletin
from outage_service.rendering.documents.texts import Section
from outage_service.rendering.frozen import Piece, read_part
from tests.rendering.stories import STORIES

COMPOSER = BulletinComposer(load_content(), "https://outages.example.org", test_mode=True)
COMPOSED = {name: COMPOSER.compose(facts) for name, facts in STORIES.items()}

DRAWN = ("=", "-", "■", "▲", "https:")
"""What only the plain text has: rules, marks, and addresses written out."""


def html(bulletin: ComposedBulletin) -> Bilingual:
    return Bilingual(*(bulletin.page[language].html for language in Language))


def texts(pieces: tuple[Piece, ...]) -> list[str]:
    """Returns everything that a reader reads."""
    found = []
    for piece in pieces:
        found += [piece.text] if piece.segments else []
        found += ["".join(text for text, _ in item) for item in piece.items]
        found += ["".join(text for text, _ in cell) for row in piece.rows for cell in row]
    return found


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("language", list(Language))
def test_nothing_of_a_part_is_lost_and_nothing_of_the_other_is_in_it(story: str, language: Language) -> None:
    facts, bulletin = STORIES[story], COMPOSED[story]
    said = texts(read_part(html(bulletin)[language], language))
    assert said == texts(read_part(html(bulletin)[language.other], language)), "whichever comes first"
    plain = "\n".join(said)
    assert facts.message[language] in plain
    assert facts.number in plain
    if facts.message.en != facts.message.fr:
        assert facts.message[language.other] not in said
    # Every line of the plain text twin is there, but for how it is broken and marked.
    twin = bulletin.page[language].text.split("=" * 70)[2]
    for word in twin.split("\n\n\n")[0].split():
        assert word.casefold() in plain.casefold() or word.startswith(DRAWN), word


def test_tables_lists_and_links_keep_what_they_are() -> None:
    name = next(iter(STORIES))
    pieces = read_part(html(COMPOSED[name])[Language.EN], Language.EN)
    kinds = [piece.name for piece in pieces]
    assert kinds[:4] == ["exercise", "status", "number", "h1"] or kinds[:3] == ["status", "number", "h1"]
    assert {"h2", "h3", "facts", "list", "message"} <= set(kinds)
    assert "■" not in "".join(texts(pieces))
    assert (pieces[-1].segments[-1][1] or "").startswith("https://outages.example.org/en/outages/")


def test_what_is_no_bulletin_has_no_parts() -> None:
    assert read_part("<p>Nothing</p>", Language.EN) == ()
    assert read_part('<td lang="en"><p></p></td>', Language.EN) == (Piece("p"),)


def test_nested_elements_of_one_name_end_together() -> None:
    nested = '<td lang="en"><div class="message">a<div>b</div>c<br>d</div><p>after</p></td>'
    assert [piece.text for piece in read_part(nested, Language.EN)] == ["abc\nd", "after"]


def test_a_document_has_both_languages_and_keeps_order() -> None:
    bulletin = COMPOSED[next(iter(STORIES))]
    document = bulletin_document(
        html(bulletin), bulletin.subject, Language.FR, address="https://outages.example.org/fr/bulletins/1"
    )
    assert document.startswith(b"%PDF-")
    assert document == bulletin_document(
        html(bulletin), bulletin.subject, Language.FR, address="https://outages.example.org/fr/bulletins/1"
    )
    assert Section().items == ()
