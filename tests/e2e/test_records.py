"""The page that confirms the record of an outage, in a browser (R107)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.services import records
from tests.e2e.conftest import NARROW, scrolls_sideways
from tests.e2e.live import Site


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "title"), [("en", "This record is genuine"), ("fr", "Ce relevé est authentique")]
)
def test_a_record_is_confirmed_accessibly_on_a_telephone(
    site: Site,
    page: Page,
    language: str,
    title: str,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    done = site.resolve(site.declare())
    with site.engine.db.read() as tx:
        code = records.find_record(site.engine, tx, done.outage.id).code
    page.set_viewport_size(NARROW)
    page.goto(f"{site.url}/{language}/records/{code}")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert_accessible(page)
    assert not scrolls_sideways(page)
    screenshots(page, f"record-{language}-320")
    page.goto(f"{site.url}/{language}/records/nothing")
    assert_accessible(page)
