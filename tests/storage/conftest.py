"""An open database of each kind."""

from collections.abc import Iterator

import pytest

from outage_service.storage.database import Database, open_database
from outage_service.storage.migrate import upgrade_connection


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A migrated database of this test's own, open; the test runs once on each kind."""
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def postgres_db(postgresql_url: str) -> Iterator[Database]:
    """A migrated PostgreSQL database, open, for what only it can show."""
    database = open_database(postgresql_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_memory() -> Iterator[Database]:
    """A migrated SQLite database in memory."""
    database = open_database("sqlite://")
    database.write(upgrade_connection)
    yield database
    database.close()
