"""The list of subscribers at the console: nobody is written to, and erasing asks twice."""

import csv
import io

import pytest
from sqlalchemy import func, select

from outage_service.domain.systems import System
from outage_service.services.engine import Engine
from outage_service.storage.schema import mailing, subscriber
from outage_service.storage.subscribers import SubscriberState, set_subscriber_state
from tests.desk import Desk
from tests.services.acts import subscribe
from tests.web.writing import form_at

PATH = "/en/console/subscribers"
FORM = {"email": "zoe@example.org", "language": "fr", "system": ["edi", "cers"], "kind": []}


def addresses(engine: Engine) -> list[str]:
    with engine.db.read() as tx:
        assert tx.execute(select(func.count()).select_from(mailing)).scalar_one() == 0
        return sorted(tx.execute(select(subscriber.c.email)).scalars())


def test_subscribers_are_found_by_a_part_of_their_address(admin_desk: Desk, engine: Engine) -> None:
    """Whatever it holds: `%` and `_` are letters like others."""
    for name in ("ann", "a_n", "bob"):
        subscribe(engine, f"{name}@example.org")
    for part, found in (("", 3), ("AN", 1), ("_", 1), ("%", 0), ("example", 3), ("\x00bob", 1)):
        text = admin_desk.get(PATH, params={"q": part}).text
        assert text.count("@example.org</a>") == found, part
    first = admin_desk.get(PATH, params={"limit": 2}).text
    assert (first.count("@example.org</a>"), "More" in first) == (2, True)
    assert "Nobody was found." in admin_desk.get(PATH, params={"q": "nobody"}).text


def test_somebody_is_added_and_changed(admin_desk: Desk, engine: Engine) -> None:
    for _ in range(2):  # a double click
        assert admin_desk.submit(f"{PATH}/new", FORM).status_code == 303
    with engine.db.read() as tx:
        row = tx.execute(select(subscriber)).one()
    assert (row.email, row.language, row.state) == ("zoe@example.org", "fr", "active")
    shown = admin_desk.get(f"{PATH}/{row.id}").text
    assert 'value="edi" checked' in shown
    assert 'value="swi" checked' not in shown
    changed = {**FORM, "email": "zoe@example.com", "system": [System.SWI.value], "state": "unsubscribed"}
    shown_fields = form_at(admin_desk.get(f"{PATH}/{row.id}"), f"/{row.id}")
    assert admin_desk.submit(f"{PATH}/{row.id}", shown_fields | changed).status_code == 303
    with engine.db.read() as tx:
        row = tx.execute(select(subscriber)).one()
    assert (row.email, row.state, row.epoch) == ("zoe@example.com", "unsubscribed", 2)


def test_who_has_left_is_not_said_to_be_added(admin_desk: Desk, engine: Engine) -> None:
    admin_desk.submit(f"{PATH}/new", FORM)
    engine.db.write(lambda tx: set_subscriber_state(tx, 1, SubscriberState.UNSUBSCRIBED, now=engine.clock()))
    assert admin_desk.submit(f"{PATH}/new", FORM).status_code == 422


def test_a_form_that_was_open_for_long_brings_back_nobody_who_has_left(
    admin_desk: Desk, engine: Engine
) -> None:
    """P14: a state that was left as it was shown is not written."""
    admin_desk.submit(f"{PATH}/new", FORM)
    shown = form_at(admin_desk.get(f"{PATH}/1"), "/1")
    assert shown["state_before"] == ["active"]
    engine.db.write(lambda tx: set_subscriber_state(tx, 1, SubscriberState.UNSUBSCRIBED, now=engine.clock()))
    form = shown | {"language": ["en"]}
    assert admin_desk.submit(f"{PATH}/1", form).status_code == 303
    with engine.db.read() as tx:
        row = tx.execute(select(subscriber)).one()
    assert (row.language, row.state) == ("en", "unsubscribed")
    shown = form_at(admin_desk.get(f"{PATH}/1"), "/1")
    admin_desk.submit(f"{PATH}/1", shown | {"state": ["active"]})
    with engine.db.read() as tx:
        assert tx.execute(select(subscriber.c.state)).scalar_one() == "active"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "nobody", "Enter an e-mail address"),
        ("email", "ann@example.org", "Somebody with this address is on the list already."),
        ("language", "de", "Choose the language that comes first."),
        ("system", "phone", "Choose systems of the list."),
        ("state", "king", "Choose a state of the list."),
    ],
)
def test_what_cannot_be_used_is_told_at_its_field(
    field: str, value: str, said: str, admin_desk: Desk, engine: Engine
) -> None:
    subscribe(engine, "ann@example.org")
    zoe = subscribe(engine, "zoe@example.org")
    for path in (f"{PATH}/{zoe}", *([f"{PATH}/new"] if field != "state" else [])):
        page = admin_desk.get(path)
        form = form_at(page, path) | {**FORM, "email": "new@example.org", "state": "active", field: value}
        answer = admin_desk.submit(path, form)
        assert answer.status_code == 422, path
        assert said in answer.text
        assert f'href="#{field}"' in answer.text
    assert addresses(engine) == ["ann@example.org", "zoe@example.org"]


@pytest.mark.parametrize(("language", "word"), [("en", "ERASE"), ("fr", "SUPPRIMER")])
def test_erasing_asks_for_the_word_of_the_page_s_language(
    language: str, word: str, admin_desk: Desk, engine: Engine
) -> None:
    ann = subscribe(engine)
    path = f"/{language}/console/subscribers/{ann}/erase"
    fields = form_at(admin_desk.get(path.removesuffix("/erase")), "/erase")
    for wrong in ("", word.lower(), "ERASE SUPPRIMER"):
        answer = admin_desk.submit(path, fields | {"typed": wrong})
        assert (answer.status_code, word in answer.text) == (422, True)
    assert addresses(engine) == ["ann@example.org"]
    assert admin_desk.submit(path, fields | {"typed": word}).status_code == 303
    assert addresses(engine) == []
    assert admin_desk.submit(path, fields | {"typed": word}).status_code == 404


def test_the_list_is_taken_along_as_csv_and_that_is_recorded(admin_desk: Desk, engine: Engine) -> None:
    subscribe(engine, systems=(System.EDI,))
    answer = admin_desk.submit(f"{PATH}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="subscribers.csv"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert list(csv.reader(io.StringIO(answer.text)))[1:] == [["ann@example.org", "en", "edi", ""]]
    assert "subscribers exported" in admin_desk.get("/en/console/audit").text


FILE = (
    b"email,language,systems,kinds\r\nann@example.org,en,,\r\nzoe@example.org,fr,edi;cers,outage\r\n"
    b"nobody,fr,,\r\nzoe@example.org,fr,,\r\neve@example.org,de,,\r\njoe@example.org,en,phone,\r\n"
)


def test_a_file_is_looked_at_first_and_imported_then(admin_desk: Desk, engine: Engine) -> None:
    subscribe(engine)
    looked = admin_desk.submit("/fr/console/subscribers/import", files={"file": ("list.csv", FILE)})
    assert looked.status_code == 200
    assert "Importer 1<" in looked.text
    for reason in (
        "Cette adresse courriel n’est pas utilisable.",
        "L’adresse figure deux fois dans le fichier.",
        "La langue doit être en ou fr.",
        "Un système inconnu",
    ):
        assert reason in looked.text
    assert addresses(engine) == ["ann@example.org"]
    again = {"seen": "1", "csv": FILE.decode()}
    assert "Abonnés importés\u00a0: 1" in admin_desk.submit("/fr/console/subscribers/import", again).text
    assert addresses(engine) == ["ann@example.org", "zoe@example.org"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The first line must be"),
        (b"name\nann", "The first line must be"),
        (b"\xff\xfe", "The file is not UTF-8 text."),
        (b"email,language,systems,kinds\n" + b" \n" * 300_000, "The file is too large."),
        (b"email,language,systems,kinds\n", "There is nobody to import."),
    ],
    ids=["empty", "no header", "not text", "too large", "header alone"],
)
def test_a_file_that_cannot_be_used_is_told_so(content: bytes, said: str, admin_desk: Desk) -> None:
    answer = admin_desk.submit(f"{PATH}/import", files={"file": ("list.csv", content)})
    assert said in answer.text
    assert (answer.status_code == 200) is (said == "There is nobody to import.")


def test_without_a_file_one_is_asked_for(admin_desk: Desk) -> None:
    answer = admin_desk.submit(f"{PATH}/import")
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


def test_a_body_beyond_all_bounds_is_not_read(admin_desk: Desk) -> None:
    huge = {"csv": "x" * (1024 * 1024)}
    assert admin_desk.submit(f"{PATH}/import", huge).status_code == 413
    assert admin_desk.submit(f"{PATH}/new", {"email": "x" * 70_000}).status_code == 413
