"""The first page while things happen: it follows by itself, says so, and warns when it cannot."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.clock import VirtualClock
from outage_service.domain.systems import System
from tests.builders import THURSDAY_10H, an_impact
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.live import Site

POLL = 31_000
"""Milliseconds after which the page has asked again."""


@pytest.fixture
def watched(site: Site, page: Page) -> Page:
    """The first page, on a clock that the test moves."""
    page.clock.install()
    page.goto(f"{site.url}/en/")
    return page


def test_an_outage_appears_by_itself_and_is_announced_politely(site: Site, watched: Page) -> None:
    expect(watched.locator("#live")).to_contain_text("No outage and no delay is open")
    expect(watched.get_by_role("status")).to_be_empty()
    site.declare()
    watched.clock.fast_forward(POLL)
    expect(watched.get_by_role("heading", name="EDI outage")).to_be_visible()
    expect(watched.get_by_role("status")).to_have_text("The status has changed.")


def test_the_time_alone_disturbs_nobody(site: Site, watched: Page) -> None:
    quiet = watched.locator(".systems").element_handle()
    site.advance(timedelta(minutes=5))
    watched.clock.fast_forward(POLL)
    expect(watched.locator("#as-of")).to_contain_text("10:05 (ET)")
    expect(watched.get_by_role("status")).to_be_empty()
    assert quiet.evaluate("element => element.isConnected")


def test_it_says_so_when_it_can_no_longer_be_updated(watched: Page) -> None:
    warning = watched.get_by_text("This page is no longer being updated")
    expect(warning).to_be_hidden()
    watched.context.set_offline(True)
    for _ in range(2):
        with watched.expect_event("requestfailed"):
            watched.clock.fast_forward(POLL)
    expect(warning).to_be_visible()
    watched.context.set_offline(False)
    watched.clock.fast_forward(POLL)
    expect(warning).to_be_hidden()


def test_an_hours_old_page_says_so_at_the_first_miss(watched: Page) -> None:
    """R11: after a sleep "functioning normally" is not known, and nobody waits for a second miss."""
    warning = watched.get_by_text("This page is no longer being updated")
    watched.context.set_offline(True)
    with watched.expect_event("requestfailed"):
        watched.clock.fast_forward(POLL)
    expect(warning).to_be_hidden()
    watched.context.set_offline(False)
    with watched.expect_event("requestfinished"):
        watched.clock.fast_forward(POLL)
    watched.context.set_offline(True)
    with watched.expect_event("requestfailed"):
        watched.clock.fast_forward("02:00:00")
    expect(warning).to_be_visible()


def test_the_keyboard_stays_on_its_link_when_something_changes(site: Site, watched: Page) -> None:
    """WCAG 3.2: what is replaced around a reader takes nothing from their hand."""
    site.declare()
    watched.reload()
    watched.get_by_role("link", name="All about TCC26-0001").focus()
    second = site.declare(an_impact(System.CERS))
    watched.clock.fast_forward(POLL)
    expect(watched.get_by_role("link", name="All about TCC26-0002")).to_be_visible()
    expect(watched.get_by_role("link", name="All about TCC26-0001")).to_be_focused()
    watched.get_by_role("link", name="All about TCC26-0002").focus()
    site.resolve(second)
    watched.clock.fast_forward(POLL)
    expect(watched.get_by_role("link", name="All about TCC26-0002")).to_have_count(0)
    expect(watched.get_by_role("heading", level=1)).to_be_focused()


def test_without_scripts_it_is_the_same_page(site: Site, new_context: Contexts) -> None:
    site.declare()
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/fr/")
    expect(page.get_by_role("heading", name="Panne de l’EDI")).to_be_visible()
    expect(page.get_by_text("Cette page se met à jour")).to_be_hidden()


def test_it_asks_for_little(site: Site, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    site.declare()
    page.goto(f"{site.url}/en/", wait_until="networkidle")
    assert len(asked) < 10
    answer = site.get("/en/")
    assert len(answer.content) < 100_000
    assert site.get("/en/", **{"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_with_the_database_gone_it_answers_and_never_says_normal(
    site: Site,
    page: Page,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    """P21: what was out stays out, what worked cannot be known, and other pages say so too."""
    assert isinstance(site.clock, VirtualClock)
    site.declare()
    site.engine.db.close()
    site.clock.set(THURSDAY_10H - timedelta(minutes=1))  # what was read is no longer told as known
    page.goto(f"{site.url}/en/")
    expect(page.get_by_role("heading", name="The present state cannot be known")).to_be_visible()
    expect(page.locator(".system").first).to_contain_text("Outage")
    expect(page.locator(".system").nth(1)).to_contain_text("Cannot be known")
    assert "normal" not in page.content().lower()
    screenshots(page, "status-stale-en-1440")
    assert_accessible(page)
    page.set_viewport_size(NARROW)
    page.goto(f"{site.url}/fr/")
    assert not scrolls_sideways(page)
    screenshots(page, "status-stale-fr-320-dark")
    assert_accessible(page)
