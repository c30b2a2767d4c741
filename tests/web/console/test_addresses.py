"""The lists of suppressed addresses and of regional mailboxes at the console (P14, R12)."""

import re

import pytest

from outage_service.services.engine import Engine
from outage_service.storage.alerts import raise_alert
from tests.desk import Desk

SUPPRESSED, REGIONAL = "/en/console/suppressions", "/en/console/regional"
MAILBOX = {"email": "Region@example.org", "first": "fr"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: what differs between them is tested with the services."""
    return sqlite_url


def listed(desk: Desk, path: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]*)</th>', desk.get(path).text)


@pytest.mark.parametrize(("path", "off"), [(SUPPRESSED, "lift"), (REGIONAL, "remove")])
def test_an_address_is_put_on_a_list_once_and_taken_off_again(path: str, off: str, admin_desk: Desk) -> None:
    assert admin_desk.submit(path, MAILBOX).status_code == 303
    assert listed(admin_desk, path) == ["Region@example.org"]
    again = admin_desk.submit(path, MAILBOX)
    assert (again.status_code, again.text.count("This address is on the list already.")) == (422, 2)
    assert 'value="Region@example.org"' in again.text
    assert admin_desk.submit(f"{path}/1/{off}").status_code == 303
    assert listed(admin_desk, path) == []
    assert admin_desk.submit(f"{path}/1/{off}").status_code == 404


def test_the_list_marks_the_mailbox_that_did_not_get_its_message(admin_desk: Desk, engine: Engine) -> None:
    """P22: it has to be corrected here."""
    for name in ("region", "other"):
        admin_desk.submit(REGIONAL, {"email": f"{name}@example.org", "first": "en"})
    engine.db.write(lambda tx: raise_alert(tx, ("regional_letter_lost", "2"), now=engine.clock()))
    rows = re.findall(r'<th scope="row">(.*?)</th>', admin_desk.get(REGIONAL).text)
    said = "A message was not delivered in the last 24 hours."
    assert [said in row for row in rows] == [False, True]
    french = admin_desk.get(REGIONAL.replace("/en/", "/fr/")).text
    assert french.count("Un message n’a pas été remis au cours des 24 dernières heures.") == 1


@pytest.mark.parametrize("path", [SUPPRESSED, REGIONAL])
def test_what_is_no_address_is_told_and_kept(path: str, admin_desk: Desk) -> None:
    answer = admin_desk.submit(path, {**MAILBOX, "email": "nobody"})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'value="nobody"' in answer.text


def test_a_mailbox_has_one_of_the_two_languages(admin_desk: Desk) -> None:
    answer = admin_desk.submit(REGIONAL, {**MAILBOX, "first": "de"})
    assert (answer.status_code, answer.text.count("Choose a language.")) == (422, 2)


def test_a_long_list_of_suppressed_addresses_goes_on(admin_desk: Desk) -> None:
    for name in ("a", "b"):
        admin_desk.submit(SUPPRESSED, {"email": f"{name}@example.org"})
    text = admin_desk.get(f"{SUPPRESSED}?limit=1").text
    cursor = re.search(r"\?cursor=([^\"]+)", text)
    assert cursor
    assert listed(admin_desk, f"{SUPPRESSED}?cursor={cursor[1]}") == ["a@example.org"]
