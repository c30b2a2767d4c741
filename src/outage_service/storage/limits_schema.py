"""The tables of limits: how often somebody has done a thing in the present span of time."""

from sqlalchemy import Column, Index, Integer, String, Table

from outage_service.storage.schema import metadata
from outage_service.storage.types import UtcDateTime

allowance = Table(
    "allowance",
    metadata,
    Column("scope", String(32), primary_key=True),
    # A network address or a user's name does not stand here in clear, and is forgotten after its span.
    Column("digest", String(64), primary_key=True),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("used", Integer, nullable=False),
)
Index("ix_allowance_ends", allowance.c.ends_at)
