"""Fixtures for every test: migrated databases of both kinds, and a bare environment."""

import contextlib
import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import coverage
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

_MOSTLY_WAITING = {"chaos", "deploy", "e2e", "worker"}
"""Folders whose tests wait for a browser, a relay or another process more than they calculate."""

_OBJECTS_AT_A_TIME = 10_000
"""How many more there are before Python looks for waste among the youngest; 700 unless told otherwise."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts those that wait first: one worker waits then while the others calculate, and none is left with
    them at the end."""
    items.sort(key=lambda item: _MOSTLY_WAITING.isdisjoint(item.nodeid.split("/")))


def pytest_collectstart() -> None:
    """Looks for no waste where there is none: tests that are collected stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spares ten thousand tests from being looked through for waste again and again: that took a tenth of
    the time."""
    gc.freeze()
    gc.set_threshold(_OBJECTS_AT_A_TIME)
    gc.enable()


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


@pytest.fixture(scope="session")
def _postgres_databases_done_with(postgres_databases: postgres.PostgresDatabases) -> Iterator[list[str]]:
    """The databases of tests that ended, to be dropped a test later.

    Where a connection is just ending, as at the end of a test, PostgreSQL sleeps 0.1 s before it drops.
    """
    names: list[str] = []
    yield names
    for name in names:
        postgres_databases.drop(name)


@pytest.fixture
def postgresql_url(
    postgres_databases: postgres.PostgresDatabases,
    postgres_template: str,
    _postgres_databases_done_with: list[str],
) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    while _postgres_databases_done_with:
        postgres_databases.drop(_postgres_databases_done_with.pop())
    name = postgres_databases.create(template=postgres_template)
    yield postgres_databases.url(name)
    _postgres_databases_done_with.append(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of this test's own: the test runs once on each kind.

    Which lines it reaches is counted with the first, for `storage` with both: counting takes half the time.
    """
    is_counted = request.param == "sqlite" or "storage" in request.path.parts
    url: str = request.getfixturevalue(f"{request.param}_url")
    with contextlib.nullcontext() if is_counted else _uncounted():
        yield url


@contextlib.contextmanager
def _uncounted() -> Iterator[None]:
    counting = coverage.Coverage.current()
    if counting is None:
        yield
        return
    counting.stop()
    try:
        yield
    finally:
        counting.start()
