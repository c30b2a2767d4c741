"""The tables of the main job. Changing one needs a migration; the tests compare the two.

Those of other parts stand in `*_schema.py` beside this; `tables` knows all.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from outage_service.storage.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself when the key is an INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def id_column() -> Column[int]:
    """Returns the column of a key that the database counts by itself."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def partial_index(name: str, *columns: Column[Any], sqlite: str, postgresql: str) -> None:
    """Adds an index of some rows. Each database uses it only where a query says the same in its own words."""
    Index(name, *columns, sqlite_where=text(sqlite), postgresql_where=text(postgresql))


number_counter = Table(
    "number_counter",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

outage = Table(
    "outage",
    metadata,
    id_column(),
    Column("number", String(16), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("planned_end_at", UtcDateTime),
    Column("internal_systems", JSON, nullable=False),
    Column("problem_identified", Boolean, nullable=False),
    Column("estimated_resolution_at", UtcDateTime),
    Column("relapse_of", Id, ForeignKey("outage.id")),
    Column("invoked_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("restored_at", UtcDateTime),
    Column("remained_in_effect", Boolean, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("sequence", Integer, nullable=False),
    Column("last_bulletin_at", UtcDateTime),
    Column("next_due_at", UtcDateTime),
    Column("reminders_after", UtcDateTime),
    Column("reminded_until", UtcDateTime),
    Column("kinds_ever", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_closed", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    # An outage whose slot could not be issued is looked at again from here on.
    Column("held_until", UtcDateTime),
    Column("overrun_alerted_at", UtcDateTime),
)
partial_index(
    "ix_outage_due",
    outage.c.next_due_at,
    sqlite="next_due_at IS NOT NULL",
    postgresql="next_due_at IS NOT NULL",
)
partial_index("ix_outage_open", outage.c.id, sqlite="is_closed = 0", postgresql="NOT is_closed")
partial_index(
    "ix_outage_overrun",
    outage.c.overrun_alerted_at,
    outage.c.planned_end_at,
    sqlite="is_closed = 0 AND planned_end_at IS NOT NULL",
    postgresql="NOT is_closed AND planned_end_at IS NOT NULL",
)
partial_index(
    "ix_outage_remaining",
    outage.c.id,
    sqlite="remained_in_effect = 1 AND revoked_at IS NULL",
    postgresql="remained_in_effect AND revoked_at IS NULL",
)
partial_index(
    "ix_outage_relapse",
    outage.c.relapse_of,
    sqlite="relapse_of IS NOT NULL",
    postgresql="relapse_of IS NOT NULL",
)
Index("ix_outage_changed", outage.c.changed_at)

impact = Table(
    "impact",
    metadata,
    Column("outage_id", Id, ForeignKey("outage.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("system", String(16), nullable=False),
    Column("direction", String(16)),
    Column("stated", String(16), nullable=False),
    Column("behind_seconds", Integer),
    Column("started_at", UtcDateTime),
    Column("restored_at", UtcDateTime),
)
Index("ix_impact_system", impact.c.system, impact.c.outage_id)

bulletin = Table(
    "bulletin",
    metadata,
    id_column(),
    Column("outage_id", Id, ForeignKey("outage.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("slot_at", UtcDateTime),
    Column("next_due_at", UtcDateTime),
    Column("policy_version", String(32), nullable=False),
    Column("systems", Integer, nullable=False),
    Column("message_en", Text),
    Column("message_fr", Text),
    Column("corrects_id", Id, ForeignKey("bulletin.id")),
    Column("subject_en", Text, nullable=False),
    Column("subject_fr", Text, nullable=False),
    Column("html_en", Text, nullable=False),
    Column("html_fr", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("text_fr", Text, nullable=False),
    UniqueConstraint("outage_id", "sequence"),
    # A slot cannot be issued twice, however many schedulers see it (P1).
    UniqueConstraint("outage_id", "slot_at"),
)
Index("ix_bulletin_issued", bulletin.c.issued_at)

mailing = Table(
    "mailing",
    metadata,
    id_column(),
    Column("purpose", String(16), nullable=False),
    Column("outage_id", Id, ForeignKey("outage.id")),
    Column("bulletin_id", Id, ForeignKey("bulletin.id")),
    Column("sequence", Integer),
    # Either an audience: masks, the highest subscriber id when it was frozen, how far it is fanned out …
    Column("systems", Integer),
    Column("kinds", Integer),
    Column("upper_id", Id),
    Column("cursor_id", Id, nullable=False),
    # … or a letter to one address.
    Column("address", Text),
    Column("language", String(2)),
    Column("link_id", Id),
    Column("superseded_by", Id, ForeignKey("mailing.id")),
    Column("is_fanned_out", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Last, for they are long: SQLite reads its way through whatever stands before a column.
    Column("letter_en", LargeBinary, nullable=False),
    Column("letter_fr", LargeBinary, nullable=False),
)
partial_index(
    "ix_mailing_unfinished", mailing.c.id, sqlite="is_fanned_out = 0", postgresql="NOT is_fanned_out"
)
Index("ix_mailing_outage", mailing.c.outage_id)
Index("ix_mailing_bulletin", mailing.c.bulletin_id)

delivery = Table(
    "delivery",
    metadata,
    Column("mailing_id", Id, ForeignKey("mailing.id"), primary_key=True),
    # A subscriber's id; 0 for the one addressee of a letter.
    Column("recipient_id", Id, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    Column("worker_id", String(32)),
    Column("retry_at", UtcDateTime),
    Column("first_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("code", Integer),
    Column("detail", Text),
)
partial_index(
    "ix_delivery_queued", delivery.c.retry_at, sqlite="state = 'queued'", postgresql="state = 'queued'"
)
# Few at any time: whose recipients are being written to, and which claims to free.
partial_index(
    "ix_delivery_claimed",
    delivery.c.mailing_id,
    delivery.c.recipient_id,
    sqlite="state = 'claimed'",
    postgresql="state = 'claimed'",
)

worker = Table(
    "worker",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    # Of its host to the database's at that time; unknown of workers of a release before.
    Column("clock_ahead_seconds", Float),
)

subscriber = Table(
    "subscriber",
    metadata,
    # Given at confirmation and never again, so that a mailing's upper_id tells who was there when it was
    # frozen; on PostgreSQL also whoever was confirming at that very moment.
    id_column(),
    Column("email", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", String(2), nullable=False),
    Column("systems", Integer, nullable=False),
    Column("kinds", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

subscription_request = Table(
    "subscription_request",
    metadata,
    id_column(),
    Column("email", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", String(2), nullable=False),
    Column("systems", Integer, nullable=False),
    Column("kinds", Integer, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("lettered_at", UtcDateTime),
    sqlite_autoincrement=True,
)

api_token = Table(
    "api_token",
    metadata,
    id_column(),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("token_id", Id, ForeignKey("api_token.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
Index("ix_idempotency_created", idempotency.c.created_at)

broadcast_override = Table(
    "broadcast_override",
    metadata,
    Column("line", String(8), primary_key=True),
    Column("message_en", Text, nullable=False),
    Column("message_fr", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

note = Table(
    "note",
    metadata,
    id_column(),
    Column("outage_id", Id, ForeignKey("outage.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
)
Index("ix_note_outage", note.c.outage_id)

# One row, put there by the migration.
public_state = Table(
    "public_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Id, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("outage_id", Id),
    Column("detail", JSON, nullable=False),
    # The chain (P31). Blank until the row is sealed; a release without the chain leaves both blank (P24).
    # Triggers refuse changes of a sealed row: a migration that copies the table has to make them again.
    Column("position", Id),
    Column("digest", String(64)),
)
Index("ix_audit_outage", audit.c.outage_id)
Index("ix_audit_at", audit.c.at)
Index("ix_audit_position", audit.c.position, unique=True)
partial_index("ix_audit_unsealed", audit.c.id, sqlite="digest IS NULL", postgresql="digest IS NULL")
