"""A database that tells of the writes that fail is in all else the one that it watches."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from outage_service.storage.database import Database
from outage_service.storage.failures import DATABASE_ERRORS
from outage_service.storage.watched import WatchedDatabase

COUNT = text("SELECT beats FROM pulse")
RAISE = text("UPDATE pulse SET beats = beats + 1")
WRONG = text("UPDATE nowhere SET beats = 1")


def beats(tx: Connection) -> int:
    found: int = tx.execute(COUNT).scalar_one()
    return found


def test_what_succeeds_is_not_told(db: Database) -> None:
    told: list[Exception] = []
    watched = WatchedDatabase(db, told.append)
    watched.write(lambda tx: tx.execute(RAISE))
    assert watched.submit(beats).result() == 1
    assert watched.submit_update(RAISE, {}).result() == 1
    with watched.read() as tx:
        assert beats(tx) == 2
    assert watched.take_sending_turn()
    watched.end_waiting(within_seconds=0)
    assert (watched.url, told) == (db.url, [])


@pytest.mark.parametrize(
    "write",
    [
        lambda db: db.write(lambda tx: tx.execute(WRONG)),
        lambda db: db.submit(lambda tx: tx.execute(WRONG)).result(),
        lambda db: db.submit_update(WRONG, {}).result(),
    ],
    ids=["write", "submit", "submit_update"],
)
def test_what_fails_is_told_and_raised(db: Database, write: Callable[[Database], object]) -> None:
    told: list[Exception] = []
    watched = WatchedDatabase(db, told.append)
    with pytest.raises(DATABASE_ERRORS) as caught:
        write(watched)
    watched.close()
    assert told == [caught.value]


def test_what_the_work_itself_refuses_is_not_the_database_s(db: Database) -> None:
    told: list[Exception] = []
    watched = WatchedDatabase(db, told.append)
    for write in (watched.write, lambda work: watched.submit(work).result()):
        with pytest.raises(LookupError):
            write(lambda _: {}["nothing"])
    assert told == []
