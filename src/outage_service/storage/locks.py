"""Turns between transactions on PostgreSQL, held until they end; SQLite has one writer anyway."""

from sqlalchemy import Connection, text


def take_turns(tx: Connection, name: str) -> None:
    """Makes transactions that use the same name wait for each other, from here to their end."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def serialise_acts(tx: Connection) -> None:
    """Makes operators' acts take turns, so that two cannot declare the same."""
    take_turns(tx, "acts")


def issue_alone(tx: Connection, outage_id: int) -> None:
    """Makes a newer bulletin of an outage wait for those who claim older ones, and keeps others off (P12).

    To be called before any mailing is touched: who claims may hold what is asked for here, and wait for that.
    """
    take_turns(tx, _newest(outage_id))


def keep_newest(tx: Connection, outage_id: int) -> bool:
    """Returns whether no newer bulletin of an outage is issued from here to the end of the transaction.

    Where one is being issued at this moment it does not wait, and returns False.
    """
    if tx.dialect.name != "postgresql":
        return True
    together = text("SELECT pg_try_advisory_xact_lock_shared(hashtextextended(:name, 0))")
    may: bool = tx.execute(together, {"name": _newest(outage_id)}).scalar_one()
    return may


def _newest(outage_id: int) -> str:
    return f"newest bulletin {outage_id}"
