"""PostgreSQL stopped as by a power cut, not there at the start, and silent behind a network that swallows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.systems import System
from outage_service.storage.migrate import upgrade
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import WINDOW, installation, port_of, through, until
from tests.chaos.listening import NORMAL, Answer, listening
from tests.chaos.proxy import Mode, running_proxy
from tests.chaos.relay import running_relay
from tests.support.postgres import PostgresServer, own_server

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PEOPLE = 1500
ANSWER_AFTER = 0.01
STALE_AFTER = 30.0
"""Seconds after which nothing is told as known any more."""
AWAY_SECONDS = 55.0
"""Longer than that, and than a sender goes on without a heartbeat (45)."""


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own that syncs as in production."""
    with own_server(durable=True) as running:
        yield running


@pytest.fixture
def own_url(server: PostgresServer) -> str:
    """A migrated database on it."""
    url = server.databases.url(server.databases.create())
    upgrade(url)
    return url


def check_broadcast(heard: list[Answer], gone_at: float, back_at: float) -> None:
    """P21: always 200 and prompt; once the state cannot be known, never "normal"."""
    assert {one.status for one in heard} == {200}
    assert max(one.seconds for one in heard) < 1
    assert any(one.is_normal for one in heard if one.at < gone_at)
    in_the_dark = [one for one in heard if gone_at + STALE_AFTER + 1 < one.at < back_at]
    assert len(in_the_dark) > 20
    assert not [one.text for one in in_the_dark if one.is_normal]


def is_ready(url: str) -> bool:
    """Returns whether the process says that all its parts work."""
    return httpx.get(f"{url}/readyz", timeout=30).status_code == 200


def says_normal(url: str) -> bool:
    """Returns whether the broadcast says that something functions normally."""
    text = httpx.get(f"{url}/v1/broadcast/tccu/both.txt", timeout=5).text
    return any(word in text for word in NORMAL)


def test_a_crash_of_the_database_in_the_middle_of_a_fan_out_loses_nobody(
    server: PostgresServer, own_url: str, tmp_path: Path
) -> None:
    """P7, P8: two workers meet it, and both go on by themselves."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        installation(own_url, relay.url, tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        for _ in range(2):
            one.worker()
        until(lambda: len(one.read(ledger.workers)) == 2, "both workers are known")
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        server.stop(immediate=True)
        crashed_at = time.monotonic()
        time.sleep(3)
        server.start()
        took = until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=90)
        print(f"done {took:.0f} s after the restart")
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, [crashed_at], window=2 * WINDOW)} of {PEOPLE} messages repeated")


def test_the_broadcast_outlives_the_database_and_the_sender_finds_its_place_again(
    server: PostgresServer, own_url: str, tmp_path: Path
) -> None:
    """P7, P8, P21: gone for almost a minute with a fan-out under way; the help line asked is another's."""

    def bring_back() -> None:
        server.start()

    check_absence(own_url, tmp_path, lambda: server.stop(immediate=True), bring_back)


def check_absence(
    url: str, folder: Path, take_away: Callable[[], None], bring_back: Callable[[], None]
) -> None:
    with running_relay(answer_after=ANSWER_AFTER) as relay, installation(url, relay.url, folder) as one:
        people = one.subscribe(PEOPLE)
        at = one.serve().url
        until(lambda: is_ready(at), "it is ready")
        done = one.declare(System.CCP, None)
        with listening(at) as heard:
            relay.wait_for(PEOPLE // 3)
            take_away()
            gone_at = time.monotonic()
            time.sleep(AWAY_SECONDS / 2)
            assert not is_ready(at)
            time.sleep(AWAY_SECONDS / 2)
            back_at = time.monotonic()
            bring_back()
            until(lambda: says_normal(at), "it knows again", seconds=45)
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=60)
        until(lambda: is_ready(at), "it is ready again", seconds=60)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_broadcast(heard, gone_at, back_at)
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, [gone_at])} of {PEOPLE} messages repeated")
    print(f"slowest of {len(heard)} broadcasts: {max(one.seconds for one in heard) * 1000:.0f} ms")


def test_a_service_started_without_its_database_waits_and_says_so(
    server: PostgresServer, own_url: str, tmp_path: Path
) -> None:
    """P21, decision 8: that the state cannot be known, then by itself that it can."""
    server.stop()
    with running_relay() as relay, installation(own_url, relay.url, tmp_path) as one:
        at = one.serve().url
        assert httpx.get(f"{at}/readyz", timeout=30).status_code == 503
        said = httpx.get(f"{at}/v1/broadcast/tccu/both.txt", timeout=5)
        assert said.status_code == 200
        assert not says_normal(at)
        assert "cannot be known" in said.text or "unknown" in said.text
        server.start()
        print(f"ready {until(lambda: is_ready(at), 'it is ready', seconds=60):.1f} s after the database")
        until(lambda: says_normal(at), "it knows", seconds=30)
        people = one.subscribe(20)
        done = one.declare()
        relay.wait_for(len(people))
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)


def test_a_database_that_hangs_does_not_make_the_broadcast_hang(own_url: str, tmp_path: Path) -> None:
    """P21: connections stay open and nothing comes over them any more."""
    with (
        running_relay() as relay,
        running_proxy(port_of(own_url)) as proxy,
        installation(through(own_url, proxy.port), relay.url, tmp_path) as one,
    ):
        at = one.serve().url
        until(lambda: says_normal(at), "it knows")
        with listening(at) as heard:
            time.sleep(2)
            proxy.set_mode(Mode.HOLD)
            gone_at = time.monotonic()
            time.sleep(AWAY_SECONDS)
            back_at = time.monotonic()
            proxy.set_mode(Mode.PASS)
            until(lambda: says_normal(at), "it knows again", seconds=60)
        check_broadcast(heard, gone_at, back_at)
        until(lambda: is_ready(at), "it is ready again", seconds=60)
