"""Bounces and suppression, paused mailings, alerts, when a token was last used."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables; a service of the release before passes them over."""
    _bounces()
    _pauses()
    _alerts()
    op.add_column("api_token", sa.Column("last_used_at", INSTANT, nullable=True))


def _bounces() -> None:
    op.create_table(
        "bounce",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
        sa.UniqueConstraint(
            "mailing_id", "recipient_id", "kind", name=op.f("uq_bounce_mailing_id_recipient_id_kind")
        ),
    )
    op.create_index("ix_bounce_address", "bounce", ["address_digest"])
    op.create_index("ix_bounce_at", "bounce", ["at"])
    op.create_table(
        "suppression",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("address_digest", name=op.f("uq_suppression_address_digest")),
    )
    op.create_index("ix_suppression_at", "suppression", ["at"])


def _pauses() -> None:
    op.create_table(
        "content_refusal",
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("recipient_id", ID, autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailing.id"], name=op.f("fk_content_refusal_mailing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", "recipient_id", "attempt", name=op.f("pk_content_refusal")),
    )
    op.create_index("ix_content_refusal_at", "content_refusal", ["mailing_id", "at"])
    op.create_table(
        "mailing_pause",
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailing.id"], name=op.f("fk_mailing_pause_mailing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", name=op.f("pk_mailing_pause")),
    )
    op.create_table(
        "relay_pause",
        sa.Column("worker_id", sa.String(length=32), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("is_misconfigured", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_relay_pause")),
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("cleared_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(
        "ix_alert_open",
        "alert",
        ["kind", "subject"],
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index(
        "ix_mailing_canary",
        "mailing",
        ["id"],
        sqlite_where=sa.text("purpose = 'canary'"),
        postgresql_where=sa.text("purpose = 'canary'"),
    )
