"""Sessions of PostgreSQL that may only read, since an administrator has set `default_transaction_read_only`.

A session keeps the default that it began with: one that was refused a write would be for ever, and one that
began before would never be. And SQLAlchemy lets a connection that has served a reader say READ WRITE from
then on, which overrides the administrator's word.
"""

from sqlalchemy import Connection, Engine, ExceptionContext, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_READ_ONLY = "25006"
_AS_A_NEW_SESSION = text(
    """
    SELECT set_config('transaction_read_only', 'on', true)
    WHERE coalesce(
        (
            SELECT split_part(setting, '=', 2)::boolean
            FROM pg_db_role_setting AS s, unnest(s.setconfig) AS setting
            WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
              AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
              AND setting LIKE 'default_transaction_read_only=%'
            ORDER BY s.setrole = 0, s.setdatabase = 0
            LIMIT 1
        ),
        current_setting('default_transaction_read_only')::boolean
    )
    """
)
"""What is said of a role goes before what is said of a database, and that before the server's own setting."""


def obey_the_server(engine: Engine) -> None:
    """Lets the server decide for each session whether it may write, and begins all anew once one may not."""

    @event.listens_for(engine, "checkin")
    def _say_nothing(connection: DBAPIConnection | None, _: ConnectionPoolEntry) -> None:
        if connection is not None and connection.read_only is not None:
            connection.read_only = None

    @event.listens_for(engine, "handle_error")
    def _begin_anew(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
            context.is_disconnect = True


def write_as_a_new_session(tx: Connection) -> None:
    """Makes this transaction read-only if that of a session that begins now would be."""
    if tx.dialect.name == "postgresql":
        tx.execute(_AS_A_NEW_SESSION)
