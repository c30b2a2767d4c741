"""`serve` and `worker`: what they start without, what they refuse, and how they end."""

import json
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.cli.commands import KEY, Running, run, running
from tests.support.postgres import PostgresDatabases

NOBODY = "smtp://127.0.0.1:9"


def address(service: Running) -> str:
    """Returns where a service that was given no port listens."""
    return str(json.loads(service.says('"serving"'))["url"])


def get(service: Running, path: str) -> httpx.Response:
    with httpx.Client(base_url=address(service), timeout=20, trust_env=False) as client:
        return client.get(path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_serves_with_the_relay_down_and_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, "serve", "--port", "0", SMTP_URL=NOBODY) as service:
        said = get(service, "/v1/broadcast/tccu/en.txt")
        assert "functioning normally" in said.text
        assert "server" not in said.headers
        assert get(service, "/openapi.json").status_code == 200
        service.process.send_signal(number)
        assert service.process.wait(30) == 0
        assert service.says('"stopped"')
    assert (tmp_path / "outage.db").exists()


def test_a_request_is_no_line_of_the_log(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--port", "0", "--no-worker") as service:
        assert get(service, "/v1/outages").status_code == 200
        assert service.terminate() == 0
        assert "/v1/outages" not in service.log()


def test_without_a_reachable_database_it_says_that_nothing_can_be_known(tmp_path: Path) -> None:
    """Decision 8: not reachable is not un-migrated (P21)."""
    nobody = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"
    settings = {"DATABASE_URL": nobody, "SMTP_URL": NOBODY, "SECRET_KEY": KEY}
    with running(tmp_path, "serve", "--port", "0", **settings) as service:
        said = get(service, "/v1/broadcast/tccu/en.txt")
        assert said.status_code == 200
        assert "normal" not in said.text
        assert get(service, "/v1/status").json()["stale"] is True
        assert get(service, "/readyz").status_code == 503
        assert service.terminate() == 0


def test_an_embedded_database_that_comes_back_is_migrated_then(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    settings = {"DATABASE_URL": f"sqlite:///{folder}/outage.db", "SMTP_URL": NOBODY, "SECRET_KEY": KEY}
    with running(tmp_path, "serve", "--port", "0", **settings) as service:
        assert "normal" not in get(service, "/v1/broadcast/tccu/en.txt").text
        folder.mkdir()
        service.says("database_migrated")
        assert service.terminate() == 0


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"]], ids=["serve", "worker"])
def test_a_postgresql_that_is_not_migrated_is_refused(
    tmp_path: Path, postgres_databases: PostgresDatabases, command: list[str]
) -> None:
    name = postgres_databases.create()
    try:
        ended = run(tmp_path, *command, DATABASE_URL=postgres_databases.url(name), SECRET_KEY=KEY)
    finally:
        postgres_databases.drop(name)
    assert ended.status == 1
    assert "outage-service migrate" in ended.errors[-1]


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run(tmp_path, "serve", "--port", port)
    assert (ended.status, len(ended.errors)) == (1, 1)
    assert port in ended.err


@pytest.mark.parametrize("host", ["203.0.113.1", "::no::address"])
def test_an_address_that_is_not_this_machine_s_is_told_in_one_line(tmp_path: Path, host: str) -> None:
    ended = run(tmp_path, "serve", "--host", host, "--port", "0")
    assert (ended.status, len(ended.errors)) == (1, 1)
    assert host in ended.err


def test_a_worker_ends_in_order(tmp_path: Path) -> None:
    with running(tmp_path, "worker", SMTP_URL=NOBODY) as worker:
        worker.says('"working"')
        assert worker.terminate() == 0
        assert worker.says('"stopped"')
