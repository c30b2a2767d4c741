"""The console: users, sessions, the audit chain."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
NOTHING = "0" * 64
# A sealed row stays as it is; of one that is not, only the seal may change (P31).
TRIGGERS = {
    "sqlite": (
        """
        CREATE TRIGGER audit_keeps_sealed BEFORE UPDATE ON audit WHEN OLD.digest IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END
        """,
        """
        CREATE TRIGGER audit_keeps_said BEFORE UPDATE OF id, at, actor, action, outage_id, detail ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END
        """,
        """
        CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.digest IS NULL
                AND (NEW.id, NEW.at, NEW.actor, NEW.action, NEW.outage_id, NEW.detail::text)
                IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.actor, OLD.action, OLD.outage_id, OLD.detail::text)
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'the audit log cannot be changed';
        END
        $$
        """,
        """
        CREATE TRIGGER audit_keeps_rows BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION keep_audit()
        """,
        """
        CREATE TRIGGER audit_keeps_all BEFORE TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION keep_audit()
        """,
    ),
}


def upgrade() -> None:
    """Creates the console's tables and chains the audit log."""
    _console_user()
    _console_session()
    _console_form()
    _audit_chain()


def _console_user() -> None:
    op.create_table(
        "console_user",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_user")),
        sa.UniqueConstraint("address_key", name=op.f("uq_console_user_address_key")),
    )


def _console_session() -> None:
    op.create_table(
        "console_session",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"], name=op.f("fk_console_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_console_session_digest")),
    )
    op.create_index("ix_console_session_user", "console_session", ["user_id"])


def _console_form() -> None:
    op.create_table(
        "console_form",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("made_id", ID, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"], name=op.f("fk_console_form_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_console_form")),
    )
    op.create_index("ix_console_form_sent", "console_form", ["sent_at"])


def _audit_chain() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.add_column("audit", sa.Column("position", ID, nullable=True))
    op.add_column("audit", sa.Column("digest", sa.String(length=64), nullable=True))
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_position", "audit", ["position"], unique=True)
    op.create_index(
        "ix_audit_unsealed",
        "audit",
        ["id"],
        sqlite_where=sa.text("digest IS NULL"),
        postgresql_where=sa.text("digest IS NULL"),
    )
    position, digest = (0, NOTHING) if op.get_context().as_sql else _chain_what_is_there()
    head = sa.table("audit_head", sa.column("id"), sa.column("position"), sa.column("digest"))
    op.execute(sa.insert(head).values(id=1, position=position, digest=digest))
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)


def _chain_what_is_there() -> tuple[int, str]:
    """Returns the end of the chain; the digest is what `storage.audit.digest_after` says."""
    audit, tx = _audit_table(), op.get_bind()
    position, digest = 0, NOTHING
    for row in tx.execute(sa.select(audit).order_by(audit.c.id)).all():
        position += 1
        at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)  # SQLite keeps no offset
        said = {
            "position": position,
            "id": row.id,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": row.actor,
            "action": row.action,
            "outage_id": row.outage_id,
            "detail": row.detail,
        }
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{digest}{canonical}".encode()).hexdigest()
        chained = sa.update(audit).where(audit.c.id == row.id)
        tx.execute(chained.values(position=position, digest=digest))
    return position, digest


def _audit_table() -> sa.TableClause:
    return sa.table(
        "audit",
        sa.column("id", ID),
        sa.column("at", INSTANT),
        sa.column("actor", sa.Text()),
        sa.column("action", sa.String()),
        sa.column("outage_id", ID),
        sa.column("detail", sa.JSON()),
        sa.column("position", ID),
        sa.column("digest", sa.String()),
    )
