"""The PostgreSQL that tests stand on is a real one, and each test's own."""

from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.support.postgres import PostgresDatabases, PostgresServer, PostgresUnavailableError, own_server


def plain(url: str) -> str:
    """Returns the URL as the driver itself wants it."""
    return url.replace("+psycopg", "")


def setting(databases: PostgresDatabases, name: str) -> str:
    with psycopg.connect(plain(databases.url("postgres"))) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row
    return str(row[0])


@pytest.mark.parametrize("after", ["one test", "another"])
def test_every_test_gets_a_migrated_database_of_its_own(database_url: str, after: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        tables = set(inspect(connection).get_table_names())
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    engine.dispose()
    assert "alembic_version" in tables, after
    assert "left_behind" not in tables, after


def test_a_copy_shares_nothing_with_its_template(postgres_databases: PostgresDatabases) -> None:
    template = postgres_databases.create()
    copy = postgres_databases.create(template=template)
    with psycopg.connect(plain(postgres_databases.url(copy))) as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")
    with psycopg.connect(plain(postgres_databases.url(template))) as connection:
        found = connection.execute("SELECT to_regclass('mine')").fetchone()
    postgres_databases.drop(copy)
    postgres_databases.drop(template)
    assert found == (None,)


def test_a_durable_server_syncs_and_survives_a_crash() -> None:
    with own_server(durable=True) as server:
        assert setting(server.databases, "fsync") == "on"
        name = server.databases.create()
        server.stop(immediate=True)
        server.start()
        assert setting(server.databases, "synchronous_commit") == "on"
        server.databases.drop(name)
        pid = server.pid
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("program", ["initdb", "postgres"])
def test_a_server_that_cannot_start_says_why(program: str) -> None:
    with TemporaryDirectory() as folder:
        server = PostgresServer(binaries_with_a_broken(program, Path(folder)), Path(folder))
        with pytest.raises(PostgresUnavailableError, match="no disk"):
            bring_up(server)


def bring_up(server: PostgresServer) -> None:
    server.create()
    server.start()


def binaries_with_a_broken(program: str, folder: Path) -> Path:
    """Returns a folder with programs of which `program` fails and the others do nothing."""
    for name in ("initdb", "postgres"):
        says = "echo no disk >&2; exit 1" if name == program else "exit 0"
        (folder / name).write_text(f"#!/bin/sh\n{says}\n")
        (folder / name).chmod(0o755)
    return folder
