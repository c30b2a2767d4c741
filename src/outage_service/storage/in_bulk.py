"""Statements over many rows of the ledger at once: what a fan-out's speed depends on.

The rows travel as one JSON text, which both databases take apart themselves: a statement for each row
costs PostgreSQL five times as much.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text

from outage_service.storage.types import UtcDateTime

_INSERT = """
    INSERT INTO delivery
        (mailing_id, recipient_id, state, attempt, tries, faults, worker_id, first_at, changed_at)
    SELECT :mailing_id, {id}, 'claimed', 1, 0, 0, :worker_id, :now, :now FROM {ids}
"""
_SETTLE = """
    UPDATE delivery SET state = {state}, retry_at = {retry_at}, tries = {tries}, faults = {faults},
        code = {code}, detail = {detail}, changed_at = {now}
    FROM {rows}
    WHERE delivery.mailing_id = {mailing_id} AND delivery.recipient_id = {recipient_id}
        AND delivery.attempt = {attempt} AND delivery.worker_id = :worker_id AND delivery.state = 'claimed'
"""
_FIELDS = {
    "mailing_id": "bigint", "recipient_id": "bigint", "attempt": "integer", "state": "text",
    "wait": "double precision", "tries": "integer", "faults": "integer", "code": "integer", "detail": "text",
}  # fmt: skip
_RECORD = ", ".join(f"{name} {kind}" for name, kind in _FIELDS.items())
_NOW = bindparam("now", type_=UtcDateTime())


# As SQLAlchemy keeps instants: with six digits after the second, of which SQLite knows three.
_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
_SQLITE_LATER = "strftime('%Y-%m-%d %H:%M:%f', 'now', (one.value->>'wait') || ' seconds') || '000'"

_INSERTS = {
    "sqlite": text(_INSERT.format(id="value", ids="json_each(:ids)")).bindparams(_NOW),
    "postgresql": text(
        _INSERT.format(
            id="CAST(value AS bigint)", ids="json_array_elements_text(CAST(:ids AS json)) AS value"
        )
    ).bindparams(_NOW),
}
_SETTLES = {
    "sqlite": text(
        _SETTLE.format(
            rows="json_each(:rows) AS one",
            now=_SQLITE_NOW,
            retry_at=_SQLITE_LATER,
            **{name: f"one.value->>'{name}'" for name in _FIELDS},
        )
    ),
    "postgresql": text(
        _SETTLE.format(
            rows=f"json_to_recordset(CAST(:rows AS json)) AS one({_RECORD})",
            now="clock_timestamp()",
            retry_at="clock_timestamp() + one.wait * interval '1 second'",
            **{name: f"one.{name}" for name in _FIELDS},
        )
    ),
}


def insert_claimed(
    tx: Connection, mailing_id: int, recipients: Sequence[int], *, worker_id: str, now: datetime
) -> None:
    """Adds deliveries that `worker_id` has in hand."""
    given = {"mailing_id": mailing_id, "ids": json.dumps(recipients), "worker_id": worker_id, "now": now}
    tx.execute(_INSERTS[tx.dialect.name], given)


def settle_claimed(tx: Connection, worker_id: str, rows: Sequence[dict[str, Any]]) -> int:
    """Ends or requeues claims that still are `worker_id`'s, by database time, and returns how many were.

    Each of `rows` has `mailing_id`, `recipient_id`, `attempt`, `state`, `wait` (seconds, where it is queued),
    `tries`, `faults`, `code` and `detail`; what is left out is null.
    """
    statement = _SETTLES[tx.dialect.name]
    return tx.execute(statement, {"rows": json.dumps(rows), "worker_id": worker_id}).rowcount
