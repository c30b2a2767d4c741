"""What only SQLite needs: synced commits, one writer at a time between threads and processes."""

import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from outage_service.storage import DatabaseError
from outage_service.storage.bulletin_numbers import take_number
from outage_service.storage.database import (
    Database,
    SqliteDatabase,
    open_database,
)
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.lock_file import LOOK_AT_LOCK_SECONDS, takes_at_once

FULL = 2
TAKE_50 = """
import sys
from outage_service.storage.database import open_database
from outage_service.storage.bulletin_numbers import take_number
db = open_database(sys.argv[1])
print(*[db.write(lambda tx: take_number(tx, 2026)) for _ in range(50)])
db.close()
"""


@pytest.fixture
def sqlite_db(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite file, open."""
    database = open_database(sqlite_url)
    yield database
    database.close()


def pragma(tx: Connection, name: str) -> object:
    return tx.execute(text(f"PRAGMA {name}")).scalar_one()


def test_a_commit_is_synced_to_disk(sqlite_db: Database) -> None:
    """P17: in WAL mode NORMAL syncs no commit at all; a power cut would lose what was answered 201."""
    assert sqlite_db.write(lambda tx: pragma(tx, "journal_mode")) == "wal"
    assert sqlite_db.write(lambda tx: pragma(tx, "synchronous")) == FULL


def test_readers_are_query_only(sqlite_db: Database) -> None:
    """Two writing connections in one process could meet SQLite's WAL-reset fault."""
    with sqlite_db.read() as tx:
        assert pragma(tx, "query_only") == 1
    assert sqlite_db.write(lambda tx: pragma(tx, "query_only")) == 0


def test_writers_are_served_in_the_order_they_came(sqlite_db: Database) -> None:
    """Decision 2: left to its busy timeout, SQLite lets some wait for ever."""
    may_go, served = threading.Event(), list[int]()

    def blocking(_: Connection) -> None:
        may_go.wait(10)

    def serve(number: int) -> None:
        sqlite_db.write(lambda _: served.append(number))

    threads = [threading.Thread(target=sqlite_db.write, args=(blocking,))]
    threads += [threading.Thread(target=serve, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    may_go.set()
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_writers_of_two_processes_lose_nothing(sqlite_db: Database, sqlite_url: str) -> None:
    """A lock file stands between them; nobody is told that the database is locked."""
    sqlite_db.write(lambda tx: take_number(tx, 2026))
    command = [sys.executable, "-c", TAKE_50, sqlite_url]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    taken = [sqlite_db.write(lambda tx: take_number(tx, 2026)) for _ in range(50)]
    for process in others:
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        taken += printed.split()
    assert sorted(taken) == [f"TCC26-{number:04}" for number in range(2, 152)]


def test_another_process_waits_for_a_transaction_to_end(sqlite_db: Database, sqlite_url: str) -> None:
    """Longer than SQLite's own busy timeout would let it, if need be."""
    other = list[subprocess.Popen[str]]()

    def slow(_: Connection) -> bool:
        command = [sys.executable, "-c", TAKE_50, sqlite_url]
        other.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        time.sleep(2)
        return other[0].poll() is None

    assert sqlite_db.write(slow)
    printed, _ = other[0].communicate(timeout=60)
    assert len(printed.split()) == 50


def test_the_lock_between_processes_is_held_for_each_transaction(
    sqlite_db: Database, sqlite_url: str
) -> None:
    """Decision 2: SQLite's busy timeout alone serves nobody in order, and gives up."""
    path = Path(sqlite_url.removeprefix("sqlite:///") + ".lock")

    def is_free() -> bool:
        with path.open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    assert not sqlite_db.write(lambda _: is_free())
    assert is_free()


def test_one_process_sends_from_a_file(sqlite_url: str) -> None:
    """Decision 4: it holds the turn for life and may free what was claimed before it."""
    first, second = open_database(sqlite_url), open_database(sqlite_url)
    assert first.take_sending_turn()
    assert first.take_sending_turn()
    assert not second.take_sending_turn()
    first.close()
    assert second.take_sending_turn()
    second.close()


def test_a_file_that_is_opened_by_a_link_is_the_same_file(sqlite_url: str, tmp_path: Path) -> None:
    """P8: two processes that send from it would each free what the other has in hand."""
    (tmp_path / "current").mkdir()
    link = tmp_path / "current" / "linked.db"
    link.symlink_to(open_database(sqlite_url).url.database or "")
    first, second = open_database(sqlite_url), open_database(f"sqlite:///{link}")
    assert first.take_sending_turn()
    assert not second.take_sending_turn()
    first.close()
    assert second.take_sending_turn()
    second.close()


def test_the_turn_to_send_ends_with_its_process(sqlite_url: str) -> None:
    """A killed process frees it: the lock is the system's."""
    code = "import sys, time; from outage_service.storage.database import open_database as o"
    code += "; d = o(sys.argv[1]); print(d.take_sending_turn(), flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code, sqlite_url], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline().strip() == "True"
    database = open_database(sqlite_url)
    assert not database.take_sending_turn()
    other.kill()
    other.wait()
    assert database.take_sending_turn()
    other.stdout.close()
    database.close()


def test_a_folder_that_is_gone_is_a_database_that_is_gone(tmp_path: Path) -> None:
    """Not a fault of ours: the caller is told to try again."""
    database = open_database(f"sqlite:///{tmp_path / 'gone' / 'outage.db'}")
    with pytest.raises(DatabaseError) as caught:
        database.take_sending_turn()
    assert failure_of(caught.value) is Failure.UNAVAILABLE
    database.close()


def test_a_database_in_memory_serves_many_threads(sqlite_memory: Database) -> None:
    """One connection: readers and the writer take turns (drills)."""
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                sqlite_memory.write(lambda tx: take_number(tx, 2026))
                with sqlite_memory.read() as tx:
                    tx.execute(text("SELECT last FROM number_counter")).scalar_one()
        except BaseException as error:  # noqa: BLE001 — handed to the test
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sqlite_memory.write(lambda tx: take_number(tx, 2026)) == "TCC26-0081"


def test_whoever_has_memory_may_send_from_it(sqlite_memory: Database) -> None:
    """Nobody else can."""
    assert sqlite_memory.take_sending_turn()


def test_a_database_that_does_not_exist_is_told_apart_by_its_url(sqlite_url: str) -> None:
    """The demo and the drill choose the kind by the URL alone."""
    database = open_database(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    database.close()


def test_a_lock_file_that_was_replaced_is_noticed(sqlite_db: Database, sqlite_url: str) -> None:
    """Decision 2: it is kept open; whoever locks a file that others do not find keeps nobody out."""
    path = Path(sqlite_url.removeprefix("sqlite:///") + ".lock")
    sqlite_db.write(lambda _: None)
    path.unlink()
    time.sleep(LOOK_AT_LOCK_SECONDS)
    sqlite_db.write(lambda _: None)
    assert path.exists()


def test_a_process_that_is_to_end_does_not_wait_for_one_that_hangs(sqlite_url: str) -> None:
    """Those who write are told so, and all of them within the time they were given."""
    database = open_database(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///") + ".lock")
    with path.open("ab") as other, ThreadPoolExecutor(3) as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = [pool.submit(database.write, lambda tx: take_number(tx, 2026)) for _ in range(3)]
        with pytest.raises(TimeoutError):
            waiting[0].result(0.5)
        began = time.monotonic()
        database.end_waiting(within_seconds=0.5)
        for one in waiting:
            with pytest.raises(DatabaseError) as caught:
                one.result(10)
            assert failure_of(caught.value) is Failure.UNAVAILABLE
        database.close()
        assert time.monotonic() - began < 5


def test_a_turn_that_nobody_waits_for_any_more_is_passed_on(sqlite_url: str) -> None:
    """The lock is not left with a process that has given up."""
    database = open_database(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///") + ".lock")
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        database.end_waiting(within_seconds=0)
        with pytest.raises(DatabaseError):
            database.write(lambda tx: take_number(tx, 2026))
        fcntl.flock(other, fcntl.LOCK_UN)
        end = time.monotonic() + 10
        while not is_free(path):
            assert time.monotonic() < end
    assert database.write(lambda tx: take_number(tx, 2026)) == "TCC26-0001"
    database.close()


def is_free(path: Path) -> bool:
    with path.open("ab") as lock:
        return takes_at_once(lock)
