"""Clients' own outages in a browser: recorded, looked at and closed in both languages (R26–R33)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage_service.domain.roles import Role
from tests.e2e.conftest import NARROW, Contexts, scrolls_sideways
from tests.e2e.desks import sign_in
from tests.e2e.live import Site

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "new": "Record a client’s outage", "client": "Client", "name": "Name of the person",
        "telephone": "Telephone number", "email": "E-mail address", "said": "What the client has said",
        "incident": "It is a cybersecurity incident", "look": "Continue: see what follows",
        "record": "Record it", "close": "Close the case", "resolved": "Resolved",
    },
    "fr": {
        "new": "Consigner la panne d’un client", "client": "Client", "name": "Nom de la personne",
        "telephone": "Numéro de téléphone", "email": "Adresse courriel", "said": "Ce que le client a dit",
        "incident": "C’est un incident de cybersécurité", "look": "Continuer\u00a0: voir ce qui suivra",
        "record": "Consigner", "close": "Clore le dossier", "resolved": "Résolu",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_a_client_s_incident_is_recorded_looked_at_and_closed(
    language: str,
    site: Site,
    new_context: Contexts,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    words, context = WORDS[language], new_context()
    sign_in(context, site, Role.TCCU)
    page = context.new_page()

    def look(name: str) -> None:
        assert_accessible(page)
        screenshots(page, f"external-{name}-{language}")
        page.set_viewport_size(NARROW)
        assert not scrolls_sideways(page), name
        screenshots(page, f"external-{name}-{language}-narrow")
        page.set_viewport_size({"width": 1440, "height": 900})

    page.goto(f"{site.url}/{language}/console/external")
    page.get_by_role("link", name=words["new"]).click()
    page.get_by_role("button", name=words["look"]).click()
    expect(page.get_by_role("alert")).to_be_visible()
    look("mistakes")
    for field, typed in (("client", "Example Brokers"), ("name", "A. Person"), ("email", "d@example.org")):
        page.get_by_label(words[field], exact=True).fill(typed)
    page.get_by_label(words["telephone"]).fill("519-555-0100")
    page.get_by_label(words["said"]).fill("Their gateway was broken into.")
    page.locator("#system-edi").check()
    page.get_by_label(words["incident"]).check()
    page.get_by_role("button", name=words["look"]).click()
    look("look")
    page.get_by_role("button", name=words["record"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("EXT26-0001 – Example Brokers")
    look("case")
    page.get_by_role("button", name=words["close"]).click()
    expect(page.locator(".badge").first).to_have_text(re.compile(words["resolved"]))
    page.goto(f"{site.url}/{language}/console/external")
    look("list")


def test_the_short_lists_of_administrators_are_accessible(
    site: Site,
    new_context: Contexts,
    assert_accessible: Callable[[Page], None],
    screenshots: Callable[[Page, str], Path],
) -> None:
    """P14, R12: each with an address on it."""
    context = new_context(viewport=NARROW)
    sign_in(context, site, Role.ADMIN)
    page = context.new_page()
    for language, name in (("en", "suppressions"), ("fr", "regional")):
        page.goto(f"{site.url}/{language}/console/{name}")
        page.locator("#email").fill("region@example.org")
        page.locator("main form").last.get_by_role("button").click()
        expect(page.get_by_role("rowheader")).to_have_text("region@example.org")
        assert_accessible(page)
        assert not scrolls_sideways(page), name
        screenshots(page, f"console-{name}-{language}")


def test_the_other_language_says_too_that_another_has_changed_the_case(
    site: Site, new_context: Contexts
) -> None:
    """P19: with what was typed since."""
    context = new_context()
    sign_in(context, site, Role.TCCU)
    page, other = context.new_page(), context.new_page()
    page.goto(f"{site.url}/en/console/external/new")
    for field, typed in (("Client", "Example Brokers"), ("Name of the person", "A. Person")):
        page.get_by_label(field, exact=True).fill(typed)
    page.get_by_label("Telephone number").fill("519-555-0100")
    page.get_by_label("What the client has said").fill("Their gateway has failed.")
    page.locator("#system-edi").check()
    page.get_by_role("button", name="Continue: see what follows").click()
    page.get_by_role("button", name="Record it", exact=True).click()
    page.wait_for_url("**/external/1?done=recorded")
    other.goto(page.url)
    other.locator("#description").fill("Theirs.")
    other.get_by_role("button", name="Save").click()
    other.wait_for_url("**/external/1?done=saved")
    page.locator("#ends_at").fill("2026-11-26T14:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("Somebody else has changed this case")
    expect(page.locator("#description")).to_have_value("Theirs.")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("alert").first).to_contain_text("Quelqu’un d’autre a modifié ce dossier")
    expect(page.locator("#ends_at")).to_have_value("2026-11-26T14:00")
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url("**/external/1?done=saved")
    expect(page.locator("#description")).to_have_value("Theirs.")
