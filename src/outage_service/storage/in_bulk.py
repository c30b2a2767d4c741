"""Statements over many rows of the ledger at once: what a fan-out's speed depends on.

The rows travel as one JSON text, which both databases take apart themselves. One statement a row costs
PostgreSQL five times as much, and SQLite lets go of the interpreter's lock around each.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from outage_service.storage.types import UtcDateTime

SettledRow = tuple[int, int, int, str, float | None, int, int, int | None, str | None]
"""Mailing, recipient, attempt; then state, seconds to wait where queued, tries, faults, code and detail."""

_INSERT = """
    INSERT INTO delivery
        (mailing_id, recipient_id, state, attempt, tries, faults, worker_id, first_at, changed_at)
    SELECT :mailing_id, CAST(one.value AS bigint), 'claimed', 1, 0, 0, :worker_id, :now, :now FROM {ids}
"""
_SETTLE = """
    UPDATE delivery SET
        state = one.value->>3,
        retry_at = {later},
        tries = CAST(one.value->>5 AS integer),
        faults = CAST(one.value->>6 AS integer),
        code = CAST(one.value->>7 AS integer),
        detail = one.value->>8,
        changed_at = {now}
    FROM {rows}
    WHERE delivery.mailing_id = CAST(one.value->>0 AS bigint)
        AND delivery.recipient_id = CAST(one.value->>1 AS bigint)
        AND delivery.attempt = CAST(one.value->>2 AS integer)
        AND delivery.worker_id = :worker_id
        AND delivery.state = 'claimed'
"""
_IDS = {
    "sqlite": "json_each(:ids) AS one",
    "postgresql": "json_array_elements_text(CAST(:ids AS json)) AS one(value)",
}
_SETTLE_FROM = {
    "sqlite": {
        "rows": "json_each(:rows) AS one",
        # As SQLAlchemy keeps instants: with six digits after the second, of which SQLite knows three.
        "now": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
        "later": "strftime('%Y-%m-%d %H:%M:%f', 'now', (one.value->>4) || ' seconds') || '000'",
    },
    "postgresql": {
        "rows": "json_array_elements(CAST(:rows AS json)) AS one(value)",
        "now": "clock_timestamp()",
        "later": "clock_timestamp() + CAST(one.value->>4 AS double precision) * interval '1 second'",
    },
}
_NOT_ACTIVE = """
    SELECT CAST(one.value AS bigint) FROM {ids}
    LEFT JOIN subscriber ON subscriber.id = CAST(one.value AS bigint)
    WHERE subscriber.state IS NULL OR subscriber.state <> 'active'
"""
_NOW = bindparam("now", type_=UtcDateTime())
_INSERTS = {name: text(_INSERT.format(ids=ids)).bindparams(_NOW) for name, ids in _IDS.items()}
_NOT_ACTIVES = {name: text(_NOT_ACTIVE.format(ids=ids)) for name, ids in _IDS.items()}
_SETTLES = {name: text(_SETTLE.format(**words)) for name, words in _SETTLE_FROM.items()}


def insert_claimed(
    tx: Connection, mailing_id: int, recipients: Sequence[int], *, worker_id: str, now: datetime
) -> None:
    """Adds deliveries that `worker_id` has in hand."""
    given = {"mailing_id": mailing_id, "ids": json.dumps(recipients), "worker_id": worker_id, "now": now}
    tx.execute(_INSERTS[tx.dialect.name], given)


def settle_claimed(tx: Connection, worker_id: str, rows: Sequence[SettledRow]) -> int:
    """Ends or requeues claims that still are `worker_id`'s, by database time; returns how many were."""
    given = {"rows": json.dumps(rows), "worker_id": worker_id}
    return tx.execute(_SETTLES[tx.dialect.name], given).rowcount


def not_active_among(tx: Connection, recipients: Sequence[int]) -> set[int]:
    """Returns those of the recipients who are no active subscribers, or none at all."""
    return set(tx.execute(_NOT_ACTIVES[tx.dialect.name], {"ids": json.dumps(recipients)}).scalars())
