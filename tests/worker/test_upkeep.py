"""Upkeep beside the sender: pruning during a fan-out, and a restored backup (P7, P8, P34)."""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import DeliveryState
from outage_service.services import outages, pulse
from outage_service.services.engine import Engine
from outage_service.services.outages import Target
from outage_service.services.pulse import Pulse
from outage_service.services.retention import Pruner
from outage_service.storage import Connection
from outage_service.storage.database import sqlite_path
from outage_service.storage.notify import tell_others
from outage_service.storage.pulse import count_held
from outage_service.storage.schema import delivery, mailing, outage
from tests.builders import THURSDAY_10H
from tests.support.smtp_server import running_smtp_server
from tests.worker.harness import (
    LONG_AGO,
    MESSAGE,
    OPERATOR,
    declare,
    give_news,
    make_engine,
    make_retries_due,
    people,
    states,
    subscribe,
    until,
    working,
)

NOBODY = "smtp://127.0.0.1:9"
QUIET_SECONDS = 3.0
"""Several looks for work: whatever were to be sent would be by then."""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(THURSDAY_10H)


@pytest.fixture
def engine(database_url: str, clock: VirtualClock) -> Iterator[Engine]:
    made = make_engine(database_url, clock)
    yield made
    made.db.close()


def an_old_ledger(engine: Engine, count: int) -> None:
    """Leaves an outage that was closed years ago, with so many deliveries."""
    done = declare(engine)
    target = Target(done.outage.id)
    engine.act(lambda tx: outages.resolve(engine, tx, OPERATOR, target, MESSAGE))
    engine.db.write(lambda tx: _age(tx, count))


def _age(tx: Connection, count: int) -> None:
    newest = tx.execute(select(func.max(mailing.c.id))).scalar_one()
    row = {"state": "accepted", "attempt": 1, "tries": 1, "faults": 0, "mailing_id": newest}
    row |= {"first_at": LONG_AGO, "changed_at": LONG_AGO}
    tx.execute(insert(delivery), [row | {"recipient_id": number} for number in range(1, count + 1)])
    tx.execute(update(outage).values(changed_at=LONG_AGO))
    tx.execute(update(mailing).values(is_fanned_out=True))


def test_pruning_during_a_fan_out_harms_nothing(engine: Engine, clock: VirtualClock) -> None:
    """P7, P8: everybody gets the bulletin once while thousands of old rows go."""
    an_old_ledger(engine, 6_000)
    subscribe(engine, *people(600))
    pruner = Pruner(engine)
    pruner.step()
    clock.advance(timedelta(hours=1))
    with running_smtp_server() as relay, working(engine, relay.url()):
        declare(engine)
        while pruner.step() or len(relay.recipients) < 600:
            time.sleep(0.01)
        until(lambda: states(engine) == {DeliveryState.ACCEPTED: 600}, seconds=30)
    assert Counter(relay.recipients) == Counter(people(600))


@pytest.fixture
def on_file(sqlite_url: str, clock: VirtualClock) -> Iterator[Engine]:
    made = make_engine(sqlite_url, clock)
    yield made
    made.db.close()


def back_up(engine: Engine, copy: Path) -> None:
    """Backs a database up as README says, while the service runs."""
    path = sqlite_path(engine.db.url)
    assert path is not None
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def restore(engine: Engine, copy: Path) -> None:
    """Puts a backup in the place of the database, whose process has ended."""
    path = sqlite_path(engine.db.url)
    assert path is not None
    for left in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        left.unlink(missing_ok=True)
    path.write_bytes(copy.read_bytes())


def held(engine: Engine) -> int:
    with engine.db.read() as tx:
        return count_held(tx)


def test_a_backup_made_just_before_the_service_was_stopped_is_noticed(
    on_file: Engine, sqlite_url: str, clock: VirtualClock, tmp_path: Path
) -> None:
    """P34: less than half a minute lay between, in which no beat was due; the stop is one."""
    subscribe(on_file, *people(40))
    with working(on_file, NOBODY):
        declare(on_file)
        until(lambda: states(on_file))
        back_up(on_file, tmp_path / "backup.db")
    on_file.db.close()
    restore(on_file, tmp_path / "backup.db")
    restored = make_engine(sqlite_url, clock)
    Pulse(restored).beat()
    assert held(restored) == 1
    restored.db.close()


def test_a_restored_backup_sends_nothing_again_until_it_is_told_to(
    on_file: Engine, sqlite_url: str, clock: VirtualClock, tmp_path: Path
) -> None:
    """P34: half of the mail had been sent when the backup was made, all of it when it was restored."""
    everybody = people(40)
    subscribe(on_file, *everybody)
    with working(on_file, NOBODY):
        done = declare(on_file)
        until(lambda: states(on_file))
        back_up(on_file, tmp_path / "backup.db")
    make_retries_due(on_file)
    with running_smtp_server() as relay:
        with working(on_file, relay.url()):
            until(lambda: states(on_file) == {DeliveryState.ACCEPTED: 40}, seconds=60)
        on_file.db.close()
        restore(on_file, tmp_path / "backup.db")
        restored = make_engine(sqlite_url, clock)
        make_retries_due(restored)
        with working(restored, relay.url()):
            until(lambda: held(restored) == 1)
            time.sleep(QUIET_SECONDS)
            assert Counter(relay.recipients) == Counter(everybody)
            restored.act(lambda tx: pulse.release(restored, tx))
            until(lambda: states(restored) == {DeliveryState.ACCEPTED: 40}, seconds=60)
            give_news(restored, done)
            until(lambda: states(restored) == {DeliveryState.ACCEPTED: 80}, seconds=60)
        restored.db.close()
    ids = {message.content.split(b"Message-ID: ")[1].split(b"\r\n")[0] for message in relay.messages[:80]}
    assert len(ids) == 40
    assert Counter(relay.recipients) == Counter(everybody * 3)


def test_ticks_go_on_however_often_others_commit(postgresql_url: str) -> None:
    """P1: each notification renews the pages; a storm of them must not keep bulletins from being issued."""
    engine, over = make_engine(postgresql_url), threading.Event()

    def storm() -> None:
        while not over.wait(0.002):
            engine.db.write(tell_others)

    others, renewed = threading.Thread(target=storm, daemon=True), Counter[str]()

    def refresh() -> None:
        renewed["pages"] += 1
        time.sleep(0.1)

    with working(engine, NOBODY, refresh=refresh) as worker:
        others.start()
        for _ in range(40):
            time.sleep(0.1)
            assert worker.seconds_since_tick() < 2.5
        over.set()
        others.join()
    assert renewed["pages"] > 10
    engine.db.close()
