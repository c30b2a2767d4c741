"""The first schema: outages and bulletins, mailings and their ledger, subscribers, tokens, the audit log.

There is no previous release that could run beside it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates every table, each after those it refers to."""
    _api_token()
    _audit()
    _broadcast_override()
    _number_counter()
    _outage()
    _public_state()
    _subscriber()
    _subscription_request()
    _worker()
    _bulletin()
    _idempotency()
    _impact()
    _note()
    _mailing()
    _delivery()


def _api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("outage_id", ID, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_outage", ["outage_id"], unique=False)


def _broadcast_override() -> None:
    op.create_table(
        "broadcast_override",
        sa.Column("line", sa.String(length=8), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        sa.Column("message_fr", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_broadcast_override")),
    )


def _number_counter() -> None:
    op.create_table(
        "number_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_number_counter")),
    )


def _outage() -> None:
    op.create_table(
        "outage",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("planned_end_at", INSTANT, nullable=True),
        sa.Column("internal_systems", sa.JSON(), nullable=False),
        sa.Column("problem_identified", sa.Boolean(), nullable=False),
        sa.Column("estimated_resolution_at", INSTANT, nullable=True),
        sa.Column("relapse_of", ID, nullable=True),
        sa.Column("invoked_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("restored_at", INSTANT, nullable=True),
        sa.Column("remained_in_effect", sa.Boolean(), nullable=False),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("last_bulletin_at", INSTANT, nullable=True),
        sa.Column("next_due_at", INSTANT, nullable=True),
        sa.Column("reminders_after", INSTANT, nullable=True),
        sa.Column("reminded_until", INSTANT, nullable=True),
        sa.Column("kinds_ever", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("overrun_alerted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["relapse_of"], ["outage.id"], name=op.f("fk_outage_relapse_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sa.UniqueConstraint("number", name=op.f("uq_outage_number")),
    )
    with op.batch_alter_table("outage", schema=None) as batch_op:
        batch_op.create_index("ix_outage_changed", ["changed_at"], unique=False)
        batch_op.create_index(
            "ix_outage_due",
            ["next_due_at"],
            unique=False,
            sqlite_where=sa.text("next_due_at IS NOT NULL"),
            postgresql_where=sa.text("next_due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outage_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("is_closed = 0"),
            postgresql_where=sa.text("NOT is_closed"),
        )
        batch_op.create_index(
            "ix_outage_relapse",
            ["relapse_of"],
            unique=False,
            sqlite_where=sa.text("relapse_of IS NOT NULL"),
            postgresql_where=sa.text("relapse_of IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outage_remaining",
            ["id"],
            unique=False,
            sqlite_where=sa.text("remained_in_effect = 1 AND revoked_at IS NULL"),
            postgresql_where=sa.text("remained_in_effect AND revoked_at IS NULL"),
        )


def _public_state() -> None:
    public_state = op.create_table(
        "public_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_state")),
    )
    op.bulk_insert(public_state, [{"id": 1, "version": 0}])


def _subscriber() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("systems", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscriber_address_key")),
        sqlite_autoincrement=True,
    )


def _subscription_request() -> None:
    op.create_table(
        "subscription_request",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("systems", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("lettered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_request")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscription_request_address_key")),
        sqlite_autoincrement=True,
    )


def _worker() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )


def _bulletin() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("outage_id", ID, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("slot_at", INSTANT, nullable=True),
        sa.Column("next_due_at", INSTANT, nullable=True),
        sa.Column("policy_version", sa.String(length=32), nullable=False),
        sa.Column("systems", sa.Integer(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=True),
        sa.Column("message_fr", sa.Text(), nullable=True),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("subject_en", sa.Text(), nullable=False),
        sa.Column("subject_fr", sa.Text(), nullable=False),
        sa.Column("html_en", sa.Text(), nullable=False),
        sa.Column("html_fr", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("text_fr", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["corrects_id"], ["bulletin.id"], name=op.f("fk_bulletin_corrects_id")),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_bulletin_outage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
        sa.UniqueConstraint("outage_id", "sequence", name=op.f("uq_bulletin_outage_id_sequence")),
        sa.UniqueConstraint("outage_id", "slot_at", name=op.f("uq_bulletin_outage_id_slot_at")),
    )
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.create_index("ix_bulletin_issued", ["issued_at"], unique=False)


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("token_id", ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name=op.f("fk_idempotency_token_id")),
        sa.PrimaryKeyConstraint("token_id", "path", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_created", ["created_at"], unique=False)


def _impact() -> None:
    op.create_table(
        "impact",
        sa.Column("outage_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("system", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=True),
        sa.Column("stated", sa.String(length=16), nullable=False),
        sa.Column("behind_seconds", sa.Integer(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("restored_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_impact_outage_id")),
        sa.PrimaryKeyConstraint("outage_id", "position", name=op.f("pk_impact")),
    )
    with op.batch_alter_table("impact", schema=None) as batch_op:
        batch_op.create_index("ix_impact_system", ["system", "outage_id"], unique=False)


def _note() -> None:
    op.create_table(
        "note",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("outage_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_note_outage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index("ix_note_outage", ["outage_id"], unique=False)


def _mailing() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("outage_id", ID, nullable=True),
        sa.Column("bulletin_id", ID, nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("systems", sa.Integer(), nullable=True),
        sa.Column("kinds", sa.Integer(), nullable=True),
        sa.Column("upper_id", ID, nullable=True),
        sa.Column("cursor_id", ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("link_id", ID, nullable=True),
        sa.Column("superseded_by", ID, nullable=True),
        sa.Column("is_fanned_out", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("letter_en", sa.LargeBinary(), nullable=False),
        sa.Column("letter_fr", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name=op.f("fk_mailing_bulletin_id")),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_mailing_outage_id")),
        sa.ForeignKeyConstraint(["superseded_by"], ["mailing.id"], name=op.f("fk_mailing_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    with op.batch_alter_table("mailing", schema=None) as batch_op:
        batch_op.create_index("ix_mailing_bulletin", ["bulletin_id"], unique=False)
        batch_op.create_index("ix_mailing_outage", ["outage_id"], unique=False)
        batch_op.create_index(
            "ix_mailing_unfinished",
            ["id"],
            unique=False,
            sqlite_where=sa.text("is_fanned_out = 0"),
            postgresql_where=sa.text("NOT is_fanned_out"),
        )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column(
            "recipient_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=32), nullable=True),
        sa.Column("retry_at", INSTANT, nullable=True),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_delivery_mailing_id")),
        sa.PrimaryKeyConstraint("mailing_id", "recipient_id", name=op.f("pk_delivery")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_claimed",
            ["mailing_id", "recipient_id"],
            unique=False,
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )
        batch_op.create_index(
            "ix_delivery_queued",
            ["retry_at"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
