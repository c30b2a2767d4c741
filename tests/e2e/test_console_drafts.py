"""What an operator has typed stays, whichever way they leave the page and come back to it."""

import pytest
from playwright.sync_api import Error, Page, Route, expect

from outage_service.domain.roles import Role
from outage_service.services import sessions
from outage_service.web.security import SESSION_COOKIE
from tests.builders import a_delay
from tests.e2e.conftest import Contexts
from tests.e2e.desks import sign_in
from tests.e2e.live import Site

pytestmark = pytest.mark.browser

ENGLISH, FRENCH = "The cause is a cable.", "La cause est un câble."
UPDATE = "/en/console/outages/TCC26-0001/update"


@pytest.fixture
def desk(site: Site, new_context: Contexts) -> Page:
    """A page of an operator."""
    context = new_context()
    sign_in(context, site, Role.TCCU)
    return context.new_page()


def write(desk: Page) -> None:
    """Types both texts once the page's script is there to keep them."""
    desk.locator("#message_en").wait_for()
    desk.wait_for_load_state()
    desk.locator("#message_en").fill(ENGLISH)
    desk.locator("#message_fr").fill(FRENCH)


def is_written(desk: Page) -> None:
    expect(desk.locator("#message_en")).to_have_value(ENGLISH)
    expect(desk.locator("#message_fr")).to_have_value(FRENCH)


def test_back_from_the_preview_of_a_declaration_has_the_text(site: Site, desk: Page) -> None:
    """The browser asks whether to send the form again; that gives the text that was suggested at first."""
    desk.goto(f"{site.url}/en/console/declare")
    desk.check("#on_edi")
    desk.click("button[value=text]")
    write(desk)
    desk.click("button[value=preview]")
    desk.wait_for_selector("button[value=send]")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        desk.go_back()
    desk.wait_for_url("chrome-error://**")
    desk.reload()
    is_written(desk)
    desk.goto(f"{site.url}/en/console/declare")
    desk.check("#on_cers")
    desk.click("button[value=text]")
    expect(desk.locator("#message_en")).not_to_have_value(ENGLISH)


def test_the_other_language_of_a_form_has_the_text_and_a_new_form_does_not(site: Site, desk: Page) -> None:
    done = site.declare(a_delay())
    desk.goto(site.url + UPDATE)
    write(desk)
    site.update(done, a_delay(behind_minutes=50))
    desk.click(".toggle a")
    desk.wait_for_url("**/fr/**")
    is_written(desk)
    desk.click("button[value=preview]")
    expect(desk.locator("#conflict")).to_be_visible()
    is_written(desk)
    desk.goto(site.url + UPDATE)
    expect(desk.locator("#message_en")).not_to_have_value(ENGLISH)


def test_a_note_half_written_is_not_swept_away_when_the_session_ends(site: Site, desk: Page) -> None:
    """The page looks for news; without a session it would lead to signing in, and the note be gone."""
    site.declare()
    desk.goto(f"{site.url}/en/console/outages/TCC26-0001")
    desk.locator("#text").fill("Half a note")
    [cookie] = [each["value"] for each in desk.context.cookies() if each["name"] == SESSION_COOKIE]
    site.engine.db.write(lambda tx: sessions.sign_out(site.engine, tx, cookie))
    for _ in range(2):
        with desk.expect_response(lambda answer: answer.status == 303):
            desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(desk.locator("#offline")).to_contain_text("or your session has ended")
    expect(desk.locator("#text")).to_have_value("Half a note")
    desk.get_by_role("button", name="Add the note").click()
    expect(desk.locator("main")).to_contain_text("What you wrote is kept.")


def test_enter_in_a_field_leads_on_and_replaces_no_text(site: Site, desk: Page) -> None:
    """The first button of the form puts a standard text in place of what was written."""
    site.declare()
    desk.goto(f"{site.url}/en/console/outages/TCC26-0001/resolve")
    expect(desk.locator("#template")).not_to_have_value("")
    write(desk)
    desk.locator("#restored_at").press("Enter")
    expect(desk.locator(".mail-text").first).to_contain_text(ENGLISH)


def test_back_from_a_standard_text_has_what_it_replaced(site: Site, desk: Page) -> None:
    site.declare(a_delay())
    desk.goto(site.url + UPDATE)
    write(desk)
    desk.select_option("#template", "edi_outage")
    desk.click("button[value=fill]")
    expect(desk.locator("#message_en")).not_to_have_value(ENGLISH)
    desk.go_back()
    is_written(desk)


def test_what_is_typed_before_the_script_has_come_is_not_replaced_by_what_was_typed_before(
    site: Site, desk: Page
) -> None:
    site.declare(a_delay())
    desk.goto(site.url + UPDATE)
    write(desk)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.route("**/draft.js", hold)
    with desk.expect_request("**/draft.js"):
        desk.reload(wait_until="commit")
    desk.locator("#message_en").fill("It is a pump.")
    held[0].continue_()
    expect(desk.locator("#message_fr")).to_have_value(FRENCH)
    expect(desk.locator("#message_en")).to_have_value("It is a pump.")


def test_what_is_typed_is_kept_with_its_version_while_it_is_typed(site: Site, desk: Page) -> None:
    """P19: a tab that is opened once more copies what is kept, and its page was never left."""
    site.declare()
    desk.goto(site.url + UPDATE)
    write(desk)
    [kept] = desk.evaluate("Object.values(sessionStorage).map(JSON.parse)")
    assert kept["typed"] == {"message_en": ENGLISH, "message_fr": FRENCH, "version": "1", "sequence": "1"}


@pytest.mark.parametrize("blocked", [[], ["**/draft.js"]], ids=["with the script", "without it"])
def test_what_one_operator_typed_is_not_given_to_the_next_in_the_same_tab(
    blocked: list[str], site: Site, desk: Page
) -> None:
    """They would send it under their own name; whoever typed it has it back, also after signing in again."""
    for each in blocked:
        desk.route(each, lambda route: route.abort())
    site.declare(a_delay())
    desk.goto(site.url + UPDATE)
    write(desk)
    desk.goto(f"{site.url}/en/console/")
    desk.go_back()
    is_written(desk)
    desk.get_by_role("button", name="Sign out").click()
    desk.wait_for_url("**/sign-in")
    sign_in(desk.context, site, Role.TCCU, "next@desk.example.org")
    desk.go_back()
    expect(desk.locator(".console-who")).to_contain_text("next@desk.example.org")
    expect(desk.locator("#message_en")).not_to_have_value(ENGLISH)
    if not blocked:
        sign_in(desk.context, site, Role.TCCU)
        desk.reload()
        is_written(desk)
