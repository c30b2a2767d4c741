"""Counting in the database what may be done only so often, so that all processes share one count."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, text

from outage_service.storage.limits_schema import allowance
from outage_service.storage.types import UtcDateTime

# A span that would last longer than twice its length was begun before the clock was set back: it is over.
_RUNS = "(allowance.ends_at > :now AND allowance.ends_at <= :latest)"
_TAKE = text(
    f"""
    INSERT INTO allowance (scope, digest, ends_at, used) VALUES (:scope, :digest, :ends_at, 1)
    ON CONFLICT (scope, digest) DO UPDATE SET
        used = CASE WHEN {_RUNS} THEN allowance.used + 1 ELSE 1 END,
        ends_at = CASE WHEN {_RUNS} THEN allowance.ends_at ELSE excluded.ends_at END
    WHERE NOT ({_RUNS} AND allowance.used >= :at_most)
    """  # noqa: S608 — the parts are written above
).bindparams(*(bindparam(name, type_=UtcDateTime()) for name in ("ends_at", "now", "latest")))


def take(tx: Connection, scope: str, digest: str, *, at_most: int, per: timedelta, now: datetime) -> bool:
    """Counts one use and returns whether it was within `at_most` in the span; one refused is not counted."""
    given = {"scope": scope, "digest": digest, "at_most": at_most, "now": now}
    return tx.execute(_TAKE, given | {"ends_at": now + per, "latest": now + 2 * per}).rowcount == 1


def span_ends_at(tx: Connection, scope: str, digest: str) -> datetime | None:
    """Returns when a span ends; None where nothing was counted."""
    wanted = select(allowance.c.ends_at).where(allowance.c.scope == scope, allowance.c.digest == digest)
    return tx.execute(wanted).scalar_one_or_none()
