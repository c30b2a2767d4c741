"""The version of what the public is told: one row that grows with every change of it.

The newest id of a log would not do: PostgreSQL hands ids out before the commit, so that a lower one may
show up after a higher one. This row stays locked from the change to its commit.
"""

from sqlalchemy import Connection, select, update

from outage_service.storage.notify import tell_others
from outage_service.storage.schema import public_state


def touch(tx: Connection) -> None:
    """Notes that this transaction changes an outage or an override."""
    tx.execute(update(public_state).values(version=public_state.c.version + 1))
    tell_others(tx)


def state_version(tx: Connection) -> int:
    """Returns a number that grows with every change of what the public is told."""
    version: int = tx.execute(select(public_state.c.version)).scalar_one()
    return version
