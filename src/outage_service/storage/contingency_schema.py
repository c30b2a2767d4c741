"""Tables beyond the outage itself: relief extended, the regional audience, clients' own outages."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from outage_service.storage.schema import Id, id_column, metadata
from outage_service.storage.types import UtcDateTime

grace = Table(
    "grace",
    metadata,
    Column("outage_id", Id, ForeignKey("outage.id"), primary_key=True),
    # Of the bulletin that granted it.
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("systems", Integer, nullable=False),
    Column("paper_accepted_until", UtcDateTime),
    Column("penalty_relief_until", UtcDateTime),
)

# CBSA regional operations (R12): never subscribers, never counted or exported with them.
regional_recipient = Table(
    "regional_recipient",
    metadata,
    id_column(),
    Column("email", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", String(2), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Clients' own outages (R26–R33), of which no bulletin ever tells (R29): nothing here refers to one.
external_outage = Table(
    "external_outage",
    metadata,
    id_column(),
    Column("case_number", String(16), nullable=False, unique=True),
    Column("unit", String(8), nullable=False),
    Column("client", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("email", Text),
    Column("language", String(2), nullable=False),
    Column("systems", Integer, nullable=False),
    Column("is_scheduled", Boolean, nullable=False),
    Column("is_provider", Boolean, nullable=False),
    Column("is_incident", Boolean, nullable=False),
    Column("description", Text, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("version", Integer, nullable=False),
)
Index("ix_external_outage_told", external_outage.c.told_at)

external_number_counter = Table(
    "external_number_counter",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
