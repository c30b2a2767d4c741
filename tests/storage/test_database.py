"""Transactions on both databases: all or nothing, durable on return, readers that cannot write."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, func, select, text

from outage_service.storage import DatabaseError
from outage_service.storage.bulletin_numbers import take_number
from outage_service.storage.database import Database, open_database
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.schema import subscriber
from outage_service.storage.subscribers import insert_subscriber
from tests.builders import THURSDAY_10H
from tests.storage.rows import a_subscriber, choices, subscribers

HOW_MANY = select(func.count()).select_from(subscriber)


class Refused(Exception):
    """What a use case raises."""


def count(db: Database) -> int:
    """Returns how many subscribers there are."""
    with db.read() as tx:
        return tx.execute(HOW_MANY).scalar_one()


def test_what_a_transaction_returns_is_returned(db: Database) -> None:
    """And is there for others from then on (P17)."""
    assert db.write(lambda tx: insert_subscriber(tx, choices(), now=THURSDAY_10H)) == 1
    assert count(db) == 1


def test_a_work_that_raises_leaves_nothing(db: Database) -> None:
    """P2: what it wrote before is gone, the error passes through, and the next one is not harmed."""

    def work(tx: Connection) -> None:
        insert_subscriber(tx, choices(), now=THURSDAY_10H)
        raise Refused

    with pytest.raises(Refused):
        db.write(work)
    assert count(db) == 0
    a_subscriber(db)
    assert count(db) == 1


def test_a_statement_that_fails_leaves_nothing(db: Database) -> None:
    """P2: the database's own refusal, not ours."""
    a_subscriber(db, "ann@example.org")

    def work(tx: Connection) -> None:
        insert_subscriber(tx, choices("bob@example.org"), now=THURSDAY_10H)
        insert_subscriber(tx, choices("ANN@example.org"), now=THURSDAY_10H)

    with pytest.raises(DatabaseError) as caught:
        db.write(work)
    assert failure_of(caught.value) is Failure.TAKEN
    assert count(db) == 1


def test_a_reader_cannot_write(db: Database) -> None:
    """One writer: on SQLite a second writing connection could corrupt the file."""
    with db.read() as tx, pytest.raises(DatabaseError, match=r"read-?only"):
        insert_subscriber(tx, choices(), now=THURSDAY_10H)
    assert count(db) == 0


def test_a_reader_sees_one_state_throughout(db: Database) -> None:
    """A page that reads an outage and then its systems must not mix two versions of it."""
    with db.read() as tx:
        assert tx.execute(HOW_MANY).scalar_one() == 0
        a_subscriber(db)
        assert tx.execute(HOW_MANY).scalar_one() == 0
    assert count(db) == 1


def test_writers_from_many_threads_lose_nothing(db: Database) -> None:
    """Each reads and then writes: a deferred transaction would have been refused or have lost counts."""

    def take(_: int) -> str:
        return db.write(lambda tx: take_number(tx, 2026))

    db.write(lambda tx: take_number(tx, 2026))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(80)))
    assert sorted(taken) == [f"TCC26-{number:04}" for number in range(2, 82)]


def test_reading_goes_on_while_somebody_writes(db: Database) -> None:
    """A slow transaction does not make the public pages wait."""
    begun, may_end = threading.Event(), threading.Event()

    def slow(tx: Connection) -> None:
        insert_subscriber(tx, choices(), now=THURSDAY_10H)
        begun.set()
        may_end.wait(10)

    writing = threading.Thread(target=db.write, args=(slow,))
    writing.start()
    begun.wait(10)
    assert count(db) == 0
    may_end.set()
    writing.join()
    assert count(db) == 1


def test_opening_connects_to_nothing(tmp_path: object) -> None:
    """Decision 8: the service starts without its database."""
    for url in (f"sqlite:///{tmp_path}/nothing/outage.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"):
        database = open_database(url)
        assert database.url.render_as_string(hide_password=False) == url
        database.close()


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/outage.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"]
)
def test_a_database_that_cannot_be_reached_is_told_as_such(url: str) -> None:
    """Decision 8: reading, writing and asking for the turn to send all say "unavailable"."""
    database = open_database(url)
    with pytest.raises(DatabaseError) as reading, database.read() as tx:
        tx.execute(text("SELECT 1"))
    with pytest.raises(DatabaseError) as writing:
        database.write(lambda tx: tx.execute(text("SELECT 1")))
    assert {failure_of(reading.value), failure_of(writing.value)} == {Failure.UNAVAILABLE}
    database.close()


def test_foreign_keys_hold(db: Database) -> None:
    """SQLite checks them only when asked to."""
    orphan = text(
        "INSERT INTO note (outage_id, at, actor, text) VALUES (77, '2026-11-26 10:00', 'desk', 'text')"
    )
    with pytest.raises(DatabaseError):
        db.write(lambda tx: tx.execute(orphan))


def test_ids_are_never_given_twice(db: Database) -> None:
    """A mailing's upper id tells who was there: whoever comes later must be above it (P2)."""
    last = subscribers(db, 3)[-1]
    db.write(lambda tx: tx.execute(text("DELETE FROM subscriber")))
    assert a_subscriber(db) == last + 1


CHANGE = text("UPDATE subscriber SET language = :language WHERE id > :first")


def test_one_statement_is_a_transaction_of_its_own(db: Database) -> None:
    """And tells how many rows it changed; what it changed is there for others when the future ends (P17)."""
    subscribers(db, 3)
    values = {"language": "fr", "first": 1}
    assert [db.submit_update(CHANGE, values).result(10) for _ in range(2)] == [2, 2]
    with db.read() as tx:
        assert sorted(tx.execute(select(subscriber.c.language)).scalars()) == ["en", "fr", "fr"]


def test_a_statement_that_is_refused_leaves_the_next_one_unharmed(db: Database) -> None:
    subscribers(db, 2)
    with pytest.raises(Exception, match=r"(?i)unique|constraint"):
        db.submit_update(text("UPDATE subscriber SET address_key = :key"), {"key": "same"}).result(10)
    assert db.submit_update(CHANGE, {"language": "fr", "first": 0}).result(10) == 2
    assert db.write(lambda tx: insert_subscriber(tx, choices("next@example.org"), now=THURSDAY_10H))


def test_works_that_are_given_away_end_as_if_they_had_been_waited_for(db: Database) -> None:
    """Whatever was given is done before the database is closed."""
    futures = [
        db.submit(lambda tx, n=n: insert_subscriber(tx, choices(f"n{n}@example.org"), now=THURSDAY_10H))
        for n in range(5)
    ]
    assert len({future.result(10) for future in futures}) == 5
    assert count(db) == 5


def test_whoever_writes_after_the_end_finds_no_database(db: Database) -> None:
    """P22: a request that outlives the process's stop is refused like any other, and is no fault of ours."""
    db.close()
    with pytest.raises(DatabaseError) as of_a_work:
        db.submit(lambda tx: tx.execute(HOW_MANY))
    with pytest.raises(DatabaseError) as of_a_statement:
        db.submit_update(text("DELETE FROM subscriber"), {})
    for caught in (of_a_work, of_a_statement):
        assert failure_of(caught.value) is Failure.UNAVAILABLE
