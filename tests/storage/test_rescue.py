"""Claims of workers that are gone: freed however old, and never those of the living (P6, P9)."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.database import Database
from outage_service.storage.deliveries import free_claims, free_claims_of
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, worker
from outage_service.storage.workers import DEAD_AFTER, FORGOTTEN_AFTER, beat, dead_before, sign_off
from tests.storage.rows import a_mailing, a_worker, claims, end, states, subscribers


def silent_for(db: Database, worker_id: str, time: timedelta) -> None:
    """Makes it look as if a worker had been silent for so long."""

    def move(tx: Connection) -> None:
        seen = database_now(tx) - time
        tx.execute(update(worker).where(worker.c.id == worker_id).values(seen_at=seen))

    db.write(move)


def rescue(db: Database) -> int:
    return db.write(lambda tx: free_claims(tx, of_dead_before=dead_before(tx)))


@pytest.fixture
def claimed(db: Database) -> int:
    """Three deliveries in the hands of worker "one"; returns the mailing's id."""
    a_worker(db, "one")
    subscribers(db, 3)
    _, _, mailing_id = a_mailing(db)
    claims(db, "one")
    return mailing_id


@pytest.mark.usefixtures("claimed")
def test_a_living_workers_claims_are_its_own(db: Database) -> None:
    """A slow SMTP conversation is no death (decision 4)."""
    silent_for(db, "one", DEAD_AFTER - timedelta(seconds=10))
    assert rescue(db) == 0
    assert states(db) == {"claimed": 3}


@pytest.mark.usefixtures("claimed")
@pytest.mark.parametrize(
    "silence",
    [DEAD_AFTER + timedelta(seconds=10), timedelta(days=90), timedelta(days=4000)],
    ids=["a minute", "90 days", "11 years"],
)
def test_a_dead_workers_claims_are_freed_however_old(db: Database, silence: timedelta) -> None:
    """P6: recovery has no lower time bound."""
    silent_for(db, "one", silence)
    db.write(
        lambda tx: tx.execute(update(delivery).values(changed_at=database_now(tx) - silence, worker_id="one"))
    )
    assert rescue(db) == 3
    again = claims(db, "two")
    assert [claim.attempt for claim in again] == [2, 2, 2]
    assert end(db, again, worker_id="two") == 3


@pytest.mark.usefixtures("claimed")
def test_claims_of_a_worker_nobody_knows_are_freed(db: Database) -> None:
    """It was forgotten, or its row was lost in a restore."""
    db.write(lambda tx: sign_off(tx, "one"))
    assert rescue(db) == 3


@pytest.mark.usefixtures("claimed")
def test_everything_is_freed_where_nobody_else_can_be_sending(db: Database) -> None:
    """Decision 4, SQLite: whoever holds the turn to send frees at once what was claimed before."""
    assert db.write(lambda tx: free_claims(tx, of_dead_before=None)) == 3
    assert states(db) == {"queued": 3}


def test_only_claims_are_freed(db: Database, claimed: int) -> None:
    """What has ended has ended."""
    taken = claims(db, "one")
    assert taken == []
    db.write(lambda tx: free_claims(tx, of_dead_before=None))
    one, two, _ = claims(db, "one")
    end(db, [one])
    end(db, [two], DeliveryState.FAILED)
    assert db.write(lambda tx: free_claims(tx, of_dead_before=None)) == 1
    assert states(db, claimed) == {"accepted": 1, "failed": 1, "queued": 1}


def test_a_worker_that_stops_gives_back_what_it_holds(db: Database) -> None:
    """In order: others go on at once, with their own left alone."""
    a_worker(db, "one")
    a_worker(db, "two")
    subscribers(db, 4)
    a_mailing(db)
    claims(db, "one", limit=3)
    claims(db, "two", limit=3)
    assert db.write(lambda tx: free_claims_of(tx, "one")) == 3
    assert states(db) == {"queued": 3, "claimed": 1}


@pytest.mark.usefixtures("claimed")
def test_a_heartbeat_keeps_a_worker_alive(db: Database) -> None:
    """Recorded in database time."""
    silent_for(db, "one", timedelta(minutes=5))
    db.write(lambda tx: beat(tx, "one", host="here"))
    assert rescue(db) == 0


@pytest.mark.usefixtures("claimed")
def test_a_worker_that_was_forgotten_is_known_again_by_its_heartbeat(db: Database) -> None:
    """A long suspension: it goes on as a worker, with what others have left it."""
    db.write(lambda tx: sign_off(tx, "one"))
    db.write(lambda tx: beat(tx, "one", host="there"))
    with db.read() as tx:
        assert tuple(tx.execute(select(worker.c.id, worker.c.host)).one()) == ("one", "there")
    assert rescue(db) == 0


def test_workers_long_dead_are_forgotten_when_another_starts(db: Database) -> None:
    """The table does not grow with every restart."""
    a_worker(db, "old")
    a_worker(db, "recent")
    silent_for(db, "old", FORGOTTEN_AFTER + timedelta(minutes=1))
    silent_for(db, "recent", FORGOTTEN_AFTER - timedelta(minutes=1))
    a_worker(db, "new")
    with db.read() as tx:
        assert set(tx.execute(select(worker.c.id)).scalars()) == {"recent", "new"}
