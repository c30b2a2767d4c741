"""Subscribing as people do it: with the keyboard alone, and without scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.texts import Language
from outage_service.services.links import Holder, Purpose, link
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.live import Site

TABS_AT_MOST = 20


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus, and looks whether that can be seen."""
    for _ in range(TABS_AT_MOST):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"nobody sees that {selector} has the focus"
            return
    raise AssertionError(f"{selector} is not reached with the keyboard")


def confirm_link(site: Site) -> str:
    return link(site.url, site.engine.secret_key, Purpose.CONFIRM, Holder(1, 0))


def test_it_takes_no_more_than_a_keyboard(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto(f"{site.url}/en/subscribe")
    tab_to(page, "[hreflang=fr]")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/fr/subscribe")
    tab_to(page, "#email")
    page.keyboard.type("ann@example.org")
    tab_to(page, "[name=language]")
    page.keyboard.press("ArrowUp")
    tab_to(page, "#system-cers")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/fr/subscribe/sent")
    expect(page.get_by_role("heading", name="Consultez vos courriels")).to_be_visible()
    page.goto(confirm_link(site))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("main")).to_contain_text("Canadian Export Reporting System (CERS) Portal")


def test_a_mistake_comes_back_with_what_was_typed_and_a_link_to_it(site: Site, new_context: Contexts) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/fr/subscribe")
    page.get_by_label("Adresse courriel").fill("ann@")
    page.get_by_label("Initiative du guichet unique (IGU)").check()
    page.get_by_role("button", name="S’abonner").click()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page).to_have_url(f"{site.url}/fr/subscribe#email")
    expect(page.get_by_label("Adresse courriel")).to_have_value("ann@")
    expect(page.get_by_label("Initiative du guichet unique (IGU)")).to_be_checked()


def test_the_links_in_mail_work_without_scripts_and_look_alike(
    site: Site,
    new_context: Contexts,
    page: Page,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    site.declare()
    plain = new_context(java_script_enabled=False).new_page()
    plain.goto(f"{site.url}/fr/subscribe")
    plain.get_by_label("Adresse courriel").fill("ann@example.org")
    plain.get_by_role("button", name="S’abonner").click()
    page.goto(confirm_link(site))
    assert_accessible(page)
    screenshots(page, "confirm-fr")
    plain.goto(confirm_link(site))
    plain.get_by_role("link", name="English").click()
    plain.get_by_role("button", name="Confirm").click()
    expect(plain.get_by_role("heading", name="EDI outage")).to_be_visible()
    screenshots(plain, "confirmed-en")
    plain.get_by_role("link", name="Change your subscription").click()
    page.goto(plain.url)
    assert_accessible(page)
    screenshots(page, "manage-fr")
    plain.get_by_label("Pannes prévues").check()
    plain.get_by_role("button", name="Enregistrer").click()
    expect(plain.get_by_role("status")).to_contain_text("Vos modifications sont enregistrées.")
    plain.get_by_role("button", name="Se désabonner").click()
    expect(plain.get_by_role("heading", name="Désabonnement effectué")).to_be_visible()
    page.goto(confirm_link(site))
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("language", list(Language))
def test_mistakes_and_leaving_are_accessible_on_a_telephone(
    language: Language,
    site: Site,
    new_context: Contexts,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    holder = Holder(site.subscribe(language=language), 1)
    page = new_context(viewport=NARROW).new_page()

    def look(name: str) -> None:
        assert not scrolls_sideways(page), name
        page.emulate_media(color_scheme="light")
        screenshots(page, f"{name}-{language}-320")
        assert_accessible(page)

    page.goto(f"{site.url}/{language}/subscribe")
    page.locator("#email").fill("ann@")
    page.locator("main button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look("subscribe-mistakes")
    page.goto(link(site.url, site.engine.secret_key, Purpose.UNSUBSCRIBE, holder))
    look("leave")
    page.locator("main button").click()
    expect(page.locator(".notice--success")).to_be_visible()
    look("left")
    page.locator("main a").click()
    look("return")
