"""What every command begins with: settings, logs, and a database that has the schema of this release."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from outage_service import logs
from outage_service.app.engine import build_engine
from outage_service.cli.faults import WRONG_INPUT, Fault
from outage_service.services.engine import Engine
from outage_service.settings import Settings, database_exists, load_settings, require_folder
from outage_service.storage.database import Database, open_database
from outage_service.storage.migrate import is_current, upgrade_connection

log = structlog.get_logger(__name__)

_NOT_MIGRATED = "The database does not have the schema of this release: run `outage-service migrate` first."


def begin(*, log_level: str | None = None, **overrides: Any) -> Settings:
    """Returns the settings, `overrides` before all others, and sets up the logs.

    Args:
        log_level: instead of the setting's, for commands whose output is for a person.
    """
    settings = load_settings(**overrides)
    logs.configure(log_level or settings.log_level)
    return settings


@contextmanager
def engine_at_work(settings: Settings, *, may_begin: bool = False) -> Iterator[Engine]:
    """Returns an engine on a migrated database, for a command that needs it at once.

    Args:
        may_begin: whether the command may be an installation's first, and make its embedded database. That it
            made one is said: in another folder than the service's it would be of no use to anybody.

    Raises:
        Fault: the database is not migrated; or the embedded one is not there, and the command makes none.
        SettingsError: the folder of the embedded database, or its key, is missing.
        DATABASE_ERRORS: it cannot be reached.
    """
    is_new = _is_to_be_made(settings, may_begin=may_begin)
    engine = build_engine(settings)
    with _migrated(engine.db, settings):
        if is_new and settings.sqlite_path is not None:
            print(f"A new database was made: {settings.sqlite_path.absolute()}", file=sys.stderr)
        yield engine


@contextmanager
def database_at_work(settings: Settings) -> Iterator[Database]:
    """The same without an engine, for a command that has no use for the key: a copy can be looked at, too."""
    _is_to_be_made(settings, may_begin=False)
    with _migrated(open_database(settings.database_url), settings) as db:
        yield db


def _is_to_be_made(settings: Settings, *, may_begin: bool) -> bool:
    require_folder(settings)
    path = settings.sqlite_path
    if path is None or database_exists(settings):
        return False
    if not may_begin:
        said = f"There is no database {path.absolute()}"
        raise Fault(
            f"{said}: run this in the service's folder, or set OUTAGE_DATABASE_URL.", status=WRONG_INPUT
        )
    return True


@contextmanager
def _migrated(db: Database, settings: Settings) -> Iterator[Database]:
    try:
        require_schema(db, is_own=settings.is_sqlite)
        yield db
    finally:
        db.close()


def require_schema(db: Database, *, is_own: bool) -> None:
    """Migrates the embedded database; of a shared one it only asks that it is migrated.

    Raises:
        Fault: a shared database is not migrated.
        DATABASE_ERRORS: it cannot be reached.
    """
    with db.read() as tx:
        if is_current(tx):
            return
    if not is_own:
        raise Fault(_NOT_MIGRATED)
    db.write(upgrade_connection)
    log.info("database_migrated")
