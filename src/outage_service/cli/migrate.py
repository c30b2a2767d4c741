"""`migrate`: the database gets the schema of this release."""

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.storage.migrate import is_later, upgrade


def migrate() -> None:
    """Bring the database to the schema of this release.

    That of a later release serves this one too, and is left as it is.
    """
    settings = begin(log_level="WARNING")
    if settings.is_sqlite:
        # Through the one writer, for it may be in use.
        with engine_at_work(settings, may_begin=True) as engine, engine.db.read() as tx:
            has_later = is_later(tx)
    else:
        has_later = upgrade(settings.database_url)
    if has_later:
        print("The database has the schema of a later release, which serves this one too.")
    else:
        print("The database has the schema of this release.")
