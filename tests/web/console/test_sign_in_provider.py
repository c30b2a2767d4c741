"""Signing in by an identity provider, against a real one on loopback."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from outage_service.app.service import build_service
from outage_service.channels.oidc.provider import OpenIdProvider
from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services import users
from outage_service.services.engine import Engine
from outage_service.services.provider_sign_in import ERRAND_AT_MOST
from outage_service.services.sessions import TRIES_OF_NETWORK
from outage_service.settings import load_settings
from outage_service.storage import audit
from outage_service.web.app import create_app
from outage_service.web.pages.console.resuming import KEPT_COOKIE
from outage_service.web.pages.console.sign_in_provider import ERRAND_COOKIE
from outage_service.web.security import SESSION_COOKIE
from tests.desk import Desk, a_user, email_of
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_oidc_provider
from tests.web.client import Api
from tests.web.writing import form_at

BEGIN = "/en/console/sign-in/oidc"
REFUSED = "does not open this console"
DOWN = "does not answer"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: what differs between them is tested with the services."""
    return sqlite_url


@pytest.fixture
def provider(clock: VirtualClock) -> Iterator[OidcProvider]:
    """A provider who vouches for the operator."""
    with running_oidc_provider(int(clock().timestamp())) as running:
        running.claims["email"] = email_of(Role.TCCU)
        yield running


@pytest.fixture
def api(engine: Engine, provider: OidcProvider) -> Api:
    """A reader of a service that knows the provider; the operator has an account."""
    a_user(engine, Role.TCCU)
    known = OpenIdProvider(provider.issuer, CLIENT_ID, CLIENT_SECRET)
    return Api(create_app(engine, identity_provider=known))


def begin(api: Api, place: str = "", path: str = BEGIN) -> tuple[str, str]:
    """Returns the provider's address that the reader is led to, and the cookie of the errand."""
    answer = api.post(path, data={"next": place})
    return leads_to(answer), answer.cookies[ERRAND_COOKIE]


def leads_to(answer: httpx.Response) -> str:
    """Returns the provider's address that a page leads to."""
    assert answer.status_code == 200, answer.headers.get("location")
    link = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert link
    return html.unescape(link[1])


def come_back(api: Api, path: str, errand: str, kept: str = "") -> httpx.Response:
    cookie = f"{ERRAND_COOKIE}={errand}; {KEPT_COOKIE}={kept}".encode()
    return api.get(path, headers={b"Cookie": cookie, b"Sec-Fetch-Site": b"cross-site"})


def sign_in(api: Api, provider: OidcProvider, place: str = "", path: str = BEGIN) -> httpx.Response:
    url, errand = begin(api, place, path)
    return come_back(api, provider.visit(url), errand)


def told(api: Api, answer: httpx.Response) -> str:
    """Returns the page that a refusal leads to, after checking that no session began."""
    assert answer.status_code == 303
    assert SESSION_COOKIE not in answer.cookies
    assert urlsplit(answer.headers["location"]).path.endswith("/console/sign-in")
    return api.get(answer.headers["location"]).text


def test_whom_the_provider_vouches_for_is_signed_in_with_the_role_they_have_here(
    api: Api, engine: Engine, provider: OidcProvider
) -> None:
    answer = sign_in(api, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/console/")
    desk = Desk(api.app, engine, answer.cookies[SESSION_COOKIE])
    assert desk.session.actor.role is Role.TCCU
    cookies = {each.partition("=")[0]: each for each in answer.headers.get_list("set-cookie")}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookies[SESSION_COOKIE].split("; "))
    assert "Max-Age=0" in cookies[ERRAND_COOKIE]


def test_the_audit_log_says_who_vouched(api: Api, engine: Engine, provider: OidcProvider) -> None:
    sign_in(api, provider)
    with engine.db.read() as tx:
        (entry,) = [each for each in audit.walk(tx) if each.action == "signed_in"]
    assert entry.actor == email_of(Role.TCCU)
    assert entry.detail["vouched_by"] == provider.issuer


def test_the_place_and_the_language_are_kept(api: Api, provider: OidcProvider) -> None:
    place = "/fr/console/audit?actor=ann"
    answer = sign_in(api, provider, place, "/fr/console/sign-in/oidc")
    assert answer.headers["location"] == place


DECLARE = "/fr/console/declare"
TEXT = "L’EDI est en panne. " * 40


def test_what_was_being_written_when_a_session_ended_comes_back(
    api: Api, engine: Engine, provider: OidcProvider
) -> None:
    ended = api.post(DECLARE, data={"message_fr": TEXT, "kind": "unscheduled", "go": "send"})
    form = form_at(ended, "/sign-in/oidc")
    sent = api.post("/fr/console/sign-in/oidc", data=form)
    kept = sent.cookies[KEPT_COOKIE]
    answer = come_back(api, provider.visit(leads_to(sent)), sent.cookies[ERRAND_COOKIE], kept)
    assert answer.status_code == 200
    assert SESSION_COOKIE in answer.cookies
    assert form_at(answer, DECLARE)["message_fr"] == [TEXT]
    ended_cookies = [each for each in answer.headers.get_list("set-cookie") if "Max-Age=0" in each]
    assert {each.partition("=")[0] for each in ended_cookies} == {ERRAND_COOKIE, KEPT_COOKIE}
    desk = Desk(api.app, engine, answer.cookies[SESSION_COOKIE])
    written = desk.submit(DECLARE, form_at(answer, DECLARE) | {"go": "resume"})
    assert TEXT.strip() in written.text


def test_what_was_being_written_outlives_a_provider_that_fails(api: Api, provider: OidcProvider) -> None:
    """It is in the forms of the page that tells so, once more."""
    ended = api.post(DECLARE, data={"message_fr": TEXT})
    sent = api.post("/fr/console/sign-in/oidc", data=form_at(ended, "/sign-in/oidc"))
    provider.claims["email"] = "nobody@example.org"
    kept = sent.cookies[KEPT_COOKIE]
    refused = come_back(api, provider.visit(leads_to(sent)), sent.cookies[ERRAND_COOKIE], kept)
    page = api.get(refused.headers["location"], headers={"Cookie": f"{KEPT_COOKIE}={kept}"})
    for end in ("/sign-in", "/sign-in/oidc"):
        assert form_at(page, end)["kept"] == form_at(ended, end)["kept"]
        assert form_at(page, end)["next"] == [DECLARE]


def test_what_is_too_long_for_a_cookie_is_said_to_need_the_password(api: Api) -> None:
    unlike = "".join(f"{number * 7919 % 100_003:05d}" for number in range(2_000))
    ended = api.post("/en/console/declare", data={"message_en": unlike})
    assert "too long to be taken along" in ended.text
    assert "kept" not in form_at(ended, "/sign-in/oidc")
    assert "kept" in form_at(ended, "/sign-in")


@pytest.mark.parametrize("cookie", ["", "x", "eJw", "AAAA", "not base64!", "é"])
def test_a_cookie_that_holds_nothing_of_ours_is_passed_over(
    cookie: str, api: Api, provider: OidcProvider
) -> None:
    url, errand = begin(api, DECLARE)
    answer = come_back(api, provider.visit(url), errand, cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, DECLARE)


def test_the_address_counts_however_it_is_written(api: Api, provider: OidcProvider) -> None:
    provider.claims["email"] = email_of(Role.TCCU).upper()
    assert SESSION_COOKIE in sign_in(api, provider).cookies


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(api: Api, provider: OidcProvider) -> None:
    provider.about["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert SESSION_COOKIE in sign_in(api, provider).cookies


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another service"},
    "meant for another of its audiences": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://login.example.org"},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "from the future": {"iat": 10**11},
    "unverified address": {"email_verified": False},
    "verified, but not by the book": {"email_verified": "false"},
    "nothing about verification": {"email_verified": None},
    "no address": {"email": None},
    "an address that is none": {"email": "ann"},
    "unknown user": {"email": "nobody@example.org"},
}


def test_whatever_is_wrong_with_the_token_the_page_says_the_same(api: Api, provider: OidcProvider) -> None:
    """P26."""
    right = dict(provider.claims)
    for what, claims in WRONG_CLAIMS.items():
        provider.claims = right | claims
        assert REFUSED in told(api, sign_in(api, provider)), what
    provider.claims = right
    assert SESSION_COOKIE in sign_in(api, provider).cookies


@pytest.mark.parametrize(
    ("signing", "header"),
    [
        ("another", {"alg": "RS256", "kid": "first"}),
        ("another", {"alg": "RS256", "kid": "another"}),
        ("first", {"alg": "none"}),
    ],
    ids=["a key of somebody else", "a key that is not published", "unsigned"],
)
def test_a_token_that_the_provider_has_not_signed_is_refused(
    signing: str, header: dict[str, str], api: Api, provider: OidcProvider
) -> None:
    provider.signing, provider.header = signing, header
    assert REFUSED in told(api, sign_in(api, provider))


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "EC", "crv": "BP-256", "x": "AAAA", "y": "AAAA", "kid": "odd"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "odd"},
        {"kty": "RSA", "e": "AQAB", "kid": "odd"},
        {"kty": "RSA", "n": 5, "e": {}, "kid": "odd"},
    ],
    ids=["a curve unknown here", "a point of no curve", "half a key", "no key at all"],
)
def test_a_key_that_cannot_be_read_keeps_nobody_out_who_comes_with_another(
    odd: dict[str, Any], api: Api, provider: OidcProvider
) -> None:
    provider.odd_keys = [odd]
    assert SESSION_COOKIE in sign_in(api, provider).cookies
    provider.header = {"alg": "RS256", "kid": "odd"}
    assert REFUSED in told(api, sign_in(api, provider))


def test_who_is_shut_out_stays_out(api: Api, engine: Engine, provider: OidcProvider) -> None:
    with engine.db.read() as tx:
        user = users.find_by_email(tx, email_of(Role.TCCU))
    assert user
    engine.db.write(lambda tx: users.disable_user(engine, tx, user.id, by="a test"))
    assert REFUSED in told(api, sign_in(api, provider))


def test_a_refusal_is_told_in_the_language_of_the_page(api: Api, provider: OidcProvider) -> None:
    provider.claims["email"] = "nobody@example.org"
    answer = sign_in(api, provider, path="/fr/console/sign-in/oidc")
    assert "ne donne pas accès à cette console" in told(api, answer)


def test_an_answer_to_another_browser_is_refused(api: Api, provider: OidcProvider) -> None:
    """Or somebody could be signed in as somebody else without noticing."""
    path = provider.visit(begin(api)[0])
    other = begin(api)[1]
    for cookie in (other, "", "x", "1.x..y", other[:-1], "é"):
        answer = come_back(api, path, cookie)
        assert "begun in another browser" in told(api, answer)
    assert "/token" not in provider.asked


def test_a_state_that_is_not_ours_is_refused(api: Api, provider: OidcProvider) -> None:
    errand = begin(api)[1]
    for state in ("", "another", "é"):
        answer = come_back(api, f"{BEGIN}/return?code=x&state={state}", errand)
        assert "begun in another browser" in told(api, answer)
    assert "/token" not in provider.asked


def test_who_begins_in_two_tabs_comes_back_to_the_second(api: Api, provider: OidcProvider) -> None:
    """The first tab's answer is none to the errand that the browser keeps, and must not end it."""
    first, (second, errand) = provider.visit(begin(api)[0]), begin(api)
    assert ERRAND_COOKIE not in come_back(api, first, errand).headers.get("set-cookie", "")
    assert SESSION_COOKIE in come_back(api, provider.visit(second), errand).cookies


def test_who_takes_too_long_begins_anew(api: Api, provider: OidcProvider, clock: VirtualClock) -> None:
    url, errand = begin(api)
    clock.advance(ERRAND_AT_MOST)
    assert "longer than 10 minutes" in told(api, come_back(api, provider.visit(url), errand))


def test_a_code_works_once(api: Api, provider: OidcProvider) -> None:
    url, errand = begin(api)
    path = provider.visit(url)
    assert SESSION_COOKIE in come_back(api, path, errand).cookies
    assert REFUSED in told(api, come_back(api, path, errand))


def test_who_cancels_there_is_told_so(api: Api) -> None:
    url, errand = begin(api, "/en/console/audit")
    state = parse_qs(urlsplit(url).query)["state"][0]
    answer = come_back(api, f"{BEGIN}/return?error=access_denied&state={state}", errand)
    page = told(api, answer)
    assert "was not completed" in page
    assert 'value="/en/console/audit"' in page


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://login.example.org"},
        {"authorization_endpoint": "http://login.example.org/authorize"},
        {"authorization_endpoint": "http://[/"},
        {"authorization_endpoint": None},
    ],
    ids=["another issuer", "no https", "no address", "nothing"],
)
def test_a_provider_that_is_not_set_up_well_is_not_visited(
    about: dict[str, Any], api: Api, provider: OidcProvider
) -> None:
    provider.about |= about
    assert DOWN in told(api, api.post(BEGIN))


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_a_provider_that_fails_is_told_and_the_password_still_works(
    path: str, api: Api, provider: OidcProvider
) -> None:
    url, errand = begin(api)
    back = provider.visit(url)
    provider.broken.add(path)
    page = told(api, come_back(api, back, errand))
    assert DOWN in page
    assert 'name="password"' in page


def test_tries_are_limited_for_each_network(api: Api, provider: OidcProvider, clock: VirtualClock) -> None:
    provider.broken.add("/.well-known/openid-configuration")
    url = [api.post(BEGIN).headers["location"] for _ in range(TRIES_OF_NETWORK + 1)]
    assert DOWN in api.get(url[-2]).text
    assert "There were too many tries." in api.get(url[-1]).text
    assert len(provider.asked) == TRIES_OF_NETWORK
    clock.advance(timedelta(minutes=15))
    assert DOWN in told(api, api.post(BEGIN))


def test_a_form_of_another_site_begins_nothing(api: Api, provider: OidcProvider) -> None:
    assert api.post(BEGIN, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not provider.asked


def test_the_button_is_there_only_with_a_provider(api: Api, public: Api) -> None:
    label = "Sign in with your organization’s account"
    assert label in api.get("/en/console/sign-in").text
    assert label not in public.get("/en/console/sign-in").text
    assert public.post(BEGIN).status_code == 404


def test_what_an_address_calls_a_problem_is_not_shown_unless_it_is_one(api: Api) -> None:
    page = api.get("/en/console/sign-in?problem=forgotten").text
    assert "error-summary" not in page


def test_the_settings_name_the_provider(provider: OidcProvider, database_url: str) -> None:
    settings = load_settings(
        None,
        database_url=database_url,
        secret_key="a key of 32 characters, and then some",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
    )
    assert CLIENT_SECRET not in repr(settings)
    service = build_service(settings)
    try:
        answer = Api(service.asgi).post(BEGIN)
        assert answer.status_code == 200
        assert f"{provider.issuer}/authorize" in answer.text
    finally:
        service.engine.db.close()
