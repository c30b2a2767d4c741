"""A database that answers whoever reads and takes no writes is noticed, and not for a moment's wait (P22)."""

from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from structlog.testing import capture_logs

from outage_service.services.engine import Engine
from outage_service.services.pulse import Pulse
from outage_service.services.write_health import REFUSED_AFTER_FAILURES, WriteHealth
from outage_service.storage import DatabaseError
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.migrate import upgrade
from outage_service.storage.upkeep_schema import pulse as pulse_table
from tests.engines import an_engine
from tests.services.acts import declare
from tests.support.postgres import own_server
from tests.support.read_only import read_only


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
        feeling.feel_if_due()  # only half a minute later again
    with engine.db.read() as tx:
        assert tx.execute(select(pulse_table.c.beats)).scalar_one() == 1


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
