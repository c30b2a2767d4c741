"""How far a worker's clock is ahead of the database's."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds a column that the release before leaves empty: of its workers' clocks nothing is known."""
    op.add_column("worker", sa.Column("clock_ahead_seconds", sa.Float(), nullable=True))
