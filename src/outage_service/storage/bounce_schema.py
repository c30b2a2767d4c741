"""Tables of bounces, the addresses that are not written to any more, refused contents, and alerts."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from outage_service.storage.schema import Id, id_column, mailing, metadata, partial_index
from outage_service.storage.types import UtcDateTime

# Addresses stand here as keyed digests: a list that outlives an erasure must not name who was erased.
bounce = Table(
    "bounce",
    metadata,
    id_column(),
    Column("address_digest", String(64), nullable=False),
    Column("mailing_id", Id, nullable=False),
    Column("recipient_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16)),
    Column("at", UtcDateTime, nullable=False),
    # However often a report comes, it counts once.
    UniqueConstraint("mailing_id", "recipient_id", "kind"),
)
Index("ix_bounce_address", bounce.c.address_digest)
Index("ix_bounce_at", bounce.c.at)

suppression = Table(
    "suppression",
    metadata,
    id_column(),
    Column("address_digest", String(64), nullable=False, unique=True),
    # Blank once the subscriber is erased.
    Column("address", Text, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("status", String(16)),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_suppression_at", suppression.c.at)

# A mailing's contents refused after one another; forgotten when the mailing is resumed.
content_refusal = Table(
    "content_refusal",
    metadata,
    Column("mailing_id", Id, ForeignKey("mailing.id", ondelete="CASCADE"), primary_key=True),
    Column("recipient_id", Id, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_content_refusal_at", content_refusal.c.mailing_id, content_refusal.c.at)

# A mailing stands here while nothing of it is sent.
mailing_pause = Table(
    "mailing_pause",
    metadata,
    Column("mailing_id", Id, ForeignKey("mailing.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", Text),
)

# What each living worker says of its relay; it has a row while it leaves the relay alone.
relay_pause = Table(
    "relay_pause",
    metadata,
    Column("worker_id", String(32), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("is_misconfigured", Boolean, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    id_column(),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime),
)
partial_index(
    "ix_alert_open",
    alert.c.kind,
    alert.c.subject,
    sqlite="cleared_at IS NULL",
    postgresql="cleared_at IS NULL",
)
# The newest letter to the watched mailbox is looked for every few seconds.
partial_index("ix_mailing_canary", mailing.c.id, sqlite="purpose = 'canary'", postgresql="purpose = 'canary'")
