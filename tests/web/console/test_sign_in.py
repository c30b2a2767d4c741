"""The way into the console: cookies, forms of other sites, and where one gets back to."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.services.sessions import TRIES_OF_ACCOUNT, TRIES_OF_ACCOUNT_FROM_NETWORK, count_try
from outage_service.web.security import POLL_HEADER, SESSION_COOKIE
from tests.desk import PASSWORD, Desk, a_desk, a_user, email_of
from tests.web.client import Api

FORM = {"email": email_of(Role.TCCU), "password": PASSWORD}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: what differs between them is tested with the services."""
    return sqlite_url


def sign_in(public: Api, place: str = "", **options: object) -> tuple[int, str]:
    answer = public.post("/en/console/sign-in", data={**FORM, "next": place}, **options)
    return answer.status_code, answer.headers.get("location", "")


def test_the_right_password_opens_a_session_in_a_cookie_that_scripts_and_other_sites_do_not_see(
    app: FastAPI, engine: Engine, public: Api
) -> None:
    a_user(engine, Role.TCCU)
    answer = public.post("/fr/console/sign-in", data=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/fr/console/")
    name, _, rest = answer.headers.get_list("set-cookie")[0].partition("=")
    value, *attributes = rest.split("; ")
    assert name == "__Host-outage-session"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(attributes)
    assert not any(each.startswith("Domain") for each in attributes)
    assert Desk(app, engine, value).get("/fr/console/").status_code == 200


def test_a_browser_that_has_signed_in_before_is_let_in_while_others_are_locked_out(
    engine: Engine, public: Api
) -> None:
    """Neither scripts nor other sites see what makes it known, and it does not name anybody (P30)."""
    a_user(engine, Role.TCCU)
    kept = public.post("/en/console/sign-in", data=FORM).headers.get_list("set-cookie")
    (known,) = [each for each in kept if each.startswith("__Host-outage-browser=")]
    value, *attributes = known.split("; ")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(attributes)
    assert "tccu" not in value
    for number in range(TRIES_OF_ACCOUNT):
        network = str(number // TRIES_OF_ACCOUNT_FROM_NETWORK)
        engine.db.write(lambda tx, at=network: count_try(engine, tx, email_of(Role.TCCU), at))
    assert sign_in(public)[0] == 429
    assert sign_in(public, headers={"Cookie": value})[0] == 303
    wrong = {**FORM, "password": "not the password"}
    assert public.post("/en/console/sign-in", data=wrong, headers={"Cookie": value}).status_code == 422


def test_whatever_is_wrong_the_page_says_the_same(engine: Engine, public: Api) -> None:
    """P26; and what was typed as a password never comes back (P30)."""
    a_user(engine, Role.TCCU)
    wrong = {"email": email_of(Role.TCCU), "password": "not the password"}
    unknown = {"email": "x" * 4 + email_of(Role.TCCU), "password": "not the password"}
    answers = [public.post("/en/console/sign-in", data=given) for given in (wrong, unknown)]
    assert [each.status_code for each in answers] == [422, 422]
    assert answers[0].text == answers[1].text.replace("xxxx", "")
    assert "The e-mail address or the password is not right." in answers[0].text
    assert "not the password" not in answers[0].text
    assert "set-cookie" not in answers[0].headers


def test_too_many_tries_are_told_in_the_language_of_the_page(engine: Engine, public: Api) -> None:
    a_user(engine, Role.TCCU)
    wrong = {"email": "nobody", "password": ""}
    answers = [
        public.post("/fr/console/sign-in", data=wrong) for _ in range(TRIES_OF_ACCOUNT_FROM_NETWORK + 1)
    ]
    assert {each.status_code for each in answers[:-1]} == {422}
    assert answers[-1].status_code == 429
    assert "Il y a eu trop de tentatives." in answers[-1].text
    assert "dans un navigateur où vous en avez déjà ouvert une" in answers[-1].text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "http://outages.test"}, 303),
        ({"Origin": "https://outages.example.org"}, 303),
        ({}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://outages.test"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
    ids=str,
)
def test_a_form_that_another_site_sends_is_refused(
    headers: dict[str, str], status: int, engine: Engine, public: Api
) -> None:
    """CSRF: signing somebody in as somebody else, too."""
    a_user(engine, Role.TCCU)
    assert sign_in(public, headers=headers)[0] == status


@pytest.mark.parametrize("csrf", ["", "x", "é"], ids=["none", "another", "not even one"])
def test_a_form_without_the_token_of_its_session_changes_nothing(
    csrf: str, app: FastAPI, engine: Engine
) -> None:
    desk = a_desk(app, engine, Role.TCCU)
    answer = desk.submit("/fr/console/sign-out", {"csrf": csrf})
    assert answer.status_code == 403
    assert "Le formulaire n’a pas pu être accepté" in answer.text
    assert desk.get("/fr/console/").status_code == 200


def test_the_token_of_another_session_is_no_good(app: FastAPI, engine: Engine) -> None:
    one, other = a_desk(app, engine, Role.TCCU), a_desk(app, engine, Role.TCCU)
    assert one.session.csrf != other.session.csrf
    assert one.submit("/en/console/sign-out", {"csrf": other.session.csrf}).status_code == 403


def test_a_form_of_another_site_is_refused_although_it_has_the_token(app: FastAPI, engine: Engine) -> None:
    desk = a_desk(app, engine, Role.TCCU)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert desk.submit("/en/console/sign-out", headers=foreign).status_code == 403
    assert desk.submit("/en/console/sign-out").status_code == 303
    assert desk.get("/en/console/").status_code == 303


@pytest.mark.parametrize(
    "place",
    ["/en/console/", "/fr/console/audit?actor=ann&cursor=abc", "/en/console/outages/TCC26-0001"],
)
def test_signing_in_again_keeps_the_place(place: str, engine: Engine, public: Api) -> None:
    a_user(engine, Role.TCCU)
    asked = public.get(place)
    assert asked.status_code == 303
    language = place[1:3]
    assert asked.headers["location"] == f"/{language}/console/sign-in?next={quote(place, safe='/')}"
    shown = public.get(asked.headers["location"])
    assert f'name="next" value="{place.replace("&", "&amp;")}"' in shown.text
    assert sign_in(public, place) == (303, place)


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/en/console/",
        "//evil.example/en/console/",
        "/en/console//evil.example",
        "/\\evil.example",
        "/en/console/\\evil.example",
        "/en/console/sign-out",
        "/en/console/sign-in",
        "/en/outages",
        "/v1/outages",
        "javascript:alert(1)",
        "/en/console/\r\nSet-Cookie: a=b",
        "/en/console/\u0000",
        "/en/consolex",
    ],
)
def test_nobody_is_led_out_of_the_console(place: str, engine: Engine, public: Api) -> None:
    a_user(engine, Role.TCCU)
    assert sign_in(public, place) == (303, "/en/console/")


def test_a_form_sent_too_late_leads_back_to_the_page_that_it_stood_on(public: Api) -> None:
    """Not to the address it was sent to, which may be no page."""
    headers = {"Referer": "http://outages.test/en/console/users/7"}
    answer = public.post("/en/console/users/7/disable", headers=headers)
    assert answer.headers["location"] == "/en/console/sign-in?next=/en/console/users/7"


def test_a_session_is_kept_awake_by_its_user_and_not_by_a_script(
    app: FastAPI, engine: Engine, clock: VirtualClock
) -> None:
    """A board left open on a desk signs out by itself."""
    desk, left_alone = (a_desk(app, engine, Role.TCCU) for _ in range(2))
    for _ in range(3):
        clock.advance(timedelta(minutes=25))
        assert desk.get("/en/console/").status_code == 200
        last = left_alone.get("/en/console/", headers={POLL_HEADER: "1"}).status_code
    assert last == 303


def test_a_token_for_programs_opens_no_page(admin: Api) -> None:
    assert admin.get("/en/console/").status_code == 303
    headers = {"Cookie": f"{SESSION_COOKIE}={admin.token}"}
    assert admin.get("/en/console/", headers=headers).status_code == 303


def test_nothing_of_the_console_is_stored_or_framed(tccu_desk: Desk) -> None:
    headers = tccu_desk.get("/en/console/").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/fr/console/nowhere", "/fr/console/users/999", "/fr/console/lines/x/y/z"])
def test_what_is_not_there_is_told_in_the_language_of_the_page(path: str, admin_desk: Desk) -> None:
    answer = admin_desk.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Il n’y a rien ici" in answer.text


def test_what_a_role_may_not_do_is_told_so(tccu_desk: Desk) -> None:
    answer = tccu_desk.get("/en/console/users")
    assert answer.status_code == 403
    assert "This is not for your role" in answer.text


def test_the_navigation_shows_what_a_role_may_open(tccu_desk: Desk, admin_desk: Desk) -> None:
    assert "/en/console/declare" in tccu_desk.get("/en/console/").text
    assert "/en/console/users" not in tccu_desk.get("/en/console/").text
    assert "/en/console/users" in admin_desk.get("/en/console/").text
    assert "/en/console/declare" not in admin_desk.get("/en/console/").text
