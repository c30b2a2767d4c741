"""Whatever comes between a form and its answer, what was typed comes back, and goes out once (P17, P18)."""

import httpx
import pytest
from fastapi import FastAPI

from outage_service.domain.roles import Role
from outage_service.services import sessions
from outage_service.services.engine import Engine
from outage_service.storage.subscribers import list_subscribers
from outage_service.web.security import SESSION_COOKIE
from tests.desk import PASSWORD, Desk, a_desk, a_user, email_of
from tests.services import acts
from tests.support.read_only import read_only
from tests.web.client import Api
from tests.web.writing import EDI_DELAY, MESSAGE, Fields, form_at, toggle_on

HERE = "/en/console/outages/TCC26-0001"
UNKNOWN_WHETHER_DONE = "Whether the first try got through is not known yet"
LINE = {"en": "We moved to another floor.", "fr": "Nous avons changé d’étage.", "hours": "4"}
CASE = {"client": "Borealis Freight", "contact": "Ann", "description": "Nothing leaves.", "systems": "edi"}
PERSON = {"email": "zoe@example.org", "language": "fr", "system": ["edi", "swi"], "kind": ["outage"]}
WRITTEN: dict[str, tuple[Role, str, dict[str, object]]] = {
    "a declaration": (Role.TCCU, "declare", {**EDI_DELAY, **MESSAGE, "go": "send"}),
    "an update": (Role.TCCU, "outages/TCC26-0001/update", {**MESSAGE, "version": "1", "go": "send"}),
    "a note": (Role.TCCU, "outages/TCC26-0001/notes", {"text": "Half a note"}),
    "a line": (Role.TCCU, "lines/tccu", LINE),
    "a client’s case": (Role.TCCU, "external/new", {**CASE, "go": "record"}),
    "what was learned of it": (Role.TCCU, "external/1", {"description": "Still nothing.", "version": "1"}),
    "a new subscriber": (Role.ADMIN, "subscribers/new", PERSON),
    "a subscriber": (Role.ADMIN, "subscribers/1", {**PERSON, "state": "active", "state_before": "active"}),
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what pages say."""
    return sqlite_url


def as_sent(fields: dict[str, object]) -> Fields:
    """Returns fields as a page repeats them; `go` is the page's own affair."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    return {name: [str(each) for each in values] for name, values in lists.items() if name != "go"}


def is_all_in(fields: Fields, found: Fields) -> bool:
    return as_sent(dict(fields)).items() <= found.items()


def resumed_from(desk: Desk, answer: httpx.Response, end: str) -> httpx.Response:
    return desk.submit(f"/en/console/{end}", form_at(answer, end) | {"go": "resume"})


@pytest.mark.parametrize(("role", "end", "typed"), WRITTEN.values(), ids=WRITTEN)
def test_who_signed_in_again_in_another_tab_goes_on_writing_in_this_one(
    role: Role, end: str, typed: dict[str, object], app: FastAPI, engine: Engine
) -> None:
    """Its form has the token of a session that is no more: nothing is done, and nothing lost."""
    acts.declare(engine)
    former, desk = a_desk(app, engine, role), a_desk(app, engine, role)
    answer = desk.submit(f"/en/console/{end}", {**typed, "csrf": former.session.csrf})
    assert "What you wrote is still there. Nothing has been sent yet." in answer.text
    assert is_all_in(as_sent(typed), form_at(answer, end))
    assert is_all_in(as_sent(typed), toggle_on(answer).fields or {})
    assert form_at(answer, end)["csrf"] == [desk.session.csrf]
    assert acts.rows(engine)["bulletin"] == 1


@pytest.mark.parametrize(("role", "end", "typed"), WRITTEN.values(), ids=WRITTEN)
def test_whatever_was_being_written_outlives_the_session(
    role: Role, end: str, typed: dict[str, object], app: FastAPI, engine: Engine
) -> None:
    acts.declare(engine)
    desk = a_desk(app, engine, role)
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, desk.cookie))
    ended = desk.submit(f"/en/console/{end}", typed)
    assert "What you wrote is kept." in ended.text
    signing = {**form_at(ended, "sign-in"), "email": email_of(role), "password": PASSWORD}
    resumed = desk.submit("/en/console/sign-in", signing)
    assert is_all_in(as_sent(typed), form_at(resumed, end))


@pytest.mark.parametrize(
    ("language", "told"), [("en", "is another user’s"), ("fr", "est d’une autre personne")]
)
def test_what_one_was_writing_is_left_to_them_and_shown_to_nobody_else_who_signs_in(
    language: str, told: str, app: FastAPI, engine: Engine
) -> None:
    """Whoever sent it on would do so under their own name, taking it for what they wrote."""
    acts.declare(engine)
    writer, here = a_desk(app, engine, Role.TCCU), f"/{language}/console/outages/TCC26-0001/update"
    typed = {**form_at(writer.get(here), "update"), **MESSAGE}
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, writer.cookie))
    ended = form_at(writer.submit(here, typed), "sign-in")
    a_user(engine, Role.CTSU)
    signing = {"email": email_of(Role.CTSU), "password": PASSWORD}
    refused = writer.submit(f"/{language}/console/sign-in", {**ended, **signing})
    assert told in refused.text
    assert MESSAGE["message_en"] not in refused.text
    assert (toggle_on(refused).fields or {})["kept"] == form_at(refused, "sign-out")["kept"]
    other = Desk(app, engine, refused.cookies[SESSION_COOKIE])
    left = other.submit(f"/{language}/console/sign-out", form_at(refused, "sign-out"))
    again = {**form_at(left, "sign-in"), "email": email_of(Role.TCCU), "password": PASSWORD}
    resumed = writer.submit(f"/{language}/console/sign-in", again)
    assert is_all_in(as_sent(dict(MESSAGE)), form_at(resumed, "update"))


def test_a_form_that_is_resumed_is_shown_and_not_acted_upon(
    tccu_desk: Desk, admin_desk: Desk, engine: Engine
) -> None:
    line = tccu_desk.submit("/en/console/lines/tccu", {**LINE, "go": "resume"})
    assert form_at(line, "lines/tccu").items() >= {"en": [LINE["en"]], "hours": ["4"]}.items()
    case = tccu_desk.submit("/en/console/external/new", {**CASE, "go": "resume"})
    assert form_at(case, "external/new")["description"] == [CASE["description"]]
    person = admin_desk.submit("/en/console/subscribers/new", {**PERSON, "go": "resume"})
    assert form_at(person, "subscribers/new")["system"] == PERSON["system"]
    with engine.db.read() as tx:
        assert not list_subscribers(tx, after_id=0, limit=1)


def test_a_form_of_another_site_is_never_given_back(tccu_desk: Desk) -> None:
    typed = {**EDI_DELAY, **MESSAGE, "go": "send", "csrf": "x"}
    answer = tccu_desk.submit("/en/console/declare", typed, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, MESSAGE["message_en"] in answer.text) == (403, False)


@pytest.mark.parametrize(
    ("role", "end", "typed"), [each for each in WRITTEN.values() if each[1] not in {"external/1"}]
)
def test_a_form_that_the_database_did_not_take_comes_back_whole(
    role: Role, end: str, typed: dict[str, object], app: FastAPI, engine: Engine
) -> None:
    acts.declare(engine)
    acts.subscribe(engine)
    desk = a_desk(app, engine, role)
    fields = {**typed, "once": "the-key-of-this-form"}
    if end == "external/new":
        fields |= {"telephone": "519-555-0100", "language": "en", "starts_at": "2026-11-26T09:00"}
    with read_only(engine):
        failed = desk.submit(f"/en/console/{end}", fields)
    assert failed.status_code == 503
    assert UNKNOWN_WHETHER_DONE in failed.text
    again = form_at(failed, end)
    assert is_all_in(as_sent(fields), again)
    assert again.get("go", []) == ([typed["go"]] if "go" in typed else [])


def test_sent_again_it_goes_out_once(tccu_desk: Desk, engine: Engine) -> None:
    fields = {**EDI_DELAY, **MESSAGE, "go": "send", "once": "the-key-of-this-form"}
    with read_only(engine):
        failed = tccu_desk.submit("/en/console/declare", fields)
    for _ in range(2):
        sent = tccu_desk.submit("/en/console/declare", form_at(failed, "declare"))
        assert sent.headers["location"] == f"{HERE}?sent=1"
    assert acts.rows(engine)["bulletin"] == 1


def test_a_note_sent_twice_is_recorded_once(tccu_desk: Desk, engine: Engine) -> None:
    """A double click; or once more after the database had failed."""
    acts.declare(engine)
    note = form_at(tccu_desk.get(HERE), "notes") | {"text": ["They are on it."]}
    with read_only(engine):
        failed = tccu_desk.submit(f"{HERE}/notes", note)
    for fields in (note, note, form_at(failed, "notes")):
        assert tccu_desk.submit(f"{HERE}/notes", fields).status_code == 303
    assert acts.rows(engine)["note"] == 1


def test_the_page_that_gives_it_back_has_another_language_that_sends_nothing(
    tccu_desk: Desk, engine: Engine
) -> None:
    with read_only(engine):
        failed = tccu_desk.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "send"})
    toggle = toggle_on(failed)
    assert toggle.fields is not None
    french = tccu_desk.submit(toggle.href, toggle.fields)
    assert form_at(french, "declare")["message_fr"] == [MESSAGE["message_fr"]]
    assert acts.rows(engine)["bulletin"] == 0


def test_what_was_kept_outlives_a_database_that_is_away_while_signing_in(engine: Engine, public: Api) -> None:
    """No page holds the password: the form is shown again, with what was being written."""
    a_user(engine, Role.TCCU)
    fields = {"email": email_of(Role.TCCU), "password": PASSWORD, "next": "/en/console/declare"}
    with read_only(engine):
        failed = public.post("/en/console/sign-in", data={**fields, "kept": "message_en=half"})
    assert failed.status_code == 503
    assert PASSWORD not in failed.text
    assert (UNKNOWN_WHETHER_DONE in failed.text, "type the password anew" in failed.text) == (False, True)
    shown = public.post("/en/console/sign-in", data=form_at(failed, "sign-in"))
    assert (shown.status_code, form_at(shown, "sign-in")["kept"]) == (200, ["message_en=half"])


def test_a_new_password_that_met_a_fault_is_asked_for_again_and_not_called_wrong(
    admin_desk: Desk, engine: Engine
) -> None:
    page = admin_desk.get("/en/console/users/1")
    fields = {**form_at(page, "password"), "password": PASSWORD, "again": PASSWORD}
    with read_only(engine):
        failed = admin_desk.submit("/en/console/users/1/password", fields)
    assert (failed.status_code, PASSWORD in failed.text) == (503, False)
    shown = admin_desk.submit("/en/console/users/1/password", form_at(failed, "password"))
    assert (shown.status_code, form_at(shown, "password")["seen"]) == (200, form_at(page, "password")["seen"])


def test_a_button_alone_has_nothing_to_give_back(tccu_desk: Desk, engine: Engine) -> None:
    with read_only(engine):
        failed = tccu_desk.submit("/en/console/sign-out")
    assert (failed.status_code, UNKNOWN_WHETHER_DONE in failed.text) == (503, False)
