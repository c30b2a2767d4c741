"""Planned outages that are open by whether operators were told of their overrun, and by planned end."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds an index, so that a look for overruns does not read all open outages."""
    op.create_index(
        "ix_outage_overrun",
        "outage",
        ["overrun_alerted_at", "planned_end_at"],
        sqlite_where=sa.text("is_closed = 0 AND planned_end_at IS NOT NULL"),
        postgresql_where=sa.text("NOT is_closed AND planned_end_at IS NOT NULL"),
    )
