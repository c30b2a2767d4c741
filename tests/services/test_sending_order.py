"""Per recipient and outage the sequence never goes back, whatever several workers do at once (P12)."""

import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from outage_service.domain.deliveries import DeliveryState
from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.storage.deliveries import Settlement
from tests.services.acts import declare, subscribe, update
from tests.storage.rows import make_due

PEOPLE, WORKERS, BULLETINS = 40, 4, 8


class Relay:
    """The far side: who was handed which sequence, in the order in which it was handed over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.received: dict[int, list[int]] = defaultdict(list)

    def hand_over(self, recipient_id: int, sequence: int) -> None:
        with self._lock:
            self.received[recipient_id].append(sequence)


def work(engine: Engine, worker_id: str, relay: Relay, finished: threading.Event) -> None:
    """Claims, looks once more, sends or defers, and records, as a sender does, until nothing is left."""
    dice = random.Random(worker_id)
    while True:
        was_finished = finished.is_set()
        claims = sending.claim(engine, worker_id, limit=dice.choice([1, 5, 20]))
        if not claims and was_finished:
            return
        withdrawn = sending.withdrawn(engine, claims)
        settled = [sending.ended(claim, state) for claim, state in withdrawn.items()]
        for claim in claims:
            if claim in withdrawn:
                continue
            sequence = sending.prepare(engine, claim.mailing_id).record.sequence
            assert sequence is not None
            if dice.random() < 0.3:
                settled.append(Settlement(claim, DeliveryState.QUEUED, timedelta(0), tries=1))
            else:
                relay.hand_over(claim.recipient_id, sequence)
                settled.append(sending.ended(claim, DeliveryState.ACCEPTED))
        assert sending.settle(engine, worker_id, settled) == len(settled)


def give_news(engine: Engine, done: Done, finished: threading.Event) -> None:
    for _ in range(BULLETINS - 1):
        update(engine, done)
    finished.set()


def test_nobody_is_told_older_news_after_newer(engine: Engine) -> None:
    """P12, P8: and nobody is told the same twice; everybody is told the latest."""
    for number in range(PEOPLE):
        subscribe(engine, f"person{number}@example.org")
    done, relay, finished = declare(engine), Relay(), threading.Event()
    with ThreadPoolExecutor(WORKERS + 1) as pool:
        jobs = [pool.submit(work, engine, f"worker-{n}", relay, finished) for n in range(WORKERS)]
        jobs.append(pool.submit(give_news, engine, done, finished))
        for job in jobs:
            job.result(100)
    finished.set()
    # Whoever had to wait for an older one is looked at some seconds later.
    make_due(engine.db)
    work(engine, "last", relay, finished)
    assert len(relay.received) == PEOPLE
    for received in relay.received.values():
        assert received == sorted(set(received))
        assert received[-1] == BULLETINS
