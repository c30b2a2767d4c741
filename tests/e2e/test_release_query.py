"""The release query form in a browser: every mistake in its place, no JavaScript needed (R91–R99)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.release_numbers import Symbology
from outage_service.rendering.documents.barcodes import read_pages
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.live import Site

FIELDS = {
    "Release office": "453",
    "Client name": "Example Customs Brokers",
    "Client ID": "123456789RM0001",
    "Contact and telephone": "A. Person 519-555-0100",
    "Transaction numbers or cargo control numbers": "12345001495785\n12345 001495786\n12345-001495785",
}


@pytest.mark.browser
def test_mistakes_are_named_corrected_and_the_pdf_comes(
    site: Site,
    new_context: Contexts,
    screenshots: Callable[[Page, str], Path],
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/en/forms/release-query")
    screenshots(page, "release-query")
    for label, text in FIELDS.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Make the PDF").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("row")).to_have_count(3)
    screenshots(page, "release-query-mistakes")
    page.get_by_label("The client ID is right as it stands").check()
    page.get_by_label("Transaction numbers or cargo control numbers").fill("12345001495785\n12345-001495786")
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the PDF").click()
    made = Path(download.value.path()).read_bytes()
    assert read_pages(made, Symbology.CODE128) == ["12345001495785", "12345001495786"]


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_and_its_mistakes_are_accessible_and_fit_a_telephone(
    site: Site,
    page: Page,
    language: str,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{site.url}/{language}/forms/release-query")
    assert_accessible(page)
    assert not scrolls_sideways(page)
    for name in ("release_office", "client_name", "client_contact"):
        page.locator(f"#{name}").fill("x" * 40)
    page.locator("#client_id").fill("123456789RM0001")
    page.locator("#numbers").fill("1 2\n" + "9" * 60)
    page.locator("main button").click()
    expect(page.locator("#errors")).to_be_visible()
    assert_accessible(page)
    assert not scrolls_sideways(page)
    screenshots(page, f"release-query-mistakes-{language}-320")


@pytest.mark.browser
@pytest.mark.parametrize("bytes_of_file", [70_000, 3_000_000], ids=["a little", "by far"])
def test_a_file_that_is_too_large_is_told_on_a_page(bytes_of_file: int, site: Site, page: Page) -> None:
    """The browser gets to see it, although it was still sending."""
    page.goto(f"{site.url}/fr/forms/release-query")
    file = {"name": "numbers.csv", "mimeType": "text/csv", "buffer": b"x" * bytes_of_file}
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form").evaluate("form => form.submit()")
    expect(page.locator("h1")).to_have_text("C’est trop volumineux")
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(f"{site.url}/en/forms/release-query")
