"""How alembic runs the migrations: in the caller's transaction, else each in one of its own.

`outage_service.storage.migrate` hands over a connection in `config.attributes["connection"]`. Without one
(`alembic revision`, `alembic history`) the database is `sqlalchemy.url`, or that of the settings.
"""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, NullPool, TypeDecorator, create_engine

from outage_service.settings import load_settings
from outage_service.storage.tables import metadata


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        _begin_for_real(connection)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=is_sqlite,  # SQLite alters little: tables are copied instead
        transaction_per_migration=True,
        transactional_ddl=True,  # true of both databases; alembic does not believe it of SQLite
        render_item=_plain_type,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _plain_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Writes what the database stores: a migration must not change because one of our types does."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def _begin_for_real(connection: Connection) -> None:
    """Opens the transaction that Python's SQLite driver leaves out before DDL: a kill left half a schema."""
    driver = connection.connection.dbapi_connection
    if not getattr(driver, "in_transaction", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate_by_url() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or load_settings().database_url
    engine = create_engine(url, poolclass=NullPool)
    try:
        # SQLite: one transaction around all of them. PostgreSQL: alembic opens one for each.
        with engine.begin() if engine.dialect.name == "sqlite" else engine.connect() as connection:
            _migrate(connection)
    finally:
        engine.dispose()


def _write_sql() -> None:
    """Prints the statements instead of running them: `alembic upgrade head --sql`."""
    url = context.config.get_main_option("sqlalchemy.url") or load_settings().database_url
    context.configure(url=url, target_metadata=metadata, literal_binds=True, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _write_sql()
elif (given := context.config.attributes.get("connection")) is not None:
    _migrate(given)
else:
    _migrate_by_url()
