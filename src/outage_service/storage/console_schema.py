"""Tables of the operators' console: who may sign in, their sessions, and the end of the audit chain."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from outage_service.storage.schema import Id, id_column, metadata
from outage_service.storage.types import UtcDateTime

console_user = Table(
    "console_user",
    metadata,
    id_column(),
    Column("email", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)

console_session = Table(
    "console_session",
    metadata,
    id_column(),
    # Of the cookie; who reads the database cannot sign in with it.
    Column("digest", String(64), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("console_user.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
Index("ix_console_session_user", console_session.c.user_id)

# One row, put there by the migration.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", Id, nullable=False),
    Column("digest", String(64), nullable=False),
)

# Forms that issued a bulletin, so that one sent twice issues one.
console_form = Table(
    "console_form",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("console_user.id"), nullable=False),
    Column("made_id", Id, nullable=False),  # a bulletin or a client's outage: the form knows which
    Column("sent_at", UtcDateTime, nullable=False),
)
Index("ix_console_form_sent", console_form.c.sent_at)
