"""Fixtures for every test: migrated databases of both kinds, and a bare environment."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest

from outage_service.storage.migrate import upgrade
from tests.support import postgres
from tests.support.logging import log_plainly

log_plainly()

# What is checked before a commit must not hang on chance: the same examples every time. `make chaos` looks
# for new ones; one that fails becomes a test of its own.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("search", derandomize=False, print_blob=True)
hypothesis.settings.load_profile("same")

_MOSTLY_WAITING = {"deploy", "e2e", "worker"}
"""Folders whose tests wait for a browser, a relay or another process more than they calculate."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts those that wait first: one worker waits then while the others calculate, and none is left with
    them at the end."""
    items.sort(key=lambda item: _MOSTLY_WAITING.isdisjoint(item.nodeid.split("/")))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer has set for their own service must not steer a test."""
    for name in os.environ:
        if name.startswith("OUTAGE_") and name != postgres.SERVER_VARIABLE:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[postgres.PostgresDatabases]:
    """A PostgreSQL server for this test process."""
    with postgres.databases() as databases:
        yield databases


@pytest.fixture(scope="session")
def postgres_template(postgres_databases: postgres.PostgresDatabases) -> Iterator[str]:
    """The name of a migrated database to clone; nobody may stay connected to it."""
    name = postgres_databases.create()
    upgrade(postgres_databases.url(name))
    yield name
    postgres_databases.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:  # all of it into the one file that is copied
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated SQLite database of this test's own."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'outage.db')}"


@pytest.fixture
def postgresql_url(postgres_databases: postgres.PostgresDatabases, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = postgres_databases.create(template=postgres_template)
    yield postgres_databases.url(name)
    postgres_databases.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own: the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
