"""Two administrators at one subscriber, in two tabs of a narrow window: the second is told, and by what."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.roles import Role
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.desks import sign_in
from tests.e2e.live import Site

pytestmark = pytest.mark.browser

LONG_ADDRESS = "anna.of.the.customs.department@subdomain.example.org"


def test_what_another_has_saved_is_shown_beside_what_was_typed(
    site: Site, new_context: Contexts, assert_accessible: Callable[[Page], None]
) -> None:
    context = new_context(viewport=NARROW)
    sign_in(context, site, Role.ADMIN)
    mine, other = context.new_page(), context.new_page()
    entry = f"{site.url}/fr/console/subscribers/{site.subscribe(LONG_ADDRESS)}"
    for page, system in ((mine, "edi"), (other, "swi")):
        page.goto(entry)
        page.check(f"#system-{system}")
    other.get_by_role("button", name="Enregistrer").click()
    other.wait_for_url("**/subscribers")
    mine.get_by_role("button", name="Enregistrer").click()
    expect(mine.get_by_role("alert")).to_contain_text("Initiative du guichet unique")
    expect(mine.locator("#system-edi")).to_be_checked()
    assert not scrolls_sideways(mine)
    assert_accessible(mine)
