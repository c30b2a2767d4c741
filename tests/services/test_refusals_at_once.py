"""Two workers that record refused contents of one bulletin at the same moment (P10)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from outage_service.clock import VirtualClock
from outage_service.services import refusals, sending
from outage_service.services.engine import Engine
from outage_service.services.refusals import REFUSED_IN_A_ROW
from outage_service.storage import Connection
from outage_service.storage.settling import settle
from tests.builders import THURSDAY_10H
from tests.engines import an_engine
from tests.services.acts import declare, subscribe
from tests.services.refusing import SPAM, claims, paused
from tests.storage.rows import states


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    made = an_engine(postgresql_url, VirtualClock(THURSDAY_10H))
    yield made
    made.db.close()


def record_at_once(engine: Engine, first: int, then: int) -> None:
    """Records so many refusals while another transaction has weighed so many and is not committed."""
    for number in range(first + then):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    settled = [sending.after_attempt(claim, SPAM) for claim in claims(engine)]
    has_weighed = threading.Event()
    others: list[object] = []

    def record_first(tx: Connection) -> None:
        settle(tx, "worker", refusals.weigh(engine, tx, settled[:first]))
        has_weighed.set()
        threading.Event().wait(0.3)  # the other one weighs meanwhile, or waits for its turn

    def record_then() -> None:
        assert has_weighed.wait(5)
        others.append(sending.settle(engine, "worker", settled[first:]))

    with ThreadPoolExecutor(2) as pool:
        for each in (pool.submit(engine.db.write, record_first), pool.submit(record_then)):
            each.result()
    assert others == [then]


def test_one_of_them_pauses_it_and_the_other_records_without_an_error(postgresql: Engine) -> None:
    record_at_once(postgresql, REFUSED_IN_A_ROW, REFUSED_IN_A_ROW)
    assert len(paused(postgresql)) == 1
    assert states(postgresql.db) == {"queued": 2 * REFUSED_IN_A_ROW}


def test_refusals_that_are_enough_together_pause_it(postgresql: Engine) -> None:
    record_at_once(postgresql, REFUSED_IN_A_ROW - 2, 2)
    assert len(paused(postgresql)) == 1
