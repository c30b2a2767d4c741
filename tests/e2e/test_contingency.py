"""What to do on paper, in a real browser: at a desk, on a phone at the window, and without scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from outage_service.domain.systems import System
from tests.builders import an_impact
from tests.e2e.conftest import NARROW, WIDE, Contexts, scrolls_sideways
from tests.e2e.live import Site

CARRIER = "role=carrier&mode=highway&flow=import"
ORDER = "mode=rail&message=conveyance&number=V1&belongs=C1&message=cargo&number=C1&belongs="
PAGES = {
    "questions": "contingency",
    "unanswered": "contingency/checklist?role=carrier",
    "checklist": f"contingency/checklist?{CARRIER}",
    "order": f"contingency/message-order?{ORDER}",
}
Look = Callable[[Page, str], Path]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["320", "1440"])
def test_every_page_is_accessible_and_never_scrolls_sideways(
    size: dict[str, int],
    language: str,
    site: Site,
    new_context: Contexts,
    assert_accessible: Callable[[Page], None],
    screenshots: Look,
) -> None:
    """Axe finds nothing, light or dark; the papers stack on a phone (WCAG 2.1 AA)."""
    site.declare(an_impact(System.EDI))
    site.announce(an_impact(System.EMANIFEST))
    page = new_context(viewport=size).new_page()
    for name, path in PAGES.items():
        page.goto(f"{site.url}/{language}/{path}")
        assert not scrolls_sideways(page), name
        assert_accessible(page)
        screenshots(page, f"contingency-{name}-{language}-{size['width']}")


def test_a_driver_finds_the_list_without_scripts(site: Site, new_context: Contexts) -> None:
    """Three answers, by touch; what is ticked is ticked."""
    done = site.declare(an_impact(System.EDI))
    page = new_context(viewport=NARROW, has_touch=True, java_script_enabled=False).new_page()
    page.goto(f"{site.url}/en/contingency")
    page.get_by_label("Carrier").tap()
    page.get_by_label("Highway").tap()
    page.get_by_role("button", name="Show my checklist").tap()
    page.get_by_role("link", name="Say what is to be done with the goods.").tap()
    assert page.get_by_label("Carrier").is_checked()
    page.locator("#flow-import").tap()
    page.get_by_role("button", name="Show my checklist").tap()
    page.get_by_text(done.outage.number, exact=True).wait_for()
    task = page.get_by_label("Report the goods at the border")
    task.tap()
    assert task.is_checked()


def test_the_other_language_keeps_the_place(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/contingency/checklist?{CARRIER}")
    page.get_by_role("link", name="Français").click()
    assert page.url.endswith(f"/fr/contingency/checklist?{CARRIER}")
    assert page.get_by_role("heading", level=1).inner_text() == "Liste de vérification"


def test_an_order_of_messages_is_checked_and_put_right(site: Site, page: Page) -> None:
    """R110, R117"""
    page.goto(f"{site.url}/en/contingency/message-order")
    page.get_by_label("Rail").check()
    page.get_by_label("Message", exact=True).nth(0).select_option("conveyance")
    page.get_by_label("Message", exact=True).nth(1).select_option("cargo")
    page.get_by_role("button", name="Check the order").click()
    page.get_by_text("This order is not accepted.").wait_for()
    page.get_by_label("Message", exact=True).nth(0).select_option("cargo")
    page.get_by_label("Message", exact=True).nth(1).select_option("conveyance")
    page.get_by_role("button", name="Check the order").click()
    page.get_by_text("This order is accepted.").wait_for()


def test_on_paper_there_are_boxes_to_tick_and_nothing_to_press(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/contingency/checklist?{CARRIER}")
    page.emulate_media(media="print")
    assert not page.get_by_role("link", name="Download as PDF").is_visible()
    assert page.get_by_label("Report the goods at the border").is_visible()
    assert page.get_by_role("table").is_visible()
