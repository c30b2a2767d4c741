"""Users on the console's page for administrators."""

import httpx
import pytest
from fastapi import FastAPI

from outage_service.domain.roles import Role
from outage_service.services import users
from outage_service.services.engine import Engine
from tests.desk import PASSWORD, Desk, a_desk, email_of
from tests.web.writing import form_at

MIA = "mia@desk.example.org"
FORM = {"email": MIA, "role": "ctsu", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: what differs between them is tested with the services."""
    return sqlite_url


def id_of(engine: Engine, email: str) -> int:
    with engine.db.read() as tx:
        found = users.find_by_email(tx, email)
    assert found
    return found.id


def press(desk: Desk, path: str, what: str, **typed: str) -> httpx.Response:
    return desk.submit(f"{path}/{what}", form_at(desk.get(path), what) | typed)


def test_a_user_is_added_and_can_sign_in(admin_desk: Desk, engine: Engine) -> None:
    answer = admin_desk.submit("/en/console/users", FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/console/users")
    assert MIA in admin_desk.get("/fr/console/users").text
    with engine.db.read() as tx:
        mia = users.find_by_email(tx, MIA)
    assert mia
    assert (mia.role, users.is_password_of(mia, PASSWORD)) == (Role.CTSU, True)


def test_a_double_click_adds_one_user_and_is_no_mistake(admin_desk: Desk, engine: Engine) -> None:
    assert [admin_desk.submit("/en/console/users", FORM).status_code for _ in range(2)] == [303, 303]
    assert admin_desk.submit("/en/console/users", {**FORM, "role": "tccu"}).status_code == 422
    assert admin_desk.submit("/en/console/users", {**FORM, "again": "x"}).status_code == 422
    with engine.db.read() as tx:
        assert [user.email for user in users.list_users(tx)].count(MIA) == 1


def test_what_cannot_be_used_is_told_at_its_field_and_the_rest_is_kept(admin_desk: Desk) -> None:
    for field, value, said in (
        ("email", "nobody", "This is not a usable e-mail address."),
        ("email", email_of(Role.ADMIN), "Somebody with this address has an account already."),
        ("role", "king", "Choose a role."),
        ("role", "ivr", "Choose a role."),
        ("again", "something else", "The two passwords are not the same."),
    ):
        answer = admin_desk.submit("/en/console/users", {**FORM, field: value})
        assert (answer.status_code, answer.text.count(said)) == (422, 2), field
        assert f'href="#{field}"' in answer.text
        assert PASSWORD not in answer.text
    short = admin_desk.submit("/en/console/users", {**FORM, "password": "short", "again": "short"})
    assert "A password has 12 to 256 characters." in short.text
    assert f'value="{MIA}"' in short.text


def test_a_user_gets_a_new_password_is_shut_out_and_let_in(
    app: FastAPI, admin_desk: Desk, engine: Engine
) -> None:
    desk = a_desk(app, engine, Role.TCCU)
    user_id = id_of(engine, email_of(Role.TCCU))
    path = f"/en/console/users/{user_id}"
    new = {"password": "another password", "again": "another password"}
    assert press(admin_desk, path, "password", **{**new, "again": "x"}).status_code == 422
    assert press(admin_desk, path, "password", **new).status_code == 303
    assert desk.get("/en/console/").status_code == 303
    assert press(admin_desk, path, "disable").status_code == 303
    assert "Let in again" in admin_desk.get(path).text
    assert press(admin_desk, path, "enable").status_code == 303
    assert "Shut out" in admin_desk.get(path).text


def test_the_last_administrator_stays(admin_desk: Desk, engine: Engine) -> None:
    path = f"/en/console/users/{id_of(engine, email_of(Role.ADMIN))}"
    answer = press(admin_desk, path, "disable")
    assert answer.status_code == 422
    assert "This is the last administrator who can sign in." in answer.text
    assert admin_desk.get(path).status_code == 200
