"""An older copy of the database is noticed, and what waits in it is held (P34)."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from outage_service.clock import VirtualClock
from outage_service.services import alerts, pulse, subscriptions
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.links import Holder, Purpose, token
from outage_service.services.outages import Done
from outage_service.services.pulse import Pulse
from outage_service.storage import Connection, pauses
from outage_service.storage.database import sqlite_path
from outage_service.storage.migrate import upgrade
from outage_service.storage.pulse import PulseMark, count_held
from outage_service.storage.schema import audit, subscription_request
from outage_service.storage.subscribers import delete_request_of
from outage_service.storage.upkeep_schema import pulse as pulse_table
from tests.builders import THURSDAY_10H
from tests.engines import an_engine
from tests.services.acts import CERS_OUT, declare, mail, receivers, resolve, subscribe, tick
from tests.services.acts import update as give_news
from tests.storage.rows import choices
from tests.support.postgres import PostgresDatabases, PostgresServer, own_server

OPERATOR = "duty@example.org"
MINUTE = timedelta(minutes=1)


def start(engine: Engine) -> Pulse:
    """Begins as a process does."""
    found = Pulse(engine)
    found.beat()
    return found


def held(engine: Engine) -> int:
    with engine.db.read() as tx:
        return count_held(tx)


def reasons(engine: Engine) -> list[str]:
    with engine.db.read() as tx:
        wanted = select(audit.c.detail).where(audit.c.action == "mail_held").order_by(audit.c.id)
        return [detail["reason"] for detail in tx.execute(wanted).scalars()]


@pytest.fixture
def copied(engine: Engine, clock: VirtualClock, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A copy, put in the place of a database whose mail has gone out since."""
    subscribe(engine)
    start(engine)
    clock.advance(MINUTE / 4)
    declare(engine)
    made = request.getfixturevalue(f"copy_of_{engine.db.url.get_backend_name()}")
    yield made
    made.db.close()


@pytest.fixture
def copy_of_sqlite(engine: Engine, clock: VirtualClock, tmp_path: Path) -> Engine:
    """The file as it was, under the name that it had."""
    path = sqlite_path(engine.db.url)
    assert path is not None
    engine.db.close()
    shutil.copy(path, tmp_path / "backup.db")
    after = an_engine(f"sqlite:///{path}", clock)
    start(after)
    assert receivers(after) == [1]
    after.db.close()
    shutil.copy(tmp_path / "backup.db", path)
    return an_engine(f"sqlite:///{path}", clock, operator_email=OPERATOR)


@pytest.fixture
def copy_of_postgresql(
    engine: Engine, clock: VirtualClock, postgres_databases: PostgresDatabases
) -> Iterator[Engine]:
    """The database loaded under another name."""
    name = str(engine.db.url.database)
    engine.db.close()
    copy = postgres_databases.create(template=name)
    yield an_engine(postgres_databases.url(copy), clock, operator_email=OPERATOR)
    postgres_databases.drop(copy)


def test_what_waits_in_a_copy_is_not_sent_by_itself(copied: Engine) -> None:
    """P34: only the alert goes out, and what it says is over once the mail was released."""
    start(copied)
    assert held(copied) == 1
    alerts.watch(copied)
    ((recipient, letter),) = mail(copied)
    assert recipient == 0
    assert f"To: {OPERATOR}" in letter
    assert "outage-service release" in letter
    assert reasons(copied) in (["behind_its_mark"], ["another_place"])


def test_it_is_sent_at_an_operator_s_word(copied: Engine) -> None:
    """P34, P7: nothing is lost."""
    start(copied)
    assert copied.act(lambda tx: pulse.release(copied, tx)) == 1
    assert receivers(copied) == [1]
    assert held(copied) == 0


def test_what_is_issued_from_then_on_goes_out_and_takes_the_place_of_what_is_held(copied: Engine) -> None:
    """P3, P12, P34: the clock's catch-up, with the latest text."""
    start(copied)
    assert tick(copied, THURSDAY_10H + timedelta(hours=5)) == 1
    assert receivers(copied) == [1]
    assert held(copied) == 0


def test_a_copy_is_noticed_once(copied: Engine) -> None:
    """The next process that starts on it takes it for what it has become."""
    start(copied)
    copied.act(lambda tx: pulse.release(copied, tx))
    start(copied)
    assert (held(copied), len(reasons(copied))) == (0, 1)


@pytest.mark.parametrize("silence", [MINUTE, timedelta(days=3)], ids=["a_minute", "three_days"])
def test_a_restart_on_the_same_database_holds_nothing(
    engine: Engine, clock: VirtualClock, silence: timedelta
) -> None:
    """P6, P7: however long nobody ran, what waits goes out."""
    subscribe(engine)
    start(engine)
    declare(engine)
    clock.advance(silence)
    start(engine)
    assert held(engine) == 0
    assert receivers(engine) == [1]


def put_on_another_timeline(tx: Connection) -> None:
    tx.execute(update(pulse_table).values(place=pulse_table.c.place + "1"))


@pytest.fixture
def engine_on_postgresql(postgresql_url: str, clock: VirtualClock) -> Iterator[Engine]:
    found = an_engine(postgresql_url, clock)
    yield found
    found.db.close()


def test_mail_is_held_after_a_recovery_and_not_after_a_failover(
    engine_on_postgresql: Engine, clock: VirtualClock
) -> None:
    """P34: both begin a new timeline, but nobody is down for an hour to fail over. What is newer goes out."""
    engine = engine_on_postgresql
    subscribe(engine)
    start(engine)
    done = declare(engine)
    engine.db.write(put_on_another_timeline)
    clock.advance(timedelta(minutes=10))
    start(engine)
    assert held(engine) == 0
    engine.db.write(put_on_another_timeline)
    clock.advance(timedelta(hours=3))
    declared_since = declare_other(engine)
    start(engine)
    assert reasons(engine) == ["recovered"]
    assert held(engine) == 1
    assert receivers(engine) == [1]
    resolve(engine, done)
    resolve(engine, declared_since)
    assert receivers(engine) == [1, 1]


def declare_other(engine: Engine) -> Done:
    return declare(engine, CERS_OUT)


def write_as_the_release_before(tx: Connection) -> None:
    """The place without its table."""
    without = func.regexp_replace(pulse_table.c.place, r"/\d+\.", "/")
    tx.execute(update(pulse_table).values(place=without))


def declare_by_the_release_before(engine: Engine) -> None:
    subscribe(engine)
    start(engine)
    declare(engine)
    engine.db.write(write_as_the_release_before)


def written_place(engine: Engine) -> str:
    with engine.db.read() as tx:
        return str(tx.execute(select(pulse_table.c.place)).scalar_one())


@pytest.mark.parametrize("silence", [MINUTE, timedelta(days=3)], ids=["a_minute", "three_days"])
def test_an_upgrade_holds_nothing(
    engine_on_postgresql: Engine, clock: VirtualClock, silence: timedelta
) -> None:
    """P7, P34: a release that did not know of the table has beaten last, however long ago."""
    engine = engine_on_postgresql
    declare_by_the_release_before(engine)
    before = written_place(engine)
    clock.advance(silence)
    start(engine)
    assert (held(engine), receivers(engine)) == (0, [1])
    # The release before compares what stands before the last slash: it can be gone back to.
    after = written_place(engine)
    assert (after != before, after.rpartition("/")[0]) == (True, before.rpartition("/")[0])


def test_a_recovery_is_noticed_by_the_first_process_after_an_upgrade(
    engine_on_postgresql: Engine, clock: VirtualClock
) -> None:
    """P34: the timeline is compared whichever release has written it."""
    engine = engine_on_postgresql
    declare_by_the_release_before(engine)
    engine.db.write(put_on_another_timeline)
    clock.advance(timedelta(hours=3))
    start(engine)
    assert reasons(engine) == ["recovered"]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server whose own programs are at hand."""
    with own_server() as running:
        yield running


def replace_each_table(server: PostgresServer, name: str, dump: Path) -> None:
    server.run("pg_restore", "--clean", "--if-exists", f"--dbname={name}", str(dump))


def begin_with_an_empty_schema(server: PostgresServer, name: str, dump: Path) -> None:
    server.run("psql", f"--dbname={name}", "--command=DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    server.run("pg_restore", f"--dbname={name}", str(dump))


@pytest.mark.parametrize("load", [replace_each_table, begin_with_an_empty_schema])
def test_a_dump_that_is_loaded_back_into_its_own_database_is_noticed(
    server: PostgresServer,
    clock: VirtualClock,
    tmp_path: Path,
    load: Callable[[PostgresServer, str, Path], None],
) -> None:
    """P34: the usual restore. The server, the database's number and the timeline stay what they were."""
    name = server.databases.create()
    url, dump = server.databases.url(name), tmp_path / "outage.dump"
    upgrade(url)
    before = an_engine(url, clock)
    subscribe(before)
    start(before)
    declare(before)
    server.run("pg_dump", "--format=custom", f"--file={dump}", name)
    assert receivers(before) == [1]
    before.db.close()
    load(server, name, dump)
    after = an_engine(url, clock)
    start(after)
    assert (reasons(after), held(after), receivers(after)) == (["loaded_in_place"], 1, [])
    after.db.close()


def test_a_clock_that_jumps_under_a_running_process_holds_nothing(
    engine: Engine, clock: VirtualClock
) -> None:
    """P5."""
    running = start(engine)
    declare(engine)
    for jump in (timedelta(days=9), -timedelta(days=18)):
        clock.advance(jump)
        running.beat()
    assert held(engine) == 0


def test_a_database_that_goes_back_under_a_running_process_is_noticed(engine: Engine) -> None:
    """P34: loaded in place, in a moment."""
    subscribe(engine)
    running = start(engine)
    declare(engine)
    for _ in range(3):
        running.beat()
    engine.db.write(lambda tx: tx.execute(update(pulse_table).values(beats=2)))
    running.beat()
    assert reasons(engine) == ["went_back"]
    assert held(engine) == 1
    assert receivers(engine) == []


def test_letters_that_wait_are_held_too(copied: Engine) -> None:
    """A confirmation that was asked for since is sent."""
    start(copied)
    copied.act(lambda tx: subscriptions.request(copied, tx, choices("bob@example.org")))
    assert receivers(copied) == [0]


def lost_link(engine: Engine, purpose: Purpose) -> str:
    """Returns a link to the first who came after the backup, which knows one subscriber and no request."""
    holder = Holder(1, 0) if purpose is Purpose.CONFIRM else Holder(2, 1)
    return token(engine.secret_key, purpose, holder)


def come_as(engine: Engine, address: str) -> None:
    """Asks and confirms."""
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(address)))
    with engine.db.read() as tx:
        pending = tx.execute(select(subscription_request.c.id)).scalar_one()
    link = token(engine.secret_key, Purpose.CONFIRM, Holder(pending, 0))
    engine.act(lambda tx: subscriptions.confirm(engine, tx, link))


def leads_nowhere(engine: Engine, purpose: Purpose) -> bool:
    link = lost_link(engine, purpose)
    with engine.db.read() as tx, suppress(NotFound):
        if purpose is Purpose.CONFIRM:
            subscriptions.find_request(engine, tx, link)
        else:
            subscriptions.find_by_link(engine, tx, purpose, link)
        return False
    return True


@pytest.mark.parametrize("is_noticed", [True, False], ids=["noticed", "held_by_hand"])
def test_the_links_of_whoever_came_after_the_backup_are_nobody_elses(
    copied: Engine, *, is_noticed: bool
) -> None:
    """P34: they would show or end a stranger's subscription, or confirm one that nobody confirmed."""
    if is_noticed:
        start(copied)
    else:
        copied.act(lambda tx: pulse.hold(copied, tx))
    copied.act(lambda tx: subscriptions.request(copied, tx, choices("bob@example.org")))
    assert leads_nowhere(copied, Purpose.CONFIRM)
    copied.act(lambda tx: delete_request_of(tx, "bob@example.org"))
    come_as(copied, "carol@example.org")
    assert leads_nowhere(copied, Purpose.MANAGE)
    assert leads_nowhere(copied, Purpose.UNSUBSCRIBE)
    declare(copied, CERS_OUT)
    assert [one == 1 for one in receivers(copied) if one] == [True, False]


def test_an_operator_can_hold_everything_beforehand(engine: Engine) -> None:
    """P34: where nothing tells a copy from the database."""
    subscribe(engine)
    done = declare(engine)
    assert engine.act(lambda tx: pulse.hold(engine, tx)) == 1
    assert receivers(engine) == []
    assert engine.act(lambda tx: pulse.hold(engine, tx)) == 0
    give_news(engine, done)
    assert receivers(engine) == [1]
    assert engine.act(lambda tx: pulse.release(engine, tx)) == 1
    assert receivers(engine) == []


def test_what_a_relay_had_paused_is_held_too_and_is_not_to_be_resumed(engine: Engine) -> None:
    """P34: it would be yesterday's news."""
    subscribe(engine)
    declare(engine)
    engine.db.write(lambda tx: pauses.pause_mailing(tx, 1, detail="550 no"))
    assert engine.act(lambda tx: pulse.hold(engine, tx)) == 1
    assert held(engine) == 1
    assert engine.db.write(lambda tx: pauses.resume_bulletin(tx, 1)) is False


def test_beats_are_half_a_minute_apart(engine: Engine) -> None:
    running = start(engine)
    running.beat_if_due()
    with engine.db.read() as tx:
        assert tx.execute(select(pulse_table.c.beats)).scalar_one() == 1


def test_a_mark_that_cannot_be_read_or_written_stops_nobody(tmp_path: Path) -> None:
    mark = PulseMark(tmp_path / "no folder" / "mark")
    mark.write(3)
    assert mark.read() is None
    (tmp_path / "mark").write_text("half a")
    assert PulseMark(tmp_path / "mark").read() is None


def test_a_mark_that_cannot_be_written_leaves_no_drafts_behind(tmp_path: Path) -> None:
    """A full disk would get another one with each beat."""
    (tmp_path / "mark").mkdir()
    PulseMark(tmp_path / "mark").write(3)
    assert [one.name for one in tmp_path.iterdir()] == ["mark"]
