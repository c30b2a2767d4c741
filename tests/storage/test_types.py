"""Instants go in aware and come out in UTC, and sort by time on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import StatementError

from outage_service.storage.database import Database
from outage_service.storage.now import database_now
from outage_service.storage.schema import worker
from tests.builders import TORONTO

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def keep(tx: Connection, name: str, seen_at: datetime | None) -> None:
    tx.execute(insert(worker).values(id=name, host="here", seen_at=seen_at))


@pytest.mark.parametrize(
    "instant",
    [
        NOON,
        NOON.replace(microsecond=123_456),
        datetime(2026, 11, 1, 1, 30, tzinfo=TORONTO),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=TORONTO),
        datetime(2000, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=["UTC", "microseconds", "first 1:30", "second 1:30", "far east", "far ahead"],
)
def test_an_instant_comes_back_as_it_was_in_utc(db: Database, instant: datetime) -> None:
    """The night the clocks go back included."""
    db.write(lambda tx: keep(tx, "one", instant))
    with db.read() as tx:
        found = tx.execute(select(worker.c.seen_at)).scalar_one()
    assert found == instant.astimezone(UTC)
    assert found.tzinfo is UTC


def test_no_instant_comes_back_as_none(db: Database) -> None:
    """A column that may be empty."""
    with db.read() as tx:
        assert tx.execute(select(worker.c.seen_at)).scalar_one_or_none() is None


def test_a_naive_instant_is_refused(db: Database) -> None:
    """It could mean any hour."""
    with pytest.raises(StatementError, match="naive"):
        db.write(lambda tx: keep(tx, "one", datetime(2026, 11, 26, 12)))


def test_instants_sort_by_time_whatever_their_offset(db: Database) -> None:
    """SQLite keeps text: an offset in it would sort by the wall clock."""
    later_but_smaller = NOON.astimezone(timezone(timedelta(hours=-11)))
    earlier_but_larger = (NOON - timedelta(hours=1)).astimezone(timezone(timedelta(hours=11)))

    def keep_both(tx: Connection) -> None:
        keep(tx, "later", later_but_smaller)
        keep(tx, "earlier", earlier_but_larger)

    db.write(keep_both)
    with db.read() as tx:
        assert list(tx.execute(select(worker.c.id).order_by(worker.c.seen_at)).scalars()) == [
            "earlier",
            "later",
        ]
        after = select(worker.c.id).where(worker.c.seen_at > NOON - timedelta(minutes=1))
        assert list(tx.execute(after).scalars()) == ["later"]


def test_the_databases_clock_is_aware_and_close_to_ours(db: Database) -> None:
    """Decision 10: heartbeats and retries go by it, on one machine or on many."""
    with db.read() as tx:
        now = database_now(tx)
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)
