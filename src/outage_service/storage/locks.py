"""Turns between transactions on PostgreSQL, held until they end; SQLite has one writer anyway."""

from sqlalchemy import Connection, text


def take_turns(tx: Connection, name: str) -> None:
    """Makes transactions that use the same name wait for each other, from here to their end."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def serialise_acts(tx: Connection) -> None:
    """Makes operators' acts take turns, so that two cannot declare the same."""
    take_turns(tx, "acts")
