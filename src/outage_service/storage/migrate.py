"""Brings a database to the newest schema, and tells whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, make_url

from outage_service.resources import data_path
from outage_service.storage.locks import take_turns


def _config() -> Config:
    config = Config(str(data_path("alembic.ini")))
    config.set_main_option("script_location", str(data_path("migrations")))
    return config


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Migrates the database at `url` forwards to `revision`; one that is there already is left alone.

    Several processes may do so at once: they take turns.
    """
    engine = create_engine(make_url(url))
    try:
        with engine.begin() as connection:
            upgrade_connection(connection, revision)
    finally:
        engine.dispose()


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """Migrates over a connection whose transaction the caller commits (an SQLite in memory)."""
    take_turns(connection, "migration")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def is_current(connection: Connection) -> bool:
    """Returns whether the database has the schema this release needs, or a later release's (P24).

    A revision that this release does not know is a later one: migrations are safe for the release before.
    """
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    present = MigrationContext.configure(connection).get_current_revision()
    return present == scripts.get_current_head() or (present is not None and present not in known)
