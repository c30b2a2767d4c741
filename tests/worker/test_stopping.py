"""A sender that is told to stop ends, wherever its messages are, and leaves no claim behind (P7, P8)."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay
from outage_service.domain.deliveries import DeliveryState
from outage_service.services.engine import Engine
from outage_service.worker.sender import Sender, SenderOptions
from tests.support.smtp_server import Hang, Script, SmtpServer, running_smtp_server
from tests.worker.harness import declare, make_engine, make_retries_due, people, states, subscribe

LANES = 4
PEOPLE = 40
GRACE = 0.2
SOON = 8.0
"""Seconds: two for QUIT, the rest for a busy machine; a lane that goes on waiting would take for ever."""


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    made = make_engine(sqlite_url)
    yield made
    made.db.close()


def send_until(engine: Engine, relay: SmtpServer, is_time: Callable[[], bool], *, window: int = 32) -> float:
    """Sends until something holds, stops, and returns how long stopping took."""

    async def run() -> float:
        pool = MailPool(Relay.parse(relay.url()), only_to=None, connections=LANES)
        sender = Sender(engine, pool, SenderOptions(lanes=LANES, window=window, is_alone=True))
        running = asyncio.create_task(sender.run(grace=GRACE))
        async with asyncio.timeout(10):
            while not is_time():  # noqa: ASYNC110 - the relay is in another thread
                await asyncio.sleep(0.005)
        told_at = time.monotonic()
        sender.stop()
        async with asyncio.timeout(60):
            await running
        return time.monotonic() - told_at

    return asyncio.run(run())


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_it_ends_whatever_the_relay_does_not_answer(engine: Engine, verb: str) -> None:
    subscribe(engine, *people(PEOPLE))
    script = Script().on(verb, Hang(), after=0 if verb in {"CONNECT", "EHLO"} else 3)
    with running_smtp_server(script) as relay:
        declare(engine)

        def is_stuck() -> bool:
            return relay.connections >= LANES and (verb != "END" or relay.asked("DATA") >= LANES)

        assert send_until(engine, relay, is_stuck) < SOON
        assert DeliveryState.CLAIMED not in states(engine)
        script.forget()
        make_retries_due(engine)
        send_until(engine, relay, lambda: states(engine) == {DeliveryState.ACCEPTED: PEOPLE})
    copies = Counter(relay.recipients)
    assert set(copies) == set(people(PEOPLE))
    assert verb == "END" or set(copies.values()) == {1}


@pytest.mark.parametrize("after", [0, 1, 7, 20])
def test_it_ends_in_the_middle_of_a_fan_out(engine: Engine, after: int) -> None:
    """Without a crash nothing comes twice, and a window of one lane's width holds nothing up."""
    subscribe(engine, *people(PEOPLE))
    with running_smtp_server() as relay:
        declare(engine)
        assert send_until(engine, relay, lambda: len(relay.messages) >= after, window=LANES) < SOON
        assert DeliveryState.CLAIMED not in states(engine)
        make_retries_due(engine)
        send_until(engine, relay, lambda: states(engine) == {DeliveryState.ACCEPTED: PEOPLE}, window=1)
    assert Counter(relay.recipients) == Counter(people(PEOPLE))


def test_what_was_accepted_is_recorded_although_the_database_falters(engine: Engine) -> None:
    """P8: or a sender that stops in order would have its last messages sent again."""
    subscribe(engine, *people(PEOPLE))
    refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON delivery WHEN NEW.state = 'accepted'"
    engine.db.write(lambda tx: tx.execute(text(f"{refuse} BEGIN SELECT RAISE(ABORT, 'not now'); END")))
    recovery = threading.Timer(
        3 * GRACE, lambda: engine.db.write(lambda tx: tx.execute(text("DROP TRIGGER refuse")))
    )
    with running_smtp_server() as relay:
        declare(engine)

        def is_time() -> bool:
            if len(relay.messages) < LANES:
                return False
            recovery.start()
            return True

        send_until(engine, relay, is_time, window=LANES)
    recovery.join()
    assert states(engine)[DeliveryState.ACCEPTED] == len(relay.messages) == LANES
