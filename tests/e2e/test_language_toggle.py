"""The language toggle of a page that answers a form, in a browser: seen, used, and nothing typed is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.roles import Role
from tests.e2e.conftest import NARROW, WIDE, Contexts, scrolls_sideways
from tests.e2e.desks import sign_in
from tests.e2e.live import Site

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]


def test_what_an_operator_types_is_there_in_the_other_language(
    site: Site, new_context: Contexts, assert_accessible: Check, screenshots: Callable[[Page, str], Path]
) -> None:
    """Also what was typed since the page came."""
    context = new_context(viewport=NARROW)
    sign_in(context, site, Role.TCCU)
    page = context.new_page()
    page.goto(f"{site.url}/en/console/declare")
    page.check("#on_edi")
    page.click("button[value=text]")
    page.fill("#message_en", "EDI is slow since ten.")
    assert_accessible(page)
    assert not scrolls_sideways(page)
    screenshots(page, "language-toggle-en-320")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#message_en")).to_have_value("EDI is slow since ten.")
    screenshots(page, "language-toggle-fr-1440")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#message_en")).to_have_value("EDI is slow since ten.")


def test_without_scripts_what_was_sent_is_there_in_the_other_language(
    site: Site, new_context: Contexts
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/en/subscribe")
    page.fill("input[name=email]", "trade")
    page.check("input[name=system][value=edi]")
    page.locator("main form").evaluate("form => { form.noValidate = true; }")
    page.locator("main button[type=submit]").first.click()
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#email")).to_have_value("trade")
    expect(page.locator("main input[name=system][value=edi]")).to_be_checked()
