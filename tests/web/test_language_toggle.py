"""The language toggle keeps the place, also on pages that answer a form: it shows them, and does nothing."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, link
from outage_service.services.sessions import TRIES_OF_ACCOUNT_FROM_NETWORK
from outage_service.web.app import create_app
from tests.desk import PASSWORD, Desk, a_desk, a_user, email_of
from tests.engines import an_engine
from tests.services import acts
from tests.web.client import Api, all_items
from tests.web.test_access import CONSOLE, MATRIX, VARIABLES
from tests.web.writing import EDI_DELAY, MESSAGE, form_at, toggle_on

FORMS = [path for method, path in map(str.split, CONSOLE) if method == "POST"]
PUBLIC_FORMS = [path for method, path in map(str.split, MATRIX) if method == "POST" and "/v1/" not in path]
DECLARED = {**EDI_DELAY, **MESSAGE, "go": "preview"}
BROKER = {"release_office": "453", "client_name": "Example Customs Brokers", "numbers": "no number"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what pages say."""
    return sqlite_url


@pytest.fixture
def tccu_desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator for all systems."""
    return a_desk(app, engine, Role.TCCU)


def toggled(caller: Desk | Api, answer: httpx.Response) -> httpx.Response:
    """Returns what the toggle of a page leads to."""
    toggle = toggle_on(answer)
    if toggle.fields is None:
        return caller.get(toggle.href)
    if isinstance(caller, Desk):
        return caller.submit(toggle.href, toggle.fields)
    return caller.post(toggle.href, data=toggle.fields)


@pytest.fixture(scope="module")
def app_of_module(sqlite_of_module: str) -> Iterator[tuple[FastAPI, Engine]]:
    """An application for tests that change nothing."""
    engine = an_engine(sqlite_of_module)
    yield create_app(engine), engine
    engine.db.close()


@pytest.mark.parametrize("path", FORMS)
def test_from_wherever_a_form_of_the_console_leads_there_is_a_way_to_the_other_language(
    path: str, app_of_module: tuple[FastAPI, Engine]
) -> None:
    """Never a method that is not allowed; of two roles, with a form that has nothing in it."""
    for role in (Role.TCCU, Role.ADMIN):
        desk = a_desk(*app_of_module, role)
        answer = desk.submit(f"/en/console{path.format(**VARIABLES)}")
        if "text/html" in answer.headers.get("content-type", ""):
            answer = toggled(desk, answer)
            assert '<html lang="fr">' in answer.text or answer.is_redirect
        assert answer.status_code in (200, 303, 403, 404, 409, 422)


@pytest.mark.parametrize("path", PUBLIC_FORMS)
def test_from_wherever_a_public_form_leads_there_is_a_way_to_the_other_language(
    path: str, app_of_module: tuple[FastAPI, Engine]
) -> None:
    public = Api(app_of_module[0])
    answer = public.post(path.format(**VARIABLES), data={"x": "y"}, headers={"Accept-Language": "en"})
    other = toggled(public, answer)
    assert other.status_code in (404, 422)
    assert '<html lang="fr">' in other.text


@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all", "/en/nothing", "/en/console/nothing/here"])
def test_a_form_that_leads_nowhere_leads_to_what_is_above_it(path: str, public: Api) -> None:
    refused = public.post(path, data={"x": "y"}, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert refused.status_code == 404
    toggle = toggle_on(refused)
    assert toggle.fields is None
    assert public.get(toggle.href).status_code in (302, 308)


def test_a_preview_stays_a_preview_in_the_other_language(tccu_desk: Desk, public: Api) -> None:
    shown = tccu_desk.submit("/en/console/declare", DECLARED)
    other = toggled(tccu_desk, shown)
    assert other.status_code == 200
    assert form_at(other, "/fr/console/declare")["message_en"] == [MESSAGE["message_en"]]
    assert all_items(public, "/v1/outages") == []


def test_what_was_refused_when_it_was_to_be_sent_is_only_shown_in_the_other_language(
    tccu_desk: Desk, public: Api
) -> None:
    """It could be accepted by now: the toggle must not send it."""
    refused = tccu_desk.submit("/en/console/declare", {**DECLARED, "message_fr": "", "go": "send"})
    assert refused.status_code == 422
    toggle = toggle_on(refused)
    assert toggle.href == "/fr/console/declare"
    assert toggle.fields is not None
    other = tccu_desk.submit(toggle.href, toggle.fields | {"message_fr": [MESSAGE["message_fr"]]})
    assert other.status_code == 200
    assert all_items(public, "/v1/outages") == []


def test_a_step_of_an_act_keeps_what_was_typed(tccu_desk: Desk, engine: Engine) -> None:
    number = acts.declare(engine).outage.number
    form = form_at(tccu_desk.get(f"/en/console/outages/{number}/update"), "update")
    wrong = tccu_desk.submit(
        f"/en/console/outages/{number}/update", {**form, "message_en": "We look at it.", "go": "preview"}
    )
    assert wrong.status_code == 422
    other = toggled(tccu_desk, wrong)
    assert other.status_code == 422
    assert "We look at it." in other.text
    assert "Veuillez corriger ce qui suit" in other.text


CONSOLE_FORMS = {
    "/lines/tccu": {"en": "Call later.", "fr": "", "hours": "2"},
    "/external/new": {"client": "Call later.", "go": "look"},
    "/users": {"email": "Call later.", "role": "tccu", "password": "x" * 12, "again": "x" * 12},
    "/subscribers/new": {"email": "Call later.", "language": "en"},
    "/suppressions": {"email": "Call later."},
    "/regional": {"email": "Call later.", "first": "en"},
}


def _form_of(desk: Desk, path: str) -> dict[str, Any]:
    return {**form_at(desk.get(f"/en/console{path.removesuffix('/tccu')}"), path)}


@pytest.mark.parametrize("path", CONSOLE_FORMS)
def test_a_form_with_a_mistake_keeps_what_was_typed_and_no_secret(
    path: str, app: FastAPI, engine: Engine
) -> None:
    role = Role.TCCU if path.startswith(("/lines", "/external")) else Role.ADMIN
    desk = a_desk(app, engine, role)
    wrong = desk.submit(f"/en/console{path}", _form_of(desk, path) | CONSOLE_FORMS[path])
    assert wrong.status_code == 422
    other = toggled(desk, wrong)
    assert "Call later." in other.text
    assert "xxxx" not in wrong.text + other.text
    assert '<html lang="fr">' in other.text


GOOD_FORMS = {
    "/lines/tccu": {"en": "Call later.", "fr": "Rappelez plus tard.", "hours": "2"},
    "/users": {"email": "new@example.org", "role": "tccu", "password": PASSWORD, "again": PASSWORD},
    "/subscribers/new": {"email": "new@example.org", "language": "en"},
    "/suppressions": {"email": "new@example.org"},
    "/regional": {"email": "new@example.org", "first": "en"},
}


@pytest.mark.parametrize("path", GOOD_FORMS)
def test_a_form_that_is_only_shown_does_nothing(path: str, app: FastAPI, engine: Engine) -> None:
    desk = a_desk(app, engine, Role.TCCU if path.startswith("/lines") else Role.ADMIN)
    typed = next(iter(GOOD_FORMS[path].values()))
    answer = desk.submit(f"/fr/console{path}", _form_of(desk, path) | GOOD_FORMS[path] | {"go": "show"})
    assert answer.status_code == 200
    assert typed in answer.text
    assert typed not in desk.get(f"/fr/console{path.removesuffix('/tccu').removesuffix('/new')}").text


def test_a_note_of_the_desk_is_kept_and_not_recorded(tccu_desk: Desk, engine: Engine) -> None:
    number = acts.declare(engine).outage.number
    wrong = tccu_desk.submit(f"/en/console/outages/{number}/notes", {"text": "x" * 5000})
    assert wrong.status_code == 422
    toggle = toggle_on(wrong)
    assert toggle.fields is not None
    other = tccu_desk.submit(toggle.href, toggle.fields | {"text": ["Called the data centre."]})
    assert "Called the data centre." in other.text
    assert "Called the data centre." not in tccu_desk.get(f"/fr/console/outages/{number}").text


def test_a_clients_outage_is_not_resolved_by_the_toggle(tccu_desk: Desk) -> None:
    report = {
        "client": "Example Customs Brokers", "contact": "A. Person", "telephone": "519-555-0100",
        "language": "en", "systems": "edi", "description": "Their gateway has failed.", "go": "record",
    }  # fmt: skip
    case = tccu_desk.submit("/en/console/external/new", report).headers["location"].partition("?")[0]
    refused = tccu_desk.submit(f"{case}/resolve", {"version": "1", "resolved_at": "2031-01-01T10:00"})
    assert refused.status_code == 422
    other = toggled(tccu_desk, refused)
    assert other.status_code == 200
    assert "2031-01-01T10:00" in other.text
    stale = tccu_desk.submit(case, {"version": "7", "description": "Their line is cut."})
    assert stale.status_code == 409
    kept = toggled(tccu_desk, stale)
    assert "Their line is cut." in kept.text
    assert "Their line is cut." not in tccu_desk.get(case).text


def test_signing_in_keeps_the_place_and_the_text_and_counts_no_try(engine: Engine, public: Api) -> None:
    a_user(engine, Role.TCCU)
    refused = public.post(
        "/en/console/sign-in",
        data={"email": email_of(Role.TCCU), "password": "wrong", "next": "/en/console/lines", "kept": "a=b"},
    )
    for _ in range(TRIES_OF_ACCOUNT_FROM_NETWORK):
        other = toggled(public, refused)
    assert "L’adresse courriel ou le mot de passe" in other.text
    assert form_at(other, "/fr/console/sign-in") == {
        "next": ["/fr/console/lines"],
        "kept": ["a=b"],
        "email": [email_of(Role.TCCU)],
        "password": ["on"],
    }
    again = public.post("/fr/console/sign-in", data={"email": email_of(Role.TCCU), "password": PASSWORD})
    assert again.status_code == 303


def test_what_was_written_when_a_session_ended_is_kept(public: Api) -> None:
    ended = public.post("/en/console/declare", data={**DECLARED, "go": "send"})
    other = toggled(public, ended)
    assert "message_en=EDI+is+45+min+behind." in form_at(other, "/fr/console/sign-in")["kept"][0]


def test_a_request_for_bulletins_is_kept_and_not_sent(public: Api) -> None:
    wish = {"email": "trade@example", "language": "fr", "system": ["edi", "cers"], "kind": ["delay"]}
    wrong = public.post("/en/subscribe", data=wish)
    assert wrong.status_code == 422
    other = toggled(public, wrong)
    assert other.status_code == 422
    assert other.text.count(" checked") == 4
    assert 'value="trade@example"' in other.text
    shown = public.post("/fr/subscribe", data={**wish, "email": "trade@example.org", "go": "show"})
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert 'value="trade@example.org"' in shown.text


def test_a_form_for_release_keeps_what_was_typed_and_what_a_file_had(public: Api) -> None:
    file = {"file": ("numbers.csv", b"12345001495785\nno number\n", "text/csv")}
    wrong = public.post("/en/forms/release-query", data=BROKER, files=file)
    assert wrong.status_code == 422
    other = toggled(public, wrong)
    assert other.status_code == 422
    assert "Example Customs Brokers" in other.text
    assert "12345001495785\nno number" in other.text
    good = {**BROKER, "client_id": "12345", "client_contact": "A. Person 519-555-0100", "go": "show"}
    shown = public.post("/fr/forms/release-query", data={**good, "numbers": "12345001495785"})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")


def path_of(engine: Engine, purpose: Purpose, holder: int = 1) -> str:
    return link(engine.base_url, engine.secret_key, purpose, Holder(holder, 1)).removeprefix(engine.base_url)


def test_who_has_confirmed_reads_so_in_the_other_language(public: Api, engine: Engine) -> None:
    wish = {"email": "trade@example.org", "language": "en", "systems": [], "kinds": []}
    public.post("/v1/subscriptions", wish)
    done = public.post(path_of(engine, Purpose.CONFIRM))
    assert "Votre abonnement" in toggled(public, done).text
    assert '<html lang="en">' in toggled(public, toggled(public, done)).text


def test_who_has_left_reads_so_in_the_other_language(public: Api, engine: Engine) -> None:
    acts.subscribe(engine, "ann@example.org")
    path = path_of(engine, Purpose.UNSUBSCRIBE)
    asked = toggled(public, public.get(path))
    done = toggled(public, public.post(path))
    assert (asked.status_code, done.status_code) == (200, 200)
    assert "<button" in asked.text
    assert "<button" not in done.text
    assert '<html lang="fr">' in done.text


def test_a_changed_subscription_is_shown_by_a_link_and_a_wrong_one_by_its_form(
    public: Api, engine: Engine
) -> None:
    acts.subscribe(engine, "ann@example.org")
    path = path_of(engine, Purpose.MANAGE)
    saved = public.post(path, data={"language": "en", "system": "edi"})
    assert toggle_on(saved).fields is None
    assert toggled(public, saved).text.count(" checked") == 2
    wrong = public.post(path, data={"system": ["cers", "edi"]})
    assert wrong.status_code == 422
    assert toggled(public, wrong).text.count(" checked") == 2
    shown = public.post(path, data={"language": "fr", "system": "cers", "go": "show"})
    assert shown.status_code == 200
    assert 'value="cers"' in shown.text
    assert toggled(public, saved).text.count(" checked") == 2
