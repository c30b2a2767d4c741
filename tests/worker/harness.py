"""A real engine on a real database, and a sender in threads of its own, as a process runs it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from outage_service.app.engine import build_engine
from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay, Timeouts
from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import OutageKind
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services import outages
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.settings import load_settings
from outage_service.storage.schema import delivery
from outage_service.storage.subscribers import Choices, insert_subscribers
from outage_service.worker.runtime import Worker
from outage_service.worker.sender import LEFT_TO_OTHERS_AFTER_SECONDS, POLL_SECONDS, SenderOptions
from tests.builders import THURSDAY_10H, an_impact

OPERATOR = Actor("night desk", Role.TCCU)
MESSAGE = Bilingual("EDI is down.", "L’EDI est en panne.")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
QUICK = Timeouts(connect=2, command=2, end_of_data=2, greeting=2)


def make_engine(database_url: str, clock: VirtualClock | None = None) -> Engine:
    """Returns an engine whose clock stands at Thursday 10:00 until it is moved."""
    settings = load_settings(
        env_file=None,
        database_url=database_url,
        secret_key="a key that only tests use, long enough",
        base_url="https://outages.example.org",
        mail_from="Outages <outages@example.org>",
    )
    return build_engine(settings, clock=clock or VirtualClock(THURSDAY_10H))


def subscribe(engine: Engine, *addresses: str, language: Language = Language.EN) -> None:
    """Adds confirmed subscribers to everything."""
    many = [Choices(address, address.lower(), language, 0, 0) for address in addresses]
    engine.db.write(lambda tx: insert_subscribers(tx, many, now=engine.clock()))


def people(count: int) -> list[str]:
    """Returns that many addresses."""
    return [f"person{number}@example.org" for number in range(count)]


def declare(engine: Engine, system: System = System.EDI) -> Done:
    """Declares that all of a system is out."""
    request = Declaration(OutageKind.UNSCHEDULED, (an_impact(system),))
    return engine.act(lambda tx: outages.declare(engine, tx, OPERATOR, request, MESSAGE))


def give_news(engine: Engine, done: Done) -> Done:
    """Issues an update that changes nothing but the message."""
    target = Target(done.outage.id)
    return engine.act(lambda tx: outages.update(engine, tx, OPERATOR, target, News(), MESSAGE))


def states(engine: Engine) -> dict[DeliveryState, int]:
    """Returns how many deliveries are in each state."""
    wanted = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    with engine.db.read() as tx:
        return {DeliveryState(state): count for state, count in tx.execute(wanted)}


def make_retries_due(engine: Engine) -> None:
    """Lets the time pass that queued deliveries wait for."""
    due = update(delivery).where(delivery.c.state == DeliveryState.QUEUED).values(retry_at=LONG_AGO)
    engine.db.write(lambda tx: tx.execute(due))


def until(is_so: Callable[[], object], *, seconds: float = 10.0) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


@contextmanager
def working(
    engine: Engine,
    relay_url: str,
    *,
    lanes: int = 4,
    window: int = 32,
    looks_every: float = POLL_SECONDS,
    left_to_others_after: float = LEFT_TO_OTHERS_AFTER_SECONDS,
    ticks_every: float = 0.2,
    refresh: Callable[[], None] = lambda: None,
) -> Iterator[Worker]:
    """Runs a worker that sends to `relay_url`; it stops in order at the end."""
    is_alone = engine.db.url.get_backend_name() == "sqlite"
    options = SenderOptions(
        lanes=lanes,
        window=window,
        is_alone=is_alone,
        poll_seconds=looks_every,
        left_to_others_after=left_to_others_after,
    )
    relay = Relay.parse(relay_url)
    worker = Worker(
        engine,
        lambda: MailPool(relay, only_to=None, connections=lanes, timeouts=QUICK),
        options,
        tick_seconds=ticks_every,
        refresh=refresh,
    )
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
