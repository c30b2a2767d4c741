"""Every public page in Chromium: both languages, narrow and wide, light and dark, nothing from elsewhere."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from tests.builders import a_delay, an_impact
from tests.e2e.conftest import NARROW, WIDE, Contexts, scrolls_sideways
from tests.e2e.live import Site
from tests.rendering.documents.pdf import text_of

Check = Callable[[Page], None]
Screenshots = Callable[[Page, str], Path]

PAGES = {
    "status": "/{}/",
    "archive": "/{}/outages",
    "outage-open": "/{}/outages/TCC26-0001",
    "outage-resolved": "/{}/outages/TCC26-0003",
    "outage-scheduled": "/{}/outages/TCC26-0004",
    "search-mistakes": "/{}/outages?q=zzz&since=2026-13-01&system=edi",
    "history": "/{}/history",
    "bulletin": "/{}/bulletins/1",
    "subscribe": "/{}/subscribe",
    "subscribe-sent": "/{}/subscribe/sent",
    "about": "/{}/about",
    "missing": "/{}/nothing",
}


@pytest.fixture
def eventful(site: Site) -> Site:
    """An outage and a delay go on, one was resolved, and one is planned."""
    site.declare()
    site.declare(a_delay(System.CAD_API))
    over = site.declare(an_impact(System.CCP))
    site.announce(an_impact(System.CERS))
    site.advance(timedelta(hours=2))
    site.resolve(over)
    site.advance(timedelta(minutes=10))
    return site


@pytest.mark.parametrize(("language", "size"), [(Language.EN, WIDE), (Language.FR, NARROW)], ids=["en", "fr"])
def test_every_page_is_accessible_and_fits(
    language: Language,
    size: dict[str, int],
    eventful: Site,
    new_context: Contexts,
    assert_accessible: Check,
    screenshots: Screenshots,
) -> None:
    page = new_context(viewport=size).new_page()
    for name, path in PAGES.items():
        page.emulate_media(color_scheme="light")
        page.goto(eventful.url + path.format(language))
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("h1")).to_have_count(1)
        assert not scrolls_sideways(page), name
        screenshots(page, f"{name}-{language}-{size['width']}")
        assert_accessible(page)


@pytest.mark.parametrize(("language", "size"), [(Language.EN, NARROW), (Language.FR, WIDE)], ids=["en", "fr"])
def test_every_page_fits_the_other_way_round_in_the_dark_and_without_scripts(
    language: Language,
    size: dict[str, int],
    eventful: Site,
    new_context: Contexts,
    screenshots: Screenshots,
) -> None:
    page = new_context(viewport=size, color_scheme="dark", java_script_enabled=False).new_page()
    for name, path in PAGES.items():
        page.goto(eventful.url + path.format(language))
        expect(page.locator("h1")).to_have_count(1)
        box = page.locator("main").bounding_box()
        assert box is not None
        assert box["width"] <= size["width"], name
        screenshots(page, f"{name}-{language}-{size['width']}-dark")


def test_the_toggle_keeps_the_place(eventful: Site, page: Page) -> None:
    page.goto(f"{eventful.url}/en/outages?q=carm&state=resolved")
    page.get_by_role("link", name="Français").click()
    expect(page).to_have_url(f"{eventful.url}/fr/outages?q=carm&state=resolved")
    expect(page.get_by_role("searchbox")).to_have_value("carm")
    page.get_by_role("link", name="Panne du portail client de la GCRA").click()
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(f"{eventful.url}/en/outages/TCC26-0003")


def test_the_browsers_language_decides_where_one_begins(site: Site, new_context: Contexts) -> None:
    for locale, language in (("fr-CA", "fr"), ("en-CA", "en"), ("de-DE", "en")):
        page = new_context(locale=locale).new_page()
        page.goto(site.url)
        expect(page).to_have_url(f"{site.url}/{language}/")


def test_a_deadline_counts_down_beside_its_absolute_time(site: Site, page: Page) -> None:
    outage = site.announce().outage
    page.clock.set_fixed_time("2026-11-29T03:59:30Z")
    page.goto(f"{site.url}/en/outages/{outage.number}")
    row = page.get_by_role("row", name="Last time to transmit")
    expect(row).to_contain_text("2026-11-29 00:00 (ET)")
    expect(row).to_contain_text("in 1\u00a0h 0\u00a0min")
    page.clock.set_fixed_time("2026-11-29T06:00:00Z")
    page.goto(f"{site.url}/fr/outages/{outage.number}")
    expect(page.get_by_role("row", name="Dernière heure pour transmettre")).to_contain_text("heure passée")


def test_a_printed_bulletin_is_the_bulletin_alone(site: Site, page: Page, screenshots: Screenshots) -> None:
    site.declare()
    page.goto(f"{site.url}/en/bulletins/1")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="EDI outage")).to_be_visible()
    expect(page.get_by_role("navigation", name="Site")).to_be_hidden()
    expect(page.get_by_role("link", name="Both languages as PDF")).to_be_hidden()
    screenshots(page, "bulletin-en-print")


def test_a_printed_bulletin_begins_on_its_first_page(site: Site, page: Page) -> None:
    site.declare()
    page.goto(f"{site.url}/fr/bulletins/1")
    assert "Une panne touche l’EDI" in text_of(page.pdf(), page=0)


@pytest.mark.parametrize("language", Language)
def test_nobody_scrolls_sideways_to_a_deadline(
    language: Language, eventful: Site, new_context: Contexts
) -> None:
    """On the narrowest telephone day, hour and zone are all there."""
    page = new_context(viewport=NARROW).new_page()
    for number in (1, 3, 4):
        page.goto(f"{eventful.url}/{language}/outages/TCC26-000{number}")
        table = page.locator(".table-scroll")
        expect(table.locator(".countdown").first).to_be_visible()
        assert table.evaluate("table => table.scrollWidth <= table.clientWidth"), number


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_who_made_a_mistake_is_taken_to_what_is_wrong(
    scripts: bool, site: Site, new_context: Contexts
) -> None:
    """WCAG 3.3.1: the page comes back, and a screen reader begins where it says why."""
    page = new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{site.url}/en/subscribe")
    page.get_by_label("E-mail address").fill("name@nowhere")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("E-mail address")).to_be_focused()


def test_history_opens_its_table_with_the_keyboard(eventful: Site, page: Page) -> None:
    page.goto(f"{eventful.url}/en/history")
    chart = page.get_by_role("img", name="Electronic Data Interchange (EDI). Days with an outage: 1")
    expect(chart).to_be_visible()
    summary = page.get_by_text("As a table: Electronic Data Interchange (EDI)")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="2026-11-26 2 h 10 min none")).to_be_visible()
