"""`migrate`: the database gets the schema of this release."""

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.storage.migrate import upgrade


def migrate() -> None:
    """Bring the database to the schema of this release."""
    settings = begin(log_level="WARNING")
    if settings.is_sqlite:
        with engine_at_work(settings):  # through the one writer, for it may be in use
            pass
    else:
        upgrade(settings.database_url)
    print("The database has the schema of this release.")
