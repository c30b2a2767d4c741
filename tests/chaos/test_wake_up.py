"""From the answer of one process to the mail of another, before and after a restart of PostgreSQL."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from outage_service.storage import Connection
from outage_service.storage.migrate import upgrade
from outage_service.storage.notify import APPLICATION_NAME
from tests.chaos.installation import Installation, declare_at, installation, until
from tests.chaos.relay import ChaosRelay, running_relay
from tests.support.postgres import PostgresServer, own_server

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

SYSTEMS = ("edi", "cers", "emanifest", "ccp", "swi")


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own that syncs as in production."""
    with own_server(durable=True) as running:
        yield running


def listeners(tx: Connection) -> int:
    wanted = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
    found: int = tx.execute(wanted, {"name": APPLICATION_NAME}).scalar_one()
    return found


def until_two_listen(one: Installation) -> None:
    until(lambda: one.read(listeners) == 2, "both processes listen")


def test_the_mail_of_another_process_follows_the_answer(server: PostgresServer, tmp_path: Path) -> None:
    """The answer to the first mail: a small part of the second between two looks, also after a restart."""
    url = server.databases.url(server.databases.create())
    upgrade(url)
    with running_relay() as relay, installation(url, relay.url, tmp_path) as one:
        one.subscribe(1)
        token, at = one.token(), one.serve("--no-worker").url
        one.worker()
        until_two_listen(one)
        before = sorted(first_mail_after(at, token, relay, system) for system in SYSTEMS[:3])
        server.stop(immediate=True)
        server.start()
        until_two_listen(one)
        after = sorted(first_mail_after(at, token, relay, system) for system in SYSTEMS[3:])
    print("ms to the first mail:", [round(1000 * seconds) for seconds in before + after])
    assert before[1] < 0.5
    assert after[0] < 0.5


def first_mail_after(at: str, token: str, relay: ChaosRelay, system: str) -> float:
    """Returns the seconds from the 201 of one process to the mail that the other sends."""
    expected = len(relay.accepted) + 1
    until(lambda: declare_at(at, token, key=f"key-{system}", system=system).status_code == 201, "a 201")
    answered = time.monotonic()
    relay.wait_for(expected)
    return relay.accepted[-1].at - answered
