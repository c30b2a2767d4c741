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


def upgrade(url: str | URL, revision: str = "head") -> bool:
    """Migrates the database at `url` forwards to `revision`; one that is there already is left alone.

    Several processes may do so at once: they take turns.

    Returns:
        Whether it has a later release's schema, which is left alone, too (P24).
    """
    engine = create_engine(make_url(url))
    try:
        with engine.begin() as connection:
            upgrade_connection(connection, revision)
            return is_later(connection)
    finally:
        engine.dispose()


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """Migrates over a connection whose transaction the caller commits (an SQLite in memory)."""
    take_turns(connection, "migration")
    if is_current(connection):  # alembic fails at a revision that only a later release knows
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def is_current(connection: Connection) -> bool:
    """Returns whether the database has the schema this release needs, or a later release's (P24)."""
    present, scripts = _present(connection), _scripts()
    return present == scripts.get_current_head() or _is_unknown(present, scripts)


def is_later(connection: Connection) -> bool:
    """Returns whether the database has a later release's schema, which serves this release too (P24)."""
    return _is_unknown(_present(connection), _scripts())


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _is_unknown(present: str | None, scripts: ScriptDirectory) -> bool:
    """A revision unknown to this release is a later one: migrations are safe for the release before."""
    return present is not None and present not in {script.revision for script in scripts.walk_revisions()}
