"""Migrating: both databases end with exactly the tables of `schema`, whoever migrates and how often."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from outage_service.storage import workers
from outage_service.storage.database import open_database, sqlite_path
from outage_service.storage.migrate import is_current, upgrade, upgrade_connection
from outage_service.storage.state import state_version
from outage_service.storage.tables import metadata
from tests.support.postgres import PostgresDatabases


@pytest.fixture
def empty_postgresql_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """An empty PostgreSQL database."""
    name = postgres_databases.create()
    yield postgres_databases.url(name)
    postgres_databases.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    url: str = request.getfixturevalue("empty_postgresql_url")
    return url


def test_the_migrations_lead_to_the_schema_the_code_knows(database_url: str) -> None:
    """What `alembic check` looks for: types and defaults too."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def condition(where: object) -> str:
    """Returns what an index is limited to; blank where it is not."""
    return "" if where is None else str(where)


def test_every_index_of_the_schema_is_there_with_its_condition(database_url: str) -> None:
    """`alembic check` does not compare conditions; on SQLite an index is used only for the same words."""
    engine = create_engine(database_url)
    where = f"{engine.dialect.name}_where"
    found = {
        index["name"]: condition(index.get("dialect_options", {}).get(where))
        for table in metadata.tables
        for index in inspect(engine).get_indexes(table)
    }
    engine.dispose()
    wanted = {
        str(index.name): condition(index.dialect_kwargs.get(where))
        for table in metadata.tables.values()
        for index in table.indexes
    }
    assert wanted.keys() <= found.keys()
    if engine.dialect.name == "postgresql":  # it keeps them in words of its own
        assert {name for name in wanted if found[name]} == {name for name in wanted if wanted[name]}
    else:
        assert wanted == {name: found[name] for name in wanted}


def test_a_new_database_is_not_current_until_it_is_migrated(empty_url: str) -> None:
    """Decision 8: unreachable is not un-migrated, and the two can be told apart."""
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert not is_current(connection)
    upgrade(empty_url)
    with engine.connect() as connection:
        assert is_current(connection)
    engine.dispose()


def test_a_later_release_s_schema_serves_this_release_too(empty_url: str) -> None:
    """P24: during a rolling upgrade the old code goes on beside the new schema."""
    upgrade(empty_url)
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert upgrade(empty_url)  # and whoever goes back to this release may ask for its schema
    with engine.connect() as connection:
        assert is_current(connection)
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_workers_of_the_release_before_live_on_and_say_nothing_of_their_clocks(empty_url: str) -> None:
    """P24: those that beat before the schema changes, and those that still do after."""
    beat = "INSERT INTO worker (id, host, seen_at) VALUES (:id, 'there', CURRENT_TIMESTAMP)"
    upgrade(empty_url, "0005")
    db = open_database(empty_url)
    db.write(lambda tx: tx.execute(text(beat), {"id": "before"}))
    upgrade(empty_url)
    db.write(lambda tx: tx.execute(text(beat), {"id": "after"}))
    with db.read() as tx:
        assert set(workers.heartbeats(tx)) == {"before", "after"}
        assert workers.clock_readings(tx) == []
    db.write(lambda tx: workers.beat(tx, "before", host="there"))
    with db.read() as tx:
        assert [one.host for one in workers.clock_readings(tx)] == ["there"]
    db.close()


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    """`serve` does so at every start on its own file."""
    upgrade(empty_url)
    db = open_database(empty_url)
    db.write(lambda tx: tx.execute(text("UPDATE public_state SET version = 7")))
    upgrade(empty_url)
    with db.read() as tx:
        assert state_version(tx) == 7
    db.close()


def test_several_who_migrate_at_once_take_turns(empty_url: str) -> None:
    """A rolling start runs `migrate` on every host: all of them end well."""
    code = f"from outage_service.storage.migrate import upgrade; upgrade({empty_url!r})"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert is_current(connection)
    engine.dispose()


def test_a_database_in_memory_is_migrated_over_its_one_connection() -> None:
    """Drills: a second connection would be another database."""
    db = open_database("sqlite://")
    db.write(upgrade_connection)
    with db.read() as tx:
        assert is_current(tx)
        assert state_version(tx) == 0
    db.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///outage.db", "outage.db"),
        ("sqlite:////var/lib/outage.db", "/var/lib/outage.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://host/name", None),
    ],
)
def test_only_an_sqlite_file_has_a_path(url: str, expected: str | None) -> None:
    """Locks stand beside the file; there is none beside memory or a server."""
    database = open_database(url)
    path = sqlite_path(database.url)
    database.close()
    assert (str(path) if path else None) == expected
