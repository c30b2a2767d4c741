"""A sender that dies of something nobody has thought of."""

from collections.abc import Iterator

import pytest

from outage_service.channels.email.breaker import RelayHealth
from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay
from outage_service.domain.deliveries import DeliveryState
from outage_service.services.engine import Engine
from outage_service.worker.runtime import Worker
from outage_service.worker.sender import SenderOptions
from tests.support.smtp_server import running_smtp_server
from tests.worker.harness import declare, make_engine, people, states, subscribe, until

PEOPLE = 20


class TreacherousPool(MailPool):
    """A far side that works a few times and then fails in a way that none of it ever should."""

    looks_left = 3

    def health(self) -> RelayHealth:
        """Returns the relay's health, a few times."""
        self.looks_left -= 1
        if self.looks_left < 0:
            raise ArithmeticError("unforeseen")
        return super().health()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.db.close()


def test_a_sender_that_died_is_followed_by_another(engine: Engine) -> None:
    """P7, P22: one that lacks a loop must not go on beating as if it worked; the next one takes its place."""
    subscribe(engine, *people(PEOPLE))
    made: list[MailPool] = []
    with running_smtp_server() as relay:
        to = Relay.parse(relay.url())

        def make_pool() -> MailPool:
            made.append((MailPool if made else TreacherousPool)(to, only_to=None, connections=4))
            return made[-1]

        is_alone = engine.db.url.get_backend_name() == "sqlite"
        options = SenderOptions(lanes=4, window=32, is_alone=is_alone)
        worker = Worker(engine, make_pool, options, tick_seconds=0.2, refresh=lambda: None)
        worker.start()
        try:
            until(lambda: len(made) == 2, seconds=20)
            declare(engine)
            until(lambda: states(engine) == {DeliveryState.ACCEPTED: PEOPLE})
        finally:
            worker.stop()
    assert sorted(relay.recipients) == sorted(people(PEOPLE))
