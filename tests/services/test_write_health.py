"""A database that answers whoever reads and takes no writes is noticed, and not for a moment's wait (P22)."""

import fcntl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from structlog.testing import capture_logs

from outage_service.services.engine import Engine
from outage_service.services.pulse import Pulse
from outage_service.services.write_health import REFUSED_AFTER_FAILURES, WriteHealth
from outage_service.storage import DatabaseError
from outage_service.storage.failures import DATABASE_ERRORS, Failure, failure_of
from outage_service.storage.migrate import upgrade
from outage_service.storage.pulse import write_as_it_is
from outage_service.storage.upkeep_schema import pulse as pulse_table
from tests.engines import an_engine
from tests.services.acts import declare
from tests.support.postgres import own_server
from tests.support.read_only import as_administrator, no_room, read_only
from tests.worker.harness import until


@pytest.fixture
def waited_in_vain(sqlite_url: str) -> DatabaseError:
    """What a write fails with while another one lasts."""
    server = create_engine(sqlite_url, connect_args={"timeout": 0.01})
    with server.connect() as holder, server.connect() as waiter:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError) as caught:
            waiter.exec_driver_sql("BEGIN IMMEDIATE")
    server.dispose()
    assert failure_of(caught.value) is Failure.BUSY
    return caught.value


@pytest.fixture
def no_room_left(sqlite_url: str) -> DatabaseError:
    """What a write fails with where the disk is full."""
    server = create_engine(sqlite_url)
    with server.connect() as tx:
        tx.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DatabaseError) as caught:
            tx.exec_driver_sql("CREATE TABLE more AS SELECT 1")
    server.dispose()
    return caught.value


def fail(health: WriteHealth, error: Exception) -> None:
    with suppress(type(error)), health.trying():
        raise error


def test_it_is_noticed_by_the_next_beat_and_over_with_the_first_that_is_taken(engine: Engine) -> None:
    """P22: told in the log as well, once each."""
    pulse = Pulse(engine)
    pulse.beat()
    assert not engine.write_health.is_refused
    with capture_logs() as log:
        with read_only(engine):
            for _ in range(2):
                with pytest.raises(DatabaseError):
                    pulse.beat()
                assert engine.write_health.is_refused
        pulse.beat()
    assert not engine.write_health.is_refused
    events = [entry["event"] for entry in log if entry["event"].startswith("database_")]
    assert events == ["database_not_writable", "database_writable_again"]


def test_a_standby_takes_no_writes_until_it_is_promoted() -> None:
    """P17, P22: as after a failover to a server that is not the first one yet; reading goes on."""
    with own_server() as server:
        url = server.databases.url(server.databases.create())
        upgrade(url)
        engine = an_engine(url)
        pulse = Pulse(engine)
        pulse.beat()
        with engine.db.read() as tx:
            folder = Path(tx.execute(text("SHOW data_directory")).scalar_one())
        server.stop()
        (folder / "standby.signal").touch()
        server.start()
        for _ in range(2):  # by a new connection, and by one that has served a reader
            with engine.db.read() as tx:
                assert tx.execute(text("SELECT pg_is_in_recovery()")).scalar_one()
            with pytest.raises(DatabaseError) as caught:
                pulse.beat()
            assert failure_of(caught.value) is Failure.UNAVAILABLE
            assert engine.write_health.is_refused
        with engine.db.read() as tx:
            assert tx.execute(text("SELECT pg_promote()")).scalar_one()
        pulse.beat()
        assert not engine.write_health.is_refused
        engine.db.close()


def test_a_write_that_fails_tells_at_once(engine: Engine) -> None:
    """P22: whoever writes, long before the next beat; and the beat does not wait for its time then."""
    watched = engine.watched()
    pulse = Pulse(watched)
    pulse.beat()
    writes: list[Callable[[], object]] = [
        lambda: declare(watched),
        lambda: watched.db.submit(write_as_it_is).result(),
        lambda: watched.db.submit_update(text("UPDATE pulse SET beats = beats"), {}).result(),
    ]
    for write in writes:
        with read_only(engine), pytest.raises(DATABASE_ERRORS):
            write()
        until(lambda: watched.write_health.is_refused)
        with suppress(DatabaseError):  # by a session of before
            pulse.beat_if_due()
        pulse.beat_if_due()
        assert not watched.write_health.is_refused
    assert declare(watched).outage.number == "TCC26-0001"


def test_a_mistake_of_ours_is_no_trouble_of_the_database(engine: Engine) -> None:
    watched = engine.watched()
    for write in (watched.db.write, lambda work: watched.db.submit(work).result()):
        with pytest.raises(DatabaseError):
            write(lambda tx: tx.execute(text("UPDATE nowhere SET beats = 1")))
        with pytest.raises(LookupError):
            write(lambda _: {}["nothing"])
    assert not watched.write_health.is_refused


def test_a_greater_write_that_finds_no_room_outweighs_a_small_one_for_a_while(
    no_room_left: DatabaseError,
) -> None:
    """A small one may go where there was no room for an act; not where there was none for itself, either."""
    health = WriteHealth()
    health.learn(no_room_left)
    with health.trying():
        pass
    assert health.is_refused
    fail(health, no_room_left)
    health.learn(no_room_left)
    with health.trying():
        pass
    assert not health.is_refused


def test_acts_are_refused_as_while_the_database_is_away(engine: Engine) -> None:
    """P17: whoever acts is told to try again, not that something is wrong with the program."""
    with read_only(engine):
        with pytest.raises(DatabaseError) as caught:
            declare(engine)
        assert failure_of(caught.value) is Failure.UNAVAILABLE
    assert declare(engine).outage.number == "TCC26-0001"


def test_a_process_without_a_sender_notices_and_beats_for_nobody(engine: Engine) -> None:
    """P34: what it would count could hide that the database is an older copy."""
    Pulse(engine).beat()
    with read_only(engine), pytest.raises(DatabaseError):
        Pulse(engine).feel_if_due()
    assert engine.write_health.is_refused
    feeling = Pulse(engine)
    feeling.feel_if_due()
    assert not engine.write_health.is_refused
    with read_only(engine):
        feeling.feel_if_due()  # only ten seconds later again
    with engine.db.read() as tx:
        assert tx.execute(select(pulse_table.c.beats)).scalar_one() == 1


def test_a_full_disk_is_noticed_by_a_process_without_a_sender(sqlite_url: str) -> None:
    """P22: so what it tries is a write."""
    engine = an_engine(sqlite_url)
    declare(engine)
    pulse, written_to = Pulse(engine), Path(f"{engine.db.url.database}-wal")
    before = written_to.stat().st_size
    while written_to.stat().st_size == before:  # what it has of old room is used up
        engine.db.write(write_as_it_is)
    with no_room(written_to):
        with pytest.raises(DatabaseError):
            pulse.feel_if_due()
        assert engine.write_health.is_refused
    pulse.feel_if_due()
    assert not engine.write_health.is_refused
    engine.db.close()


def test_whoever_only_feels_waits_for_another_process_but_a_moment(sqlite_url: str) -> None:
    """P16, P22: the pages are kept true meanwhile. One that hangs with the file in hand is noticed."""
    engine = an_engine(sqlite_url)
    pulse = Pulse(engine, feel_within_seconds=0.05)
    with Path(f"{engine.db.url.database}.lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for turn in range(1, REFUSED_AFTER_FAILURES + 1):
            with pytest.raises(TimeoutError):
                pulse.feel_if_due()
            assert engine.write_health.is_refused is (turn == REFUSED_AFTER_FAILURES)
    patient = Pulse(engine)
    patient.feel_if_due()
    assert not engine.write_health.is_refused
    pulse.feel_if_due()
    engine.db.close()


ON_DATABASE = 'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}'
ON_ROLE = 'ALTER ROLE CURRENT_USER IN DATABASE "{name}" SET default_transaction_read_only = {value}'


def set_default(engine: Engine, statement: str, value: str) -> None:
    as_administrator(engine, statement.format(name=engine.db.url.database, value=value))


@pytest.mark.parametrize("statement", [ON_DATABASE, ON_ROLE], ids=["database", "role"])
@pytest.mark.parametrize("is_sender", [True, False], ids=["beats", "feels"])
def test_an_administrator_who_lets_nobody_write_is_obeyed_at_once_until_it_is_lifted(
    postgresql_url: str, statement: str, *, is_sender: bool
) -> None:
    """P22: PostgreSQL itself would leave sessions that are open as they were, then and afterwards."""
    engine = an_engine(postgresql_url).watched()
    Pulse(engine).beat()
    with engine.db.read() as tx:  # a reader's connection says READ WRITE by itself from then on
        tx.execute(text("SELECT 1"))
    engine.db.submit_update(text("UPDATE pulse SET beats = beats"), {}).result()
    pulse = Pulse(engine)
    try_to_write = pulse.beat if is_sender else pulse.feel_if_due
    set_default(engine, statement, "on")
    with pytest.raises(DatabaseError):
        try_to_write()
    assert engine.write_health.is_refused
    for _ in range(3):
        with engine.db.read() as tx:
            assert tx.execute(text("SELECT 1")).scalar_one() == 1
        with pytest.raises(DatabaseError) as caught:
            declare(engine)
        assert failure_of(caught.value) is Failure.UNAVAILABLE
    set_default(engine, statement, "off")
    with suppress(DatabaseError):  # by a session of before
        try_to_write()
    try_to_write()
    assert not engine.write_health.is_refused
    assert declare(engine).outage.number == "TCC26-0001"
    engine.db.close()


def test_what_is_set_for_the_service_s_own_role_goes_before_what_is_set_for_all(postgresql_url: str) -> None:
    """As the server has it for new sessions."""
    engine = an_engine(postgresql_url).watched()
    set_default(engine, ON_DATABASE, "on")
    set_default(engine, ON_ROLE, "off")
    Pulse(engine).beat()
    assert not engine.write_health.is_refused
    engine.db.close()


def test_one_wait_in_vain_says_nothing_and_many_in_a_row_do(waited_in_vain: DatabaseError) -> None:
    """Nobody is to be woken because another one took long once."""
    health = WriteHealth()
    for _ in range(2):
        for _ in range(REFUSED_AFTER_FAILURES - 1):
            fail(health, waited_in_vain)
        assert not health.is_refused
        with health.trying():
            pass
    for _ in range(REFUSED_AFTER_FAILURES):
        fail(health, waited_in_vain)
    assert health.is_refused


def test_only_a_write_that_is_taken_ends_it(engine: Engine, waited_in_vain: DatabaseError) -> None:
    with read_only(engine), pytest.raises(DatabaseError):
        Pulse(engine).beat()
    fail(engine.write_health, waited_in_vain)
    fail(engine.write_health, LookupError())
    assert engine.write_health.is_refused


def test_an_error_that_is_not_the_database_s_says_nothing() -> None:
    health = WriteHealth()
    for _ in range(REFUSED_AFTER_FAILURES):
        fail(health, LookupError())
    assert not health.is_refused
