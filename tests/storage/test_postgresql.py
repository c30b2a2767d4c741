"""What only PostgreSQL needs: bounded waits, UTC, connections that come back."""

import threading
import time
from contextlib import closing

import pytest
from sqlalchemy import Connection, make_url, text

from outage_service.storage import DatabaseError
from outage_service.storage.database import Database, open_database
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.locks import take_turns
from outage_service.storage.migrate import is_current, upgrade
from outage_service.storage.now import database_now


def show(tx: Connection, name: str) -> object:
    return tx.execute(text(f"SHOW {name}")).scalar_one()


def test_every_connection_has_its_settings(postgres_db: Database) -> None:
    """A wait for a lock is bounded (P18: 409 after 5 s), and text never shows another zone than UTC."""
    assert postgres_db.write(lambda tx: show(tx, "lock_timeout")) == "5s"
    assert postgres_db.write(lambda tx: show(tx, "timezone")) == "UTC"
    assert postgres_db.write(lambda tx: show(tx, "transaction_isolation")) == "read committed"


def test_a_dead_network_is_noticed_within_seconds(postgres_db: Database) -> None:
    """The system's own keepalive would hold a thread for two hours."""
    with postgres_db.read() as tx:
        driver = tx.connection.driver_connection
        assert driver is not None
        told = driver.info.get_parameters()
    assert {name: told[name] for name in ("keepalives_idle", "keepalives_interval", "keepalives_count")} == {
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
    }
    assert told["tcp_user_timeout"] == "10000"


@pytest.mark.parametrize("name", ["idle", "interval", "count"])
def test_the_server_lets_go_of_a_host_that_the_network_has_lost(postgresql_url: str, name: str) -> None:
    """Else its connections are kept for two hours, and after a few such failures there are none left."""
    url = make_url(postgresql_url)
    expected = {"idle": "10", "interval": "5", "count": "3"}[name]
    with closing(open_database(url)) as db, db.read() as tx:
        over_tcp = url.host is not None and not url.host.startswith("/")
        assert show(tx, f"tcp_keepalives_{name}") == (expected if over_tcp else "0")


def test_what_the_url_says_is_heeded_by_who_migrates_and_by_who_serves(postgresql_url: str) -> None:
    """All of the service's tables in a schema of their own; what the service depends on stays."""
    asked = {"options": "-c search_path=elsewhere -c lock_timeout=1s", "connect_timeout": "3"}
    url = make_url(postgresql_url).update_query_dict(asked)
    db = open_database(url)
    db.write(lambda tx: tx.execute(text("CREATE SCHEMA elsewhere")))
    with db.read() as tx:
        assert not is_current(tx)
    upgrade(url)
    with db.read() as tx:
        assert is_current(tx)
        assert tx.execute(text("SELECT 'elsewhere.outage'::regclass = 'outage'::regclass")).scalar_one()
        assert show(tx, "lock_timeout") == "5s"
        driver = tx.connection.driver_connection
        assert driver is not None
        assert driver.info.get_parameters()["connect_timeout"] == "3"
    db.close()


def test_a_wait_for_a_lock_ends_and_is_told_as_busy(postgres_db: Database) -> None:
    """The caller may try again; with the real bound shortened for this test."""
    held, done = threading.Event(), threading.Event()

    def hold(tx: Connection) -> None:
        take_turns(tx, "something")
        held.set()
        done.wait(10)

    def wait_briefly(tx: Connection) -> None:
        tx.execute(text("SET LOCAL lock_timeout = '100ms'"))
        take_turns(tx, "something")

    holder = threading.Thread(target=postgres_db.write, args=(hold,))
    holder.start()
    held.wait(10)
    with pytest.raises(DatabaseError) as caught:
        postgres_db.write(wait_briefly)
    done.set()
    holder.join()
    assert failure_of(caught.value) is Failure.BUSY


def test_turns_are_taken_by_name(postgres_db: Database) -> None:
    """Another name waits for nobody; the same one until the transaction ends."""
    order: list[str] = []
    held, done = threading.Event(), threading.Event()

    def hold(tx: Connection) -> None:
        take_turns(tx, "one")
        held.set()
        done.wait(10)
        order.append("first of one")

    def follow(tx: Connection, name: str) -> None:
        take_turns(tx, name)
        order.append(f"second of {name}")

    holder = threading.Thread(target=postgres_db.write, args=(hold,))
    holder.start()
    held.wait(10)
    follower = threading.Thread(target=postgres_db.write, args=(lambda tx: follow(tx, "one"),))
    follower.start()
    postgres_db.write(lambda tx: follow(tx, "two"))
    time.sleep(0.1)
    done.set()
    holder.join()
    follower.join()
    assert order == ["second of two", "first of one", "second of one"]


def test_a_connection_that_the_server_dropped_is_replaced(postgres_db: Database) -> None:
    """A restart of the server costs no request that comes after it."""
    pid = postgres_db.write(lambda tx: tx.execute(text("SELECT pg_backend_pid()")).scalar_one())
    other = open_database(postgres_db.url)
    drop = text("SELECT pg_terminate_backend(:pid)")
    assert other.write(lambda tx: tx.execute(drop, {"pid": pid}).scalar_one())
    other.close()
    assert postgres_db.write(lambda tx: tx.execute(text("SELECT 1")).scalar_one()) == 1


def test_everybody_may_send(postgres_db: Database) -> None:
    """Claims are rows there, not a lock on the whole."""
    assert postgres_db.take_sending_turn()


def test_the_databases_clock_goes_on_within_a_transaction(postgres_db: Database) -> None:
    """A heartbeat at the end of a long transaction must not tell of its beginning."""

    def twice(tx: Connection) -> bool:
        first = database_now(tx)
        time.sleep(0.01)
        return first < database_now(tx)

    assert postgres_db.write(twice)
