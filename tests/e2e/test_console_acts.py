"""The forms of every act on an outage, and what can go wrong with them, for axe, in both languages."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.services.outages import Done
from tests.builders import an_impact
from tests.desk import PASSWORD, email_of
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.desks import sign_in
from tests.e2e.live import Site

pytestmark = pytest.mark.browser

ACTS = {
    "TCC26-0001": ("revoke", "correct", "grace"),
    "TCC26-0002": ("cancel",),
    "TCC26-0003": ("update", "resolve"),
}
Check = Callable[[Page], None]


@pytest.fixture
def desk(site: Site, new_context: Contexts) -> Page:
    """A page of an operator: procedures remain in effect, an outage is planned, and one goes on."""
    over = site.declare()
    site.announce(an_impact(System.SWI))
    site.advance(timedelta(hours=5))
    site.resolve(over, remains_in_effect=True)
    site.declare(an_impact(System.CERS))
    context = new_context(viewport=NARROW)
    sign_in(context, site, Role.TCCU)
    return context.new_page()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_form_of_every_act_is_accessible_and_so_are_its_mistakes(
    language: str, site: Site, desk: Page, assert_accessible: Check
) -> None:
    for number, acts in ACTS.items():
        for act in acts:
            desk.goto(f"{site.url}/{language}/console/outages/{number}")
            desk.locator(f"main a[href$='/{act}']").click()
            desk.wait_for_url(f"**/{act}")
            _look(desk, assert_accessible)
            if language == "en":  # a mistake looks alike in both
                continue
            desk.locator("#message_fr").fill("")
            desk.locator("button[value=preview]").click()
            expect(desk.locator("#errors")).to_be_visible()
            _look(desk, assert_accessible)


def _be_overtaken(site: Site, desk: Page, done: Done, language: str) -> None:
    """Writes news of an outage, of which another operator sends some first."""
    desk.goto(f"{site.url}/{language}/console/outages/{done.outage.number}/update")
    desk.fill("#message_en", "Processing is slow.")
    desk.fill("#message_fr", "Le traitement est lent.")
    site.update(done)
    desk.click("button[value=preview]")
    expect(desk.locator("#conflict")).to_be_visible()
    desk.wait_for_load_state()  # the script takes along what is typed from here


def _look(page: Page, assert_accessible: Check) -> None:
    assert not scrolls_sideways(page), page.url
    assert_accessible(page)


def test_after_a_refused_note_the_page_still_keeps_itself_true(site: Site, desk: Page) -> None:
    """What answers a form is at an address that only takes forms."""
    desk.goto(f"{site.url}/en/console/outages/TCC26-0003")
    desk.click("form[action$=notes] button")
    expect(desk.locator("#text-error")).to_be_visible()
    desk.wait_for_load_state()  # the script runs once the whole page is there
    for _ in range(2):
        with desk.expect_response("**/console/outages/TCC26-0003") as answered:
            desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        assert answered.value.status in (200, 304)
    expect(desk.locator("#offline")).to_be_hidden()


def test_what_goes_wrong_at_the_desk_is_accessible_in_french(
    site: Site, desk: Page, assert_accessible: Check
) -> None:
    """What another has sent meanwhile, an outage declared twice, and a session that has ended."""
    desk.goto(f"{site.url}/fr/console/declare")
    desk.check("#on_cers")
    desk.click("button[value=text]")
    expect(desk.locator("h1")).to_have_text("C’est déjà déclaré")
    _look(desk, assert_accessible)
    done = site.declare(an_impact(System.CAD_API))
    _be_overtaken(site, desk, done, "fr")
    _look(desk, assert_accessible)
    desk.context.clear_cookies()
    desk.click("button[value=preview]")
    _look(desk, assert_accessible)
    desk.fill("#email", email_of(Role.TCCU))
    desk.fill("#password", PASSWORD)
    desk.click("main button[type=submit]")
    expect(desk.locator("button[value=resume]")).to_be_visible()
    _look(desk, assert_accessible)


def test_the_other_language_says_too_what_another_has_sent_meanwhile(site: Site, desk: Page) -> None:
    """P19: the toggle takes along what was typed since, and no version that nobody has been told of."""
    done = site.declare(an_impact(System.SWI))
    _be_overtaken(site, desk, done, "en")
    desk.fill("#message_en", "Processing is very slow.")
    desk.get_by_role("button", name="Français").click()
    expect(desk.locator("html")).to_have_attribute("lang", "fr")
    expect(desk.locator("#conflict")).to_be_visible()
    expect(desk.locator("#message_en")).to_have_value("Processing is very slow.")
    desk.click("button[value=preview]")
    expect(desk.locator("button[value=send]")).to_be_visible()


@pytest.mark.parametrize(("language", "second"), [("en", "EST"), ("fr", "HNE")])
def test_a_time_that_clocks_show_twice_is_asked_about(
    language: str,
    second: str,
    site: Site,
    desk: Page,
    assert_accessible: Check,
    screenshots: Callable[[Page, str], Path],
) -> None:
    """A browser's own field knows no zone, so the page has one that does."""
    desk.goto(f"{site.url}/{language}/console/declare")
    desk.check("#on_edi")
    desk.fill("#started_at", "2026-11-01T01:30")
    desk.click("button[value=text]")
    expect(desk.locator("#started_at-error")).to_contain_text(f"2026-11-01 01:30 {second}")
    expect(desk.locator("#started_at")).to_have_attribute("type", "text")
    _look(desk, assert_accessible)
    screenshots(desk, f"console-time-twice-{language}-320")
    desk.fill("#started_at", f"2026-11-01 01:30 {second}")
    desk.click("button[value=text]")
    expect(desk.locator("#message_en")).to_be_visible()
