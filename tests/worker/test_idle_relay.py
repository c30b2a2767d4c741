"""A worker whose relay was away, and that finds nothing to send once it is back: others were faster."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from outage_service.domain.deliveries import DeliveryState
from outage_service.services.engine import Engine
from outage_service.storage.schema import delivery
from tests.support.smtp_server import Script, running_smtp_server
from tests.worker.harness import declare, make_engine, people, states, subscribe, until, working


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.db.close()


def test_a_relay_is_asked_again_although_there_is_nothing_to_send(engine: Engine) -> None:
    """P22: operators would be told of a relay that is down until this worker happens to get some mail."""
    subscribe(engine, *people(1))
    script = Script().on("CONNECT", "421 4.3.2 not now")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: relay.connections)
        until(lambda: states(engine) == {DeliveryState.QUEUED: 1})
        sent_by_another = update(delivery).values(state=DeliveryState.ACCEPTED.value)
        engine.db.write(lambda tx: tx.execute(sent_by_another))
        script.forget()
        until(lambda: relay.asked("EHLO"))
        assert relay.asked("MAIL") == 0
