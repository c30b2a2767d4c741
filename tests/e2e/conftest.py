"""Chromium against a live service: one browser for these tests, a context of its own for each.

Chromium missing is a failure: what nobody has looked at is not known to work. While the browser lives,
`asyncio.run` does not work in the thread of the tests: act through `site`, or over HTTP with `site.get`.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from outage_service.clock import VirtualClock
from tests.builders import THURSDAY_10H
from tests.e2e.live import Site, live
from tests.support.repository import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
NARROW = {"width": 320, "height": 720}
WIDE = {"width": 1440, "height": 900}
SCHEMES = ("light", "dark")
_OF_NO_HOST = {"about", "blob", "data"}
_ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    """A live service whose clock stands at Thursday 10:00."""
    with live(sqlite_url, VirtualClock(THURSDAY_10H)) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium; it ends with these tests, so that those of other folders have asyncio to themselves."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed: scripts/system_packages.sh"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield started
        started.close()


Contexts = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, site: Site) -> Iterator[Contexts]:
    """Makes contexts, `new_context(java_script_enabled=False)`.

    The test fails if a page asks another host for anything, breaks its content security policy, or if a
    script of ours fails.
    """
    asked: list[str] = []
    broken: list[str] = []
    contexts: list[BrowserContext] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            broken.append(message.text)

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(
            **{"viewport": WIDE, "locale": "en-CA", "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(10_000)
        context.on("request", lambda request: asked.append(request.url))
        context.on("console", hear)
        context.on("weberror", lambda error: broken.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    elsewhere = [url for url in asked if urlsplit(url).scheme not in _OF_NO_HOST and not _is_at(site, url)]
    assert not elsewhere, f"asked of another host: {elsewhere}"
    assert not broken


def _is_at(site: Site, url: str) -> bool:
    return urlsplit(url).netloc == urlsplit(site.url).netloc


@pytest.fixture
def page(new_context: Contexts) -> Page:
    """A page 1440 wide, in a context of its own."""
    return new_context().new_page()


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Finds what axe finds on a page, light and dark; nothing is let off."""

    def check(page: Page) -> None:
        page.wait_for_load_state()
        page.evaluate(Axe().axe_script)  # once for both: it is half a megabyte
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = AxeResults(page.evaluate("axe.run({resultTypes: ['violations']})"))
            assert found.violations_count == 0, f"{page.url} {scheme}\n{found.generate_report()}"

    return check


@pytest.fixture
def screenshots() -> Callable[[Page, str], Path]:
    """Writes `build/screenshots/<name>.png`, the whole page, kept to be looked at."""

    def write(page: Page, name: str) -> Path:
        page.wait_for_load_state()
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return write


def scrolls_sideways(page: Page) -> bool:
    """Returns whether the page is wider than its window, once its style sheets are there."""
    page.wait_for_load_state()
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider
