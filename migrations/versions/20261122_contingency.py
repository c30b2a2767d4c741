"""External outages, grace, the regional audience."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables of extensions, of regional recipients and of clients' outages."""
    _grace()
    _regional_recipient()
    _external_outage()


def _grace() -> None:
    op.create_table(
        "grace",
        sa.Column("outage_id", ID, nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("systems", sa.Integer(), nullable=False),
        sa.Column("paper_accepted_until", INSTANT, nullable=True),
        sa.Column("penalty_relief_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_grace_outage_id")),
        sa.PrimaryKeyConstraint("outage_id", "sequence", name=op.f("pk_grace")),
    )


def _regional_recipient() -> None:
    op.create_table(
        "regional_recipient",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regional_recipient")),
        sa.UniqueConstraint("address_key", name=op.f("uq_regional_recipient_address_key")),
    )


def _external_outage() -> None:
    op.create_table(
        "external_outage",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("systems", sa.Integer(), nullable=False),
        sa.Column("is_scheduled", sa.Boolean(), nullable=False),
        sa.Column("is_provider", sa.Boolean(), nullable=False),
        sa.Column("is_incident", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_outage")),
        sa.UniqueConstraint("case_number", name=op.f("uq_external_outage_case_number")),
    )
    op.create_index("ix_external_outage_told", "external_outage", ["told_at"])
    op.create_table(
        "external_number_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_external_number_counter")),
    )
