"""What reports, metrics and `doctor` ask of the database, and what its errors mean."""

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.storage import DatabaseError
from outage_service.storage.database import Database, open_database
from outage_service.storage.delivery_reports import FailedDelivery, failed_deliveries, figures
from outage_service.storage.diagnosis import database_facts
from outage_service.storage.failures import Failure, failure_of, is_lock_timeout
from outage_service.storage.outages import find_outage
from outage_service.storage.subscribers import delete_subscriber
from outage_service.storage.workers import living_workers
from tests.builders import THURSDAY_10H
from tests.storage.rows import a_mailing, a_worker, claims, end, subscribers

ENDS = (DeliveryState.FAILED, DeliveryState.EXPIRED)


def failed(db: Database, bulletin_id: int, *, after_id: int = 0, limit: int = 9) -> list[FailedDelivery]:
    with db.read() as tx:
        return failed_deliveries(tx, bulletin_id, states=ENDS, after_id=after_id, limit=limit)


def test_whom_a_bulletin_did_not_reach_is_told_in_pages(db: Database) -> None:
    """By recipient; the address is gone where the subscriber was erased."""
    people = subscribers(db, 4)
    _, bulletin_id, _ = a_mailing(db)
    one, two, three, four = claims(db)
    end(db, [one, three], DeliveryState.FAILED)
    end(db, [four], DeliveryState.EXPIRED)
    end(db, [two])
    db.write(lambda tx: delete_subscriber(tx, people[2]))
    found = failed(db, bulletin_id)
    assert [(row.recipient_id, row.state, row.address) for row in found] == [
        (people[0], DeliveryState.FAILED, "person0@example.org"),
        (people[2], DeliveryState.FAILED, None),
        (people[3], DeliveryState.EXPIRED, "person3@example.org"),
    ]
    assert failed(db, bulletin_id, after_id=people[0], limit=1) == found[1:2]
    assert failed(db, bulletin_id + 1) == []


def test_the_figures_are_counted_from_the_rows(db: Database) -> None:
    """P13, P22: bulletins by kind, recent deliveries by state, living workers, the oldest due time."""
    subscribers(db, 3)
    a_mailing(db)
    a_worker(db)
    end(db, claims(db, limit=2))
    with db.read() as tx:
        found = figures(tx, since=THURSDAY_10H)
        later = figures(tx, since=THURSDAY_10H + timedelta(seconds=1))
        outage = find_outage(tx, 1)
        assert living_workers(tx) == 1
    assert outage is not None
    assert found.bulletins == {BulletinKind.INITIAL: 1}
    assert found.deliveries == {DeliveryState.ACCEPTED: 2}
    assert (found.oldest_due_at, found.workers) == (outage.next_due_at, 1)
    assert later.deliveries == {}


def test_the_database_tells_what_it_is(db: Database) -> None:
    """The tests' own PostgreSQL does not sync, and says so."""
    facts = db.write(database_facts)
    is_sqlite = db.url.get_backend_name() == "sqlite"
    assert facts.product == ("SQLite" if is_sqlite else "PostgreSQL")
    assert facts.version[0].isdigit()
    assert facts.now.tzinfo is not None
    assert facts.syncs_commits is is_sqlite


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OperationalError("x", None, sqlite3.OperationalError("unable to open")), Failure.UNAVAILABLE),
        (PoolTimeout(), Failure.UNAVAILABLE),
        (sqlite3.OperationalError("disk I/O error"), Failure.UNAVAILABLE),
        (IntegrityError("x", None, sqlite3.IntegrityError("NOT NULL")), Failure.FAULT),
        (ProgrammingError("x", None, sqlite3.ProgrammingError("wrong")), Failure.FAULT),
    ],
    ids=["cannot open", "no connection free", "driver's own", "a rule of ours", "a statement of ours"],
)
def test_an_error_is_told_as_what_a_caller_can_do_about_it(error: Exception, failure: Failure) -> None:
    """By its kind and code, never by its text."""
    assert failure_of(error) is failure
    assert not is_lock_timeout(error)


def test_a_database_that_is_not_migrated_is_told_as_unavailable(database_url: str) -> None:
    """Decision 8: the caller is told to try again, not that we are broken."""
    db = open_database(database_url)
    with pytest.raises(DatabaseError) as caught, db.read() as tx:
        tx.exec_driver_sql("SELECT * FROM nowhere")
    assert failure_of(caught.value) is Failure.UNAVAILABLE
    db.close()


def test_a_busy_file_is_told_as_busy(sqlite_url: str) -> None:
    """Somebody has it open with another program."""
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError) as caught:
        other.execute("BEGIN IMMEDIATE")
    assert is_lock_timeout(caught.value)
    holder.close()
    other.close()
