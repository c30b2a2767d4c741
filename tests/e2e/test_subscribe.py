"""Subscribing as people do it: with the keyboard alone, and without scripts."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from outage_service.services.links import Holder, Purpose, link
from tests.e2e.conftest import Contexts
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
