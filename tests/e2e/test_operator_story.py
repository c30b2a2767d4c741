"""An operator's night in Chromium: a delay declared by keyboard alone, followed, raised and resolved.

With real mail to a subscriber; wide and narrow, in both languages, with and without scripts. Every step is
looked at for what axe finds, in light and dark.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Locator, Page, expect

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.drill.catcher import MailCatcher
from tests.builders import THURSDAY_10H, a_delay
from tests.desk import PASSWORD, a_user, email_of
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.desks import sign_in
from tests.e2e.live import Site, live
from tests.services import acts

Check = Callable[[Page], None]
Shoot = Callable[[Page, str], object]
TABS_AT_MOST = 60
MAIL_WITHIN = 20.0
HERE = "/en/console/outages/TCC26-0001"


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture
def site(sqlite_url: str, mail: MailCatcher) -> Iterator[Site]:
    """A live service that sends mail; its clock stands at Thursday 10:00."""
    with live(sqlite_url, VirtualClock(THURSDAY_10H), smtp_url=mail.url) as started:
        yield started


@pytest.fixture
def look(assert_accessible: Check, screenshots: Shoot) -> Callable[[Page, str], None]:
    """Checks a step and keeps a picture of it."""

    def check(page: Page, name: str) -> None:
        assert not scrolls_sideways(page), name
        screenshots(page, f"operator-{name}")
        assert_accessible(page)

    return check


Look = Callable[[Page, str], None]


def letters(mail: MailCatcher, count: int) -> list[str]:
    """Returns subject and text of the messages so far, once there are so many."""
    until = time.monotonic() + MAIL_WITHIN
    while len(mail.caught()) < count and time.monotonic() < until:
        time.sleep(0.05)
    read = [message_from_bytes(one.content, policy=policy.default) for one in mail.caught()]
    assert len(read) == count
    return [f"{one['subject']}\n{one.get_body(('plain',)).get_content()}" for one in read]


def tab_to(page: Page, place: Locator) -> None:
    """Moves the focus there as a keyboard does."""
    for _ in range(TABS_AT_MOST):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {place}")


def press(page: Page, go: str) -> None:
    """Presses a button of the form by keyboard."""
    tab_to(page, page.locator(f"button[value={go}]"))
    page.keyboard.press("Enter")


def subscribe(page: Page, site: Site, mail: MailCatcher) -> None:
    """Subscribes on the site and confirms from the letter."""
    page.goto(f"{site.url}/en/subscribe")
    page.fill("#email", "ann@example.org")
    page.click("main button[type=submit]")
    (letter,) = letters(mail, 1)
    found = re.search(r"http://\S+/confirm", letter)
    assert found
    page.goto(found[0])
    page.click("main button[type=submit]")


def test_a_night_at_the_desk_by_keyboard_alone(site: Site, mail: MailCatcher, page: Page, look: Look) -> None:
    subscribe(page, site, mail)
    a_user(site.engine, Role.TCCU)

    page.goto(f"{site.url}/en/console/declare")  # leads to signing in, and back
    page.locator("#email").focus()
    page.keyboard.type(email_of(Role.TCCU))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/en/console/declare")

    look(page, "1-systems")
    tab_to(page, page.locator("#on_edi"))
    page.keyboard.press("Space")
    tab_to(page, page.locator("#behind_edi"))
    page.keyboard.type("45")
    expect(page.locator("#condition_edi")).to_have_value("delay")
    expect(page.locator("#on_edi-row .system-outcome")).to_have_text("This counts as a delay.")
    look(page, "1-systems-chosen")
    page.keyboard.press("Enter")
    expect(page.locator("#message_fr")).to_have_value(re.compile("45\u00a0min de retard"))
    look(page, "2-text")
    press(page, "preview")
    expect(page.locator(".lead")).to_have_text("Goes to 1 subscriber. Nothing has been sent yet.")
    look(page, "3-preview")
    press(page, "send")
    page.wait_for_url("**/outages/TCC26-0001?sent=1")
    assert "45\u00a0min later than usual" in letters(mail, 2)[1]
    look(page, "4-outage")

    _raise_the_minutes(site, mail, page, look)
    _resolve(site, mail, page, look)


def _raise_the_minutes(site: Site, mail: MailCatcher, page: Page, look: Look) -> None:
    page.goto(f"{site.url}/en/console/")
    expect(page.locator("[data-due]")).to_have_text(
        re.compile(r"in 4\u00a0h\u00a000\u00a0min|in 3\u00a0h\u00a059")
    )
    site.advance(timedelta(minutes=30))

    page.goto(f"{site.url}{HERE}/update")
    tab_to(page, page.locator("#behind_edi"))
    page.keyboard.press("Control+A")
    page.keyboard.type("75")
    expect(page.locator("#on_edi-row .system-outcome")).to_have_text("This counts as an outage.")
    tab_to(page, page.locator("#message_en"))
    page.keyboard.type("Processing is 75 minutes behind.")
    tab_to(page, page.locator("#message_fr"))
    page.keyboard.type("Le traitement a 75 minutes de retard.")
    look(page, "5-update")
    press(page, "preview")
    expect(page.locator(".notice--danger")).to_contain_text("the delay becomes an outage")
    look(page, "6-update-preview")
    press(page, "send")
    page.wait_for_url("**/outages/TCC26-0001?sent=2")
    assert "UPDATE / MISE À JOUR" in letters(mail, 3)[2].splitlines()[0]


def _resolve(site: Site, mail: MailCatcher, page: Page, look: Look) -> None:
    page.goto(f"{site.url}{HERE}/resolve")
    look(page, "7-resolve")
    press(page, "preview")
    press(page, "send")
    page.wait_for_url("**/outages/TCC26-0001?sent=3")
    look(page, "8-resolved")
    assert "RESOLVED / RÉSOLU" in letters(mail, 4)[3].splitlines()[0]
    expect(page.locator("#live")).to_contain_text("Revoked")


def test_the_same_without_scripts_on_a_telephone_in_french(
    site: Site, mail: MailCatcher, new_context: Contexts
) -> None:
    context = new_context(java_script_enabled=False, viewport=NARROW, locale="fr-CA")
    sign_in(context, site, Role.TCCU)
    acts.subscribe(site.engine)
    page = context.new_page()
    page.goto(f"{site.url}/fr/console/declare")
    page.check("#on_cers")
    page.fill("#behind_cers", "trente")
    page.click("button[value=text]")
    expect(page.locator("#errors")).to_contain_text("Minutes de retard\u00a0: entrez un nombre, comme 45.")
    assert not scrolls_sideways(page)
    page.fill("#behind_cers", "30")
    page.select_option("#condition_cers", "delay")
    page.click("button[value=text]")
    page.select_option("#template", "cers_delay_unmeasured")
    page.click("button[value=fill]")
    expect(page.locator("#message_fr")).to_have_value(
        re.compile("L’ampleur du retard n’est pas encore connue")
    )
    page.click("button[value=preview]")
    assert not scrolls_sideways(page)
    page.dblclick("button[value=send]")
    page.wait_for_url("**/outages/TCC26-0001?sent=1")
    page.fill("#text", "L’équipe du réseau a appelé.")
    page.click("form[action$=notes] button")
    expect(page.locator(".notes")).to_contain_text("L’équipe du réseau a appelé.")
    page.click("a[href$='/resolve']")
    page.click("button[value=preview]")
    page.click("button[value=send]")
    page.wait_for_url("**/outages/TCC26-0001?sent=2")
    assert len(letters(mail, 2)) == acts.rows(site.engine)["bulletin"] == 2


def test_every_step_fits_a_telephone_in_french(site: Site, new_context: Contexts, look: Look) -> None:
    context = new_context(viewport=NARROW, locale="fr-CA")
    sign_in(context, site, Role.TCCU)
    page = context.new_page()
    page.goto(f"{site.url}/fr/console/declare")
    page.check("#on_edi")
    page.fill("#behind_edi", "beaucoup")
    page.click("button[value=text]")
    look(page, "narrow-1-mistake")
    page.fill("#behind_edi", "75,5")
    page.click("button[value=text]")
    page.fill("#message_fr", "Le retard est de 57 minutes.")
    page.click("button[value=preview]")
    expect(page.locator(".notice--warning")).to_contain_text("Nombres.")
    look(page, "narrow-2-preview")
    page.click("button[value=send]")
    page.wait_for_url("**/outages/TCC26-0001?sent=1")
    look(page, "narrow-3-outage")
    page.click("a[href$='/update']")
    look(page, "narrow-4-update")


def test_two_operators_at_once_see_each_other(site: Site, new_context: Contexts, look: Look) -> None:
    site.declare(a_delay())
    first, second = (new_context() for _ in range(2))
    for context in (first, second):
        sign_in(context, site, Role.TCCU)
    slow, quick = first.new_page(), second.new_page()
    for page in (slow, quick):
        page.goto(f"{site.url}{HERE}/update")
    quick.fill("#message_en", "The network is being repaired.")
    quick.fill("#message_fr", "Le réseau est en réparation.")
    quick.click("button[value=preview]")
    quick.click("button[value=send]")
    quick.wait_for_url("**?sent=2")

    slow.fill("#message_en", "Processing is slow.")
    slow.fill("#message_fr", "Le traitement est lent.")
    slow.click("button[value=preview]")
    expect(slow.locator(".notice--danger")).to_contain_text("The network is being repaired.")
    expect(slow.locator("#message_en")).to_have_value("Processing is slow.")
    look(slow, "conflict")
    slow.click("button[value=preview]")
    slow.click("button[value=send]")
    slow.wait_for_url("**?sent=3")

    slow.goto(f"{site.url}/en/console/declare")
    slow.check("#on_edi")
    slow.click("button[value=text]")
    expect(slow.locator("h1")).to_have_text("This is declared already")
    look(slow, "overlap")


def test_what_is_planned_is_seen_by_the_month(site: Site, new_context: Contexts, look: Look) -> None:
    site.announce(acts.CERS_OUT)
    for name, options in (("wide", {}), ("narrow", {"viewport": NARROW})):
        context = new_context(**options)
        sign_in(context, site, Role.TCCU)
        page = context.new_page()
        page.goto(f"{site.url}/fr/console/schedule")
        expect(page.locator(".month .planned")).to_contain_text("TCC26-0001")
        expect(page.locator(".month .reminder")).to_have_count(2)
        look(page, f"schedule-{name}")


def test_a_session_that_ends_loses_no_text(site: Site, new_context: Contexts, look: Look) -> None:
    site.declare(a_delay())
    context = new_context()
    sign_in(context, site, Role.TCCU)
    page = context.new_page()
    page.goto(f"{site.url}{HERE}/update")
    page.fill("#message_en", "A long text.")
    page.fill("#message_fr", "Un long texte.")
    context.clear_cookies()
    page.click("button[value=preview]")
    look(page, "session-ended")
    page.fill("#email", email_of(Role.TCCU))
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    look(page, "session-resumed")
    page.click("button[value=resume]")
    expect(page.locator("#message_fr")).to_have_value("Un long texte.")
