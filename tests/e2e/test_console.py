"""The operators' console in a browser: by keyboard, without scripts, narrow, in both languages, and live."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.deliveries import Attempt, Stage, Verdict
from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.services import sending
from tests.builders import an_impact
from tests.desk import PASSWORD, a_user, email_of
from tests.e2e.conftest import NARROW, WIDE, Contexts, scrolls_sideways
from tests.e2e.desks import sign_in
from tests.e2e.live import Site

pytestmark = pytest.mark.browser

PAGES = {
    "board": "",
    "lines": "lines",
    "deliveries": "bulletins/1",
    "audit-whole": "audit?check=1",
    "audit-mistake": "audit?outage=x",
    "reports": "reports",
    "reports-mistake": "reports?since=x",
    "missing": "nowhere",
    "subscribers": "subscribers",
    "subscriber-new": "subscribers/new",
    "subscriber": "subscribers/1",
    "users": "users",
    "user": "users/1",
}
LIST = b"email,language,systems,kinds\nzoe@example.org,fr,edi,\nnobody,fr,,\n"
Screenshots = Callable[[Page, str], Path]


@pytest.fixture
def admin(site: Site, new_context: Contexts) -> Page:
    """A page of an administrator, on a service where something goes on."""
    for address in ("ann@example.org", "ben@example.org"):
        site.subscribe(address)
    site.declare()
    site.announce(an_impact(System.SWI))
    _refuse_a_letter(site)
    site.advance(timedelta(minutes=8))
    context = new_context()
    sign_in(context, site, Role.ADMIN)
    return context.new_page()


def _refuse_a_letter(site: Site) -> None:
    answer = Attempt(Verdict.REFUSED, Stage.RCPT, 550, "5.1.1 No such user")
    claims = sending.claim(site.engine, "a test", limit=1)
    sending.settle(site.engine, "a test", [sending.after_attempt(claim, answer) for claim in claims])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_accessible_and_fits_a_narrow_window(
    language: str,
    admin: Page,
    site: Site,
    assert_accessible: Callable[[Page], None],
    screenshots: Screenshots,
) -> None:
    """Light and wide, which is kept to be looked at in English; dark and narrow, kept in French."""
    for name, path in PAGES.items():
        _open(admin, f"{site.url}/{language}/console/{path}")
        _look(admin, f"console-{name}-{language}", assert_accessible, screenshots)
    _open(admin, f"{site.url}/{language}/console/subscribers/import")
    _look(admin, f"console-import-{language}", assert_accessible, screenshots)
    admin.locator("input[type=file]").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": LIST}
    )
    _widen(admin)
    admin.locator("main button").first.click()
    admin.locator("main table").wait_for()
    _look(admin, f"console-import-preview-{language}", assert_accessible, screenshots)


def _open(page: Page, url: str) -> None:
    _widen(page)
    page.goto(url)


def _widen(page: Page) -> None:
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def _look(page: Page, name: str, assert_accessible: Callable[[Page], None], screenshots: Screenshots) -> None:
    assert page.locator("h1").count() == 1, name
    if name.endswith("-en"):
        screenshots(page, f"{name}-1440")
    assert_accessible(page)
    page.set_viewport_size(NARROW)
    assert not scrolls_sideways(page), name
    if name.endswith("-fr"):
        screenshots(page, f"{name}-320-dark")


def test_one_signs_in_by_keyboard_and_out_again(
    site: Site, page: Page, assert_accessible: Callable[[Page], None]
) -> None:
    """The cookie is kept without TLS too, for Chromium takes this machine for secure."""
    a_user(site.engine, Role.TCCU)
    page.goto(f"{site.url}/en/console/lines")
    assert_accessible(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(email_of(Role.TCCU))
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The e-mail address or the password is not right.")
    assert_accessible(page)
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/en/console/lines")
    page.get_by_role("link", name="Français").click()
    expect(page).to_have_url(f"{site.url}/fr/console/lines")
    page.get_by_role("button", name="Fermer la session").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/fr/console/sign-in")
    assert_accessible(page)
    page.goto(f"{site.url}/fr/console/")
    expect(page).to_have_url(f"{site.url}/fr/console/sign-in?next=/fr/console/")


def test_the_board_tells_of_news_by_itself_and_keeps_the_focus(
    site: Site, admin: Page, assert_accessible: Callable[[Page], None]
) -> None:
    """Nothing is reloaded, and a script that only looks keeps nobody signed in."""
    admin.goto(f"{site.url}/en/console/")
    admin.locator("#open-TCC26-0001").focus()
    site.declare(an_impact(System.CERS))
    admin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(admin.locator("#TCC26-0003")).to_be_visible()
    expect(admin.locator("#announcement")).to_have_text("The board has changed.")
    expect(admin.locator("#open-TCC26-0001")).to_be_focused()
    assert_accessible(admin)


def test_the_board_counts_down(site: Site, admin: Page) -> None:
    """By the service's clock, not by the desk's."""
    admin.clock.install()
    admin.goto(f"{site.url}/en/console/")
    left = admin.locator("[data-due]").first
    expect(left).to_have_text(re.compile(r"in 1\sh\s5[012]\smin"))
    admin.clock.fast_forward(timedelta(minutes=111).seconds * 1000)
    expect(left).to_contain_text("min")
    expect(left).not_to_contain_text("h\u00a0")


def test_a_session_that_has_ended_leads_to_signing_in_and_back(site: Site, admin: Page) -> None:
    admin.goto(f"{site.url}/en/console/")
    site.advance(timedelta(hours=13))
    admin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(admin).to_have_url(f"{site.url}/en/console/sign-in?next=/en/console/")


def test_everything_works_without_scripts(site: Site, new_context: Contexts, tmp_path: Path) -> None:
    context = new_context(java_script_enabled=False)
    sign_in(context, site, Role.ADMIN)
    page = context.new_page()
    site.declare()
    page.goto(f"{site.url}/en/console/")
    expect(page.locator("[data-due]")).to_contain_text("in 2\u00a0h\u00a000\u00a0min")
    file = tmp_path / "list.csv"
    file.write_bytes(LIST)
    page.goto(f"{site.url}/en/console/subscribers/import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("cell", name="This is not a usable e-mail address.")).to_be_visible()
    page.get_by_role("button", name="Import 1").click()
    expect(page.get_by_role("status")).to_contain_text("1 imported")
    page.goto(f"{site.url}/en/console/subscribers")
    page.get_by_role("link", name="zoe@example.org").click()
    page.get_by_label("Type ERASE to confirm").fill("ERASE")
    page.get_by_role("button", name="Erase this subscriber").click()
    expect(page.get_by_text("Nobody was found.")).to_be_visible()


def test_an_operator_replaces_a_line_s_message(
    site: Site, new_context: Contexts, assert_accessible: Callable[[Page], None]
) -> None:
    context = new_context()
    sign_in(context, site, Role.TCCU)
    page = context.new_page()
    page.goto(f"{site.url}/en/console/lines")
    card = page.locator("section", has=page.locator("#line-tccu"))
    card.locator("summary").click()
    card.get_by_label("Text in English").fill("x" * 300)
    card.get_by_label("Text in French").fill("Nous déménageons.")
    assert_accessible(page)
    card.get_by_role("button", name="Put it on the line").click()
    expect(card.get_by_text("Own text")).to_be_visible()
    assert "Nous déménageons." in site.get("/v1/broadcast/tccu/fr.txt").text
    assert_accessible(page)
    card.get_by_role("button", name="End it").click()
    expect(card.get_by_text("Own text")).to_have_count(0)
