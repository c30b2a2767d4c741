"""Statements over many rows of the ledger at once: what a fan-out's speed depends on.

The rows travel as one JSON text, which both databases take apart themselves. One statement a row costs
PostgreSQL five times as much, and SQLite lets go of the interpreter's lock around each.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, TextClause, bindparam, text

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
        state = one.state, retry_at = {later}, tries = one.tries, faults = one.faults, code = one.code,
        detail = one.detail, changed_at = {now}
    FROM (
        SELECT
            CAST(one.value->>0 AS bigint) AS mailing_id,
            CAST(one.value->>1 AS bigint) AS recipient_id,
            CAST(one.value->>2 AS integer) AS attempt,
            one.value->>3 AS state,
            CAST(one.value->>4 AS double precision) AS wait,
            CAST(one.value->>5 AS integer) AS tries,
            CAST(one.value->>6 AS integer) AS faults,
            CAST(one.value->>7 AS integer) AS code,
            one.value->>8 AS detail,
            CAST(:worker_id AS varchar) AS worker_id,
            'claimed' AS claimed
            {place}
        FROM {rows} LIMIT {as_many}
    ) AS one
    WHERE {is_there} AND delivery.attempt = one.attempt AND delivery.worker_id = one.worker_id
        AND delivery.state = one.claimed
"""
# PostgreSQL cannot know how few rows the texts hold. Left to itself it compares them with all that are or
# lately were claimed: 60 to 4,000 µs a row, not 15. So each is looked up, found where it is, and nothing
# is said of `delivery` alone that would make it begin there. Without a limit the texts would be taken apart
# anew for each comparison.
_PLACE = """
            , (SELECT ctid FROM delivery AS there
               WHERE there.mailing_id = CAST(one.value->>0 AS bigint)
                   AND there.recipient_id = CAST(one.value->>1 AS bigint)) AS place
"""
_MORE_THAN_ANY_GROUP = 1_000_000
# A look-up for each: a join would read the whole table on PostgreSQL.
_NOT_ACTIVE = """
    SELECT CAST(one.value AS bigint) FROM {ids}
    WHERE COALESCE((SELECT state FROM subscriber WHERE id = CAST(one.value AS bigint)), '') <> 'active'
"""
_IDS = {
    "sqlite": "json_each(:ids) AS one",
    "postgresql": "json_array_elements_text(CAST(:ids AS json)) AS one(value)",
}
_SETTLE_WORDS = {
    "sqlite": {
        "rows": "json_each(:rows) AS one",
        # As SQLAlchemy keeps instants: with six digits after the second, of which SQLite knows three.
        "now": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
        "later": "strftime('%Y-%m-%d %H:%M:%f', 'now', one.wait || ' seconds') || '000'",
        "place": "",
        "is_there": "delivery.mailing_id = one.mailing_id AND delivery.recipient_id = one.recipient_id",
    },
    "postgresql": {
        "rows": "json_array_elements(CAST(:rows AS json)) AS one(value)",
        "now": "clock_timestamp()",
        "later": "clock_timestamp() + one.wait * interval '1 second'",
        "place": _PLACE,
        "is_there": "delivery.ctid = one.place",
    },
}
_NOW = bindparam("now", type_=UtcDateTime())
_INSERTS = {name: text(_INSERT.format(ids=ids)).bindparams(_NOW) for name, ids in _IDS.items()}
_NOT_ACTIVES = {name: text(_NOT_ACTIVE.format(ids=ids)) for name, ids in _IDS.items()}
_SETTLES = {
    name: text(_SETTLE.format(as_many=_MORE_THAN_ANY_GROUP, **words)) for name, words in _SETTLE_WORDS.items()
}


def insert_claimed(
    tx: Connection, mailing_id: int, recipients: Sequence[int], *, worker_id: str, now: datetime
) -> None:
    """Adds deliveries that `worker_id` has in hand."""
    given = {"mailing_id": mailing_id, "ids": json.dumps(recipients), "worker_id": worker_id, "now": now}
    tx.execute(_INSERTS[tx.dialect.name], given)


def settling(
    dialect: str, worker_id: str, rows: Sequence[SettledRow]
) -> tuple[TextClause, dict[str, object]]:
    """Returns the statement, with its values, that ends or requeues claims that still are `worker_id`'s.

    It goes by database time, and changes as many rows as there were such claims.
    """
    return _SETTLES[dialect], {"rows": json.dumps(rows), "worker_id": worker_id}


def not_active_among(tx: Connection, recipients: Sequence[int]) -> set[int]:
    """Returns those of the recipients who are no active subscribers, or none at all."""
    return set(tx.execute(_NOT_ACTIVES[tx.dialect.name], {"ids": json.dumps(recipients)}).scalars())
