"""P20: what no page of ours sends makes no 5xx and no harm; on both kinds of database."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services import users
from outage_service.services.engine import Engine
from outage_service.services.sessions import SEEN_EVERY
from tests.desk import PASSWORD, Desk, a_desk, a_user, email_of
from tests.services import acts
from tests.support.read_only import read_only
from tests.web.client import Api
from tests.web.writing import EDI_DELAY, MESSAGE

DECLARE = "/en/console/declare"
READERS = ("/en/console/sign-in", "/fr/forms/release-query", DECLARE)
"""Each reads forms in a place of its own."""


@pytest.fixture
def desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator for all systems."""
    return a_desk(app, engine, Role.TCCU)


@pytest.mark.parametrize("charset", ["undefined", "punycode", "unicode_escape", "raw_unicode_escape", "x"])
@pytest.mark.parametrize("path", READERS)
def test_a_form_is_read_in_utf_8_only(path: str, charset: str, public: Api) -> None:
    """Half a surrogate pair could be in no answer, and some codecs fail in ways of their own."""
    assert public.request("POST", path, **in_parts(charset, rb"\ud800 x")).status_code == 400
    assert public.request("POST", path, **in_parts('"UTF-8"', "Qu’à".encode())).status_code in {200, 422}


def test_no_charset_makes_a_form_cost_more_than_its_length(public: Api) -> None:
    """P23: it is read before anybody knows who sent it."""
    began = time.process_time()
    public.request("POST", "/en/console/sign-in", **in_parts("punycode", b"b" * 60_000, names=[b"email"]))
    assert time.process_time() - began < 0.5


def in_parts(
    charset: str, text: bytes, *, names: Sequence[bytes] = (b"email", b"client_name", b"message_en")
) -> dict[str, Any]:
    """Returns what sends a form in several parts that names a charset, with the same text in each."""
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' + text + b"\r\n"
    content_type = f"multipart/form-data; boundary=b; charset={charset}"
    body = b"".join(part % name for name in names) + b"--b--\r\n"
    return {"content": body, "headers": {"Content-Type": content_type}}


@pytest.mark.parametrize("header", ["Origin", "Referer"])
def test_an_address_that_is_none_is_nobodys(header: str, public: Api) -> None:
    sign_in = public.post("/en/console/sign-in", data={"email": "a"}, headers={header: "http://["})
    assert sign_in.status_code == (403 if header == "Origin" else 422)
    late = public.post("/en/console/users", data={"email": "a"}, headers={header: "http://["})
    assert (late.status_code, late.headers["location"]) == (303, "/en/console/sign-in?next=")


def test_more_than_any_form_has_is_not_carried_through_signing_in(engine: Engine, public: Api) -> None:
    a_user(engine, Role.TCCU)
    kept = "&".join(f"on={number}" for number in range(600))
    fields = {"email": email_of(Role.TCCU), "password": PASSWORD, "next": DECLARE, "kept": kept}
    answer = public.post("/en/console/sign-in", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, DECLARE)


def test_a_crowd_at_the_door_leaves_threads_for_others(
    engine: Engine, public: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P23: whoever would wait behind many passwords is sent away."""
    a_user(engine, Role.TCCU)
    full = threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(users, "_at_the_door", full)
    fields = {"email": email_of(Role.TCCU), "password": PASSWORD}
    refused = public.post("/fr/console/sign-in", data=fields)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "set-cookie" not in refused.headers
    full.release()
    assert public.post("/fr/console/sign-in", data=fields).status_code == 303


def test_who_is_signed_in_reads_on_while_nothing_can_be_written(
    desk: Desk, engine: Engine, clock: VirtualClock
) -> None:
    clock.advance(SEEN_EVERY)
    with read_only(engine):
        assert desk.get("/en/console/").status_code == 200


@pytest.mark.parametrize("key", ["a\0b", "x" * 65, "", "é"], ids=["nul", "long", "none", "not ours"])
def test_a_form_whose_key_we_never_made_is_sent_all_the_same(key: str, desk: Desk) -> None:
    answer = desk.submit(DECLARE, {**EDI_DELAY, **MESSAGE, "go": "send", "once": key})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/en/console/outages/TCC26-0001?sent=1",
    )


def test_the_number_of_an_earlier_outage_may_be_anything(desk: Desk) -> None:
    assert desk.get(f"{DECLARE}?relapse_of=%00").status_code == 200
    assert desk.submit(DECLARE, {**EDI_DELAY, "go": "text", "relapse_of": "a\0b"}).status_code == 200


def test_an_update_that_another_outage_covers_keeps_what_was_typed(desk: Desk, engine: Engine) -> None:
    acts.declare(engine)
    acts.declare(engine, acts.CERS_OUT)
    fields = {**MESSAGE, "go": "preview", "version": "1", "rows_shown": "x", "on": ["edi", "cers"]}
    answer = desk.submit("/en/console/outages/TCC26-0001/update", fields)
    assert answer.status_code == 422
    assert "Another outage that is not over covers one of these systems" in answer.text
    assert MESSAGE["message_en"] in answer.text


def test_the_link_to_the_other_language_never_leads_to_another_host(public: Api) -> None:
    answer = public.get("http://outages.test//evil.example/x", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert 'href="/evil.example/x?lang=fr"' in answer.text
    assert '"//evil.example' not in answer.text


def test_browsers_keep_style_sheets_and_ask_whether_they_have_changed(public: Api) -> None:
    sheet = public.get("/static/site.css")
    assert sheet.headers["cache-control"] == "no-cache"
    again = public.get("/static/site.css", headers={"If-None-Match": sheet.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")
