"""Which errors mean that nothing can be written, whoever tries (P22)."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from outage_service.storage import DatabaseError
from outage_service.storage.failures import Failure, failure_of, refuses_writes
from outage_service.storage.lock_file import open_lock


@pytest.mark.parametrize(
    ("limit", "statement"),
    [
        ("PRAGMA query_only = ON", "UPDATE public_state SET version = 9"),
        ("PRAGMA max_page_count = 1", "CREATE TABLE more AS SELECT 1"),
    ],
    ids=["read_only", "full"],
)
def test_sqlite_that_is_read_only_or_full_takes_no_writes(
    limit: str, statement: str, sqlite_url: str
) -> None:
    server = create_engine(sqlite_url)
    with server.connect() as tx:
        tx.exec_driver_sql(limit)
        with pytest.raises(DatabaseError) as caught:
            tx.exec_driver_sql(statement)
    server.dispose()
    assert refuses_writes(caught.value)
    assert failure_of(caught.value) is Failure.UNAVAILABLE


def test_postgresql_that_is_read_only_takes_no_writes(postgresql_url: str) -> None:
    """SQLSTATE 25006."""
    server = create_engine(postgresql_url, connect_args={"options": "-c default_transaction_read_only=on"})
    with server.connect() as tx, pytest.raises(DatabaseError) as caught:
        tx.exec_driver_sql("UPDATE public_state SET version = 9")
    server.dispose()
    assert refuses_writes(caught.value)
    assert failure_of(caught.value) is Failure.UNAVAILABLE


def test_a_mistake_of_ours_does_not_mean_that_nothing_can_be_written(sqlite_url: str) -> None:
    server = create_engine(sqlite_url)
    with server.connect() as tx, pytest.raises(DatabaseError) as caught:
        tx.exec_driver_sql("UPDATE nowhere SET version = 9")
    server.dispose()
    assert not refuses_writes(caught.value)


def test_a_lock_file_that_is_nowhere_is_a_database_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_lock(tmp_path / "no folder" / "outage.db.lock")
    assert not refuses_writes(caught.value)


def test_a_lock_file_that_may_not_be_written_is_a_database_that_takes_no_writes() -> None:
    """In a folder where nobody may make files, root included."""
    with pytest.raises(DatabaseError) as caught:
        open_lock(Path("/sys/outage.db.lock"))
    assert refuses_writes(caught.value)
