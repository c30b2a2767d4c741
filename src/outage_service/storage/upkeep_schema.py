"""The tables of upkeep: when a job last ran, the service's pulse, and what is left of pruned deliveries."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table

from outage_service.storage.schema import Id, mailing, metadata, partial_index
from outage_service.storage.types import UtcDateTime

# A row for each job; whoever moves its time on does it.
upkeep = Table(
    "upkeep",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("ran_at", UtcDateTime, nullable=False),
)

# One row, put there by the migration. It tells how far this database has come: a copy stays behind (P34).
# A migration that makes the table anew would make the database seem a copy.
pulse = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("beats", Id, nullable=False),
    Column("at", UtcDateTime),
    Column("place", String(64)),
)

# The counts of a mailing's deliveries whose rows are gone.
ledger_summary = Table(
    "ledger_summary",
    metadata,
    Column("mailing_id", Id, ForeignKey("mailing.id"), primary_key=True, autoincrement=False),
    Column("counts", JSON, nullable=False),
    Column("first_at", UtcDateTime),
    Column("last_at", UtcDateTime),
    Column("is_done", Boolean, nullable=False),
)
# Letters to one address, until the address is forgotten.
partial_index(
    "ix_mailing_addressed", mailing.c.created_at, sqlite="address <> ''", postgresql="address <> ''"
)
