"""Every refusal has one shape; what we did not foresee says nothing and is logged."""

import io
import json
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import create_engine, text

from outage_service.clock import VirtualClock
from outage_service.content import load_content
from outage_service.edge.asgi import EdgeApp
from outage_service.edge.holder import SnapshotHolder
from outage_service.services.engine import Engine
from outage_service.services.snapshot import nothing_known
from outage_service.storage.database import open_database
from outage_service.storage.failures import Failure, failure_of
from outage_service.web.app import create_app
from outage_service.web.json_body import StrictRoute
from outage_service.web.problems import FieldError, Problem
from outage_service.web.security import PUBLIC
from tests.engines import an_engine
from tests.web.bodies import unscheduled
from tests.web.client import Api, problem, shown
from tests.web.writing import toggle_on


def test_a_path_nobody_serves_is_not_found(public: Api) -> None:
    for path in (
        "/v1",
        "/v1/",
        "/v1/outages/",
        "/v1/status",
        "/docs",
        "/redoc",
        "/v1/outages/1/nothing",
    ):
        problem(public.get(path), 404, "not_found")


def test_a_browser_is_told_on_a_page_except_where_programs_ask(public: Api) -> None:
    browser = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "fr"}
    page = public.get("/nothing", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Cette page n’existe pas" in page.text
    problem(public.get("/v1/nothing", headers=browser), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/en/subscribe", "At most 64\u00a0kB can be sent at once.", id="public"),
        pytest.param("/fr/forms/release-query", "au plus 64\u00a0ko à la fois", id="public French"),
        pytest.param("/fr/console/declare", "au plus 64\u00a0ko à la fois", id="console"),
        pytest.param("/fr/console/subscribers/import", "au plus 1\u00a0024\u00a0ko", id="a longer list"),
    ],
)
def test_a_form_that_is_too_large_is_told_the_limit_on_a_page(path: str, says: str, public: Api) -> None:
    answer = public.post(path, content=b"x" * 1_100_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert says in answer.text
    assert f'<html lang="{path[1:3]}">' in answer.text
    assert public.get(toggle_on(answer).href).status_code in (200, 303)


def test_a_body_that_is_too_large_is_told_the_limit(public: Api) -> None:
    told = problem(public.post("/v1/subscriptions", content=b"x" * 70_000), 413, "body_too_large")
    assert told["at_most_bytes"] == 64 * 1024


def test_a_method_nobody_serves_names_those_that_are(public: Api) -> None:
    answer = public.request("DELETE", "/v1/systems")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    answer = public.request("OPTIONS", "/v1/subscribers/1")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    problem(public.request("PATCH", "/v1/subscribers/import"), 405, "method_not_allowed")
    assert public.request("HEAD", "/v1/subscriptions").status_code == 405


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_what_is_answered_in_front_names_its_methods_too(method: str, app: FastAPI, engine: Engine) -> None:
    """RFC 9110, 15.5.6: there is something at this path."""
    front = Api(EdgeApp(SnapshotHolder(nothing_known(load_content())), app, engine.clock))
    for path in ("/v1/status", "/v1/broadcast/tccu/en.txt", "/v1/broadcast/ccsh/both.json"):
        answer = front.request(method, path)
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD"
    for path in ("/en/", "/fr/"):
        page = front.request(method, path)
        assert (page.status_code, page.headers["content-type"]) == (405, "text/html; charset=utf-8")
        assert page.headers["allow"] == "GET, HEAD"
        assert f'<html lang="{path[1:3]}">' in page.text
    for path in ("/v1/broadcast/nobody/en.txt", "/v1/broadcast/tccu/en.mp3", "/v1/status/"):
        problem(front.request(method, path), 404, "not_found")


def test_every_answer_carries_the_headers_that_protect_its_reader(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    for answer in (
        public.get("/v1/outages"),
        public.get("/nowhere"),
        public.post("/v1/outages"),
        public.get("/v1/bulletins/1.html"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "max-age" in answer.headers["strict-transport-security"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"]
        assert answer.headers.get_list("content-security-policy") == [
            answer.headers["content-security-policy"]
        ]


def test_what_nobody_foresaw_is_answered_without_details(engine: Engine, logged: io.StringIO) -> None:
    app = create_app(engine)
    router = APIRouter(route_class=StrictRoute, dependencies=[PUBLIC])

    @router.get("/breaks/{secret}")
    def breaks(secret: str) -> None:
        raise RuntimeError(f"secret {secret}")

    app.include_router(router)
    api = Api(app)
    answer = api.get("/breaks/zq-token-zq")
    assert (
        problem(answer, 500, "internal_error")["detail"] == "Something went wrong here. It has been recorded."
    )
    assert "zq" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    [line] = [json.loads(text) for text in logged.getvalue().splitlines()]
    assert (line["event"], line["route"]) == ("request_failed", "/breaks/{secret}")


def test_a_database_that_went_away_is_503_and_says_when_to_come_back(
    tmp_path: Path, clock: VirtualClock
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'outage.db'}")
    api = Api(create_app(an_engine(database, clock)), "outage_live_any")
    for answer in (
        api.get("/v1/outages"),
        api.get("/v1/systems"),
        api.post("/v1/outages", unscheduled()),
        api.get("/v1/outages/1"),
    ):
        problem(answer, 503, "database_unavailable")
        assert answer.headers["retry-after"] == "5"
    page = api.get("/subscriptions/1.1.x/manage")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    database.close()


def test_failures_of_postgresql_are_told_apart(postgresql_url: str) -> None:
    server = create_engine(postgresql_url)
    cases = {
        "SELECT 1 FROM nowhere": Failure.UNAVAILABLE,
        "SELECT 1/0": Failure.FAULT,
        "INSERT INTO number_counter VALUES (1, 1), (1, 1)": Failure.TAKEN,
        "INSERT INTO number_counter VALUES (1, NULL)": Failure.FAULT,
        "SELECT pg_terminate_backend(pg_backend_pid())": Failure.UNAVAILABLE,
    }
    for statement, failure in cases.items():
        with server.connect() as tx, pytest.raises(Exception) as caught:  # noqa: PT011
            tx.execute(text(statement))
        assert failure_of(caught.value) is failure, statement
    server.dispose()


def test_failures_of_sqlite_are_told_apart(sqlite_url: str) -> None:
    server = create_engine(sqlite_url, connect_args={"timeout": 0.05})
    cases = {
        "SELECT 1 FROM nowhere": Failure.UNAVAILABLE,
        "INSERT INTO number_counter VALUES (1, 1), (1, 1)": Failure.TAKEN,
        "INSERT INTO number_counter VALUES (1, NULL)": Failure.FAULT,
    }
    for statement, failure in cases.items():
        with server.connect() as tx, pytest.raises(Exception) as caught:  # noqa: PT011
            tx.execute(text(statement))
        assert failure_of(caught.value) is failure, statement
    with server.connect() as holder, server.connect() as waiter:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="locked") as caught:
            waiter.exec_driver_sql("BEGIN IMMEDIATE")
        assert failure_of(caught.value) is Failure.BUSY
    server.dispose()


def test_a_problem_can_be_sent_whatever_it_holds() -> None:
    odd = Problem(499, "odd", "half \ud800", (FieldError("a", "b", "c"),), {"more": "\udfff"}).response()
    assert json.loads(bytes(odd.body))["errors"] == [{"field": "a", "code": "b", "detail": "c"}]
    assert json.loads(bytes(odd.body))["title"] == "Error"
