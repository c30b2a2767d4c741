"""A process on PostgreSQL that is woken by another's commit; looking by itself stays as the second way.

The other process is an engine with connections of its own.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from outage_service.services.engine import Engine
from outage_service.storage import notify
from tests.support.smtp_server import running_smtp_server
from tests.worker.harness import declare, give_news, make_engine, people, subscribe, until, working

RARELY = 60.0
"""Seconds between two looks of a process that is to be woken instead."""
SOON = 20.0
"""A bound for machines under load; it comes within some milliseconds."""


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    """The process that is woken."""
    made = make_engine(postgresql_url)
    yield made
    made.db.close()


@pytest.fixture
def other(postgresql_url: str) -> Iterator[Engine]:
    """The process that acts."""
    made = make_engine(postgresql_url)
    yield made
    made.db.close()


def listeners(engine: Engine) -> list[int]:
    """Returns the process ids of the server's ends of connections that listen by now."""
    wanted = text("SELECT pid FROM pg_stat_activity WHERE application_name = :name AND query = :last")
    last = f"LISTEN {notify.CHANNEL}"
    with engine.db.read() as tx:
        return list(tx.execute(wanted, {"name": notify.APPLICATION_NAME, "last": last}).scalars())


def test_a_bulletin_of_another_process_is_sent_at_once(engine: Engine, other: Engine) -> None:
    """Although this one looks for work only once a minute."""
    subscribe(engine, *people(3))
    with (
        running_smtp_server() as relay,
        working(engine, relay.url(), looks_every=RARELY, ticks_every=RARELY),
    ):
        until(lambda: listeners(other))
        time.sleep(1)  # the sender has looked, and found nothing
        began = time.monotonic()
        declare(other)
        relay.wait_for(3, seconds=SOON)
        assert time.monotonic() - began < SOON
        print(f"the last of 3 mails after {(time.monotonic() - began) * 1000:.0f} ms")


def test_what_another_process_changes_is_told_at_once(engine: Engine, other: Engine) -> None:
    refreshed = threading.Event()
    with (
        running_smtp_server() as relay,
        working(engine, relay.url(), ticks_every=RARELY, refresh=refreshed.set),
    ):
        until(lambda: listeners(other))
        refreshed.clear()
        declare(other)
        assert refreshed.wait(SOON)


def test_an_act_that_fails_wakes_nobody(engine: Engine, other: Engine) -> None:
    """The notification belongs to the transaction."""
    heard = threading.Event()
    with listening(engine, heard):

        def fail(tx: object) -> None:
            notify.tell_others(tx)  # type: ignore[arg-type]
            raise RuntimeError

        with pytest.raises(RuntimeError):
            other.db.write(fail)
        assert not heard.wait(1)
        other.db.write(notify.tell_others)
        assert heard.wait(SOON)


@contextmanager
def listening(engine: Engine, heard: threading.Event) -> Iterator[None]:
    """Listens as a process does, and sets `heard`, which it does also when it begins: that is waited for."""
    stopped = threading.Event()
    thread = threading.Thread(target=notify.listen, args=(engine.db.url, heard.set, stopped))
    thread.start()
    try:
        assert heard.wait(SOON)
        heard.clear()
        yield
    finally:
        stopped.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_listener_that_was_cut_off_comes_back_and_looks_at_what_it_missed(
    engine: Engine, other: Engine
) -> None:
    heard = threading.Event()
    with listening(engine, heard):
        (former,) = listeners(other)
        other.db.write(lambda tx: tx.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": former}))
        assert heard.wait(SOON)  # by itself: nobody has told it anything
        until(lambda: listeners(other) not in ([], [former]))
        heard.clear()
        other.db.write(notify.tell_others)
        assert heard.wait(SOON)


def test_a_listener_that_hangs_harms_nothing(engine: Engine, other: Engine) -> None:
    """The server's end of it is frozen; the mail comes at the next look, and the worker ends in order."""
    subscribe(engine, *people(3))
    with running_smtp_server() as relay, working(engine, relay.url()):
        until(lambda: listeners(other))
        (frozen,) = listeners(other)
        os.kill(frozen, signal.SIGSTOP)
        try:
            done = declare(other)
            relay.wait_for(3, seconds=SOON)
            give_news(other, done)
            relay.wait_for(6, seconds=SOON)
        finally:
            os.kill(frozen, signal.SIGCONT)
