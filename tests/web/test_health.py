"""What this machine's own programs ask: alive, ready, figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.services.pulse import Pulse
from outage_service.storage import DatabaseError, workers
from outage_service.storage.database import open_database
from outage_service.web.app import create_app
from tests.builders import at
from tests.engines import an_engine
from tests.support.read_only import read_only
from tests.web.bodies import unscheduled
from tests.web.client import Api, problem, shown
from tests.web.conftest import a_token

PATHS = ("/healthz", "/readyz", "/metrics")
ELSEWHERE = ("203.0.113.7", 40_000)


class Scheduler:
    """A scheduler whose last tick was some seconds ago."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def seconds_since_tick(self) -> float:
        return self.seconds


def with_sender(engine: Engine) -> None:
    engine.db.write(lambda tx: workers.register_worker(tx, "w", host="here"))


@pytest.fixture
def broken(tmp_path: Path, clock: VirtualClock) -> Iterator[FastAPI]:
    """An application whose database is nowhere."""
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'outage.db'}")
    yield create_app(an_engine(database, clock))
    database.close()


def test_a_process_that_answers_is_alive(public: Api) -> None:
    assert shown(public.get("/healthz")) == {"status": "alive"}


def test_ready_means_that_every_part_works(engine: Engine) -> None:
    with_sender(engine)
    api = Api(create_app(engine, worker=Scheduler(2)))
    assert shown(api.get("/readyz")) == {"status": "ready", "reasons": [], "alerts": []}


def test_a_part_that_does_not_work_is_named(engine: Engine) -> None:
    api = Api(create_app(engine, worker=Scheduler(91)))
    assert shown(api.get("/readyz"), 503) == {
        "status": "not_ready",
        "reasons": ["no_sender", "scheduler_silent"],
        "alerts": [],
    }


def test_without_a_database_the_process_is_alive_and_not_ready(broken: FastAPI) -> None:
    api = Api(broken)
    assert shown(api.get("/healthz"))
    assert shown(api.get("/readyz"), 503)["reasons"] == ["database_unreachable"]
    metrics = api.get("/metrics")
    assert metrics.status_code == 200
    assert "outage_database_up 0.0" in metrics.text


def test_a_database_that_is_not_migrated_is_not_ready(tmp_path: Path, clock: VirtualClock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    api = Api(create_app(an_engine(database, clock)))
    assert shown(api.get("/readyz"), 503)["reasons"] == ["database_not_migrated"]
    problem(api.get("/v1/systems"), 503, "database_unavailable")
    database.close()


def test_a_database_that_takes_no_writes_is_named_until_it_takes_one(engine: Engine) -> None:
    """P22: by itself, for a sender cannot even say that it is there. Whoever reads is answered."""
    api, pulse = Api(create_app(engine, worker=Scheduler(2))), Pulse(engine)
    with read_only(engine):
        with pytest.raises(DatabaseError):
            pulse.beat()
        assert shown(api.get("/readyz"), 503)["reasons"] == ["database_not_writable"]
        assert "outage_database_writable 0.0" in api.get("/metrics").text
        assert shown(api.get("/v1/outages")) == {"items": [], "next": None}
    pulse.beat()
    assert shown(api.get("/readyz"), 503)["reasons"] == ["no_sender"]
    assert "outage_database_writable 1.0" in api.get("/metrics").text


def test_an_act_that_the_database_refuses_tells_the_probes_at_once(engine: Engine) -> None:
    """P17, P22: whoever watches hears of it with whoever was refused."""
    watched = engine.watched()
    api = Api(create_app(watched, worker=Scheduler(2)))
    operator = Api(api.app, a_token(watched, Role.TCCU))
    with read_only(engine):
        problem(operator.post("/v1/outages", unscheduled()), 503, "database_unavailable")
        assert "database_not_writable" in shown(api.get("/readyz"), 503)["reasons"]
        assert "outage_database_writable 0.0" in api.get("/metrics").text


def test_the_figures_tell_of_the_database_and_of_requests(
    clock: VirtualClock, engine: Engine, tccu: Api, public: Api
) -> None:
    with_sender(engine)
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(public.get("/v1/outages/1"))
    assert public.get("/nowhere").status_code == 404
    clock.set(at("2026-11-26 12:00:30"))
    figures = public.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    for line in (
        "outage_database_up 1.0",
        "outage_workers 1.0",
        'outage_bulletins{kind="initial"} 1.0',
        'outage_deliveries{state="accepted"} 0.0',
        "outage_oldest_due_seconds 30.0",
        'outage_http_requests_total{method="GET",route="/v1/outages/{outage_id}",status="200"} 1.0',
        'outage_http_requests_total{method="GET",route="unmatched",status="404"} 1.0',
    ):
        assert line in figures.text.splitlines()


@pytest.mark.parametrize("path", PATHS)
def test_they_are_answered_on_this_machine_only(path: str, public: Api) -> None:
    elsewhere = public.at(ELSEWHERE)
    problem(elsewhere.get(path), 403, "local_only")
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        problem(public.get(path, headers={header: "127.0.0.1"}), 403, "local_only")


@pytest.mark.parametrize("path", PATHS)
def test_from_elsewhere_an_administrator_may_ask(
    path: str, engine: Engine, admin: Api, auditor: Api, tccu: Api
) -> None:
    with_sender(engine)
    for caller, status in ((admin, 200), (auditor, 200), (tccu, 403)):
        elsewhere = caller.at(ELSEWHERE)
        assert elsewhere.get(path).status_code == status


@pytest.mark.parametrize("path", PATHS)
def test_on_this_machine_a_token_that_comes_along_changes_nothing(
    path: str, engine: Engine, tccu: Api, public: Api
) -> None:
    """A probe of a desk's tool sends the desk's token with whatever it asks."""
    with_sender(engine)
    assert tccu.get(path).status_code == 200
    assert public.get(path, headers={"Authorization": "Bearer of bad news"}).status_code == 200


def test_a_token_does_not_make_life_hang_on_the_database(broken: FastAPI) -> None:
    api = Api(broken)
    assert shown(api.get("/healthz", headers={"Authorization": "Bearer outage_live_x"})) == {
        "status": "alive"
    }


@pytest.mark.parametrize("client", [("::1", 1), ("127.8.8.8", 1)])
def test_this_machine_has_several_addresses(client: tuple[str, int], public: Api) -> None:
    near = public.at(client)
    assert near.get("/healthz").status_code == 200


@pytest.mark.parametrize("client", [("localhost.evil.example", 1), ("", 1), ("10.0.0.1", 1)])
def test_what_only_looks_like_this_machine_does_not_count(client: tuple[str, int], public: Api) -> None:
    far = public.at(client)
    problem(far.get("/healthz"), 403, "local_only")
