"""A bulletin as a document: what reads as two lines on the page is not run together on paper."""

import pypdfium2

from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.bulletin_document import bulletin_document
from tests.rendering.reading import BASE_URL, COMPOSED
from tests.rendering.stories import STORIES


def lines_of(story: str, first: Language) -> list[str]:
    page, subject = COMPOSED[story].page, COMPOSED[story].subject
    html = Bilingual(page[Language.EN].html, page[Language.FR].html)
    with pypdfium2.PdfDocument(bulletin_document(html, subject, first, address=BASE_URL)) as document:
        return str(document[0].get_textpage().get_text_bounded()).splitlines()


def test_a_time_and_what_may_change_it_stand_on_lines_of_their_own() -> None:
    """Run together, "by 12:00 (ET) sooner if there is news" is no sentence."""
    assert STORIES["update"].estimated_resolution_at
    assert "Sooner if there is news." in lines_of("update", Language.EN)
    assert "This is an estimate and may change." in lines_of("update", Language.EN)
    assert "Plus tôt s’il y a du nouveau." in lines_of("update", Language.FR)


def test_the_cut_off_and_what_it_means_stand_on_lines_of_their_own() -> None:
    """R45."""
    assert "Two hours before the scheduled start." in lines_of("advance", Language.EN)
    assert "Deux heures avant le début prévu." in lines_of("advance", Language.FR)
