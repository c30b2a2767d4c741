"""Recording what became of claims: what a fan-out's speed depends on, beside the claims themselves.

Outcomes travel as one JSON text, which both databases take apart themselves. One statement a row costs
PostgreSQL five times as much, and SQLite lets go of the interpreter's lock around each.
"""

import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, text

from outage_service.storage.database import Database
from outage_service.storage.deliveries import Settlement

OwnOutcome = tuple[int, str | None, float | None]
"""Recipient, detail, and seconds to wait where queued: what differs even where a relay takes everybody."""


class SharedOutcome(NamedTuple):
    """What outcomes that are recorded by one statement have in common: in a fan-out, nearly all there are."""

    mailing_id: int
    attempt: int
    state: str
    tries: int
    faults: int
    code: int | None


# What is bound stands in the inner query, for PostgreSQL's sake: see below.
_SETTLE = """
    UPDATE delivery SET
        state = one.state, retry_at = {later}, tries = one.tries, faults = one.faults, code = one.code,
        detail = one.detail, changed_at = {now}
    FROM (
        SELECT
            CAST(one.value->>0 AS bigint) AS recipient_id,
            one.value->>1 AS detail,
            CAST(one.value->>2 AS double precision) AS wait,
            CAST(:mailing_id AS bigint) AS mailing_id,
            CAST(:attempt AS integer) AS attempt,
            CAST(:state AS varchar) AS state,
            CAST(:tries AS integer) AS tries,
            CAST(:faults AS integer) AS faults,
            CAST(:code AS integer) AS code,
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
               WHERE there.mailing_id = CAST(:mailing_id AS bigint)
                   AND there.recipient_id = CAST(one.value->>0 AS bigint)) AS place
"""
_MORE_THAN_ANY_GROUP = 1_000_000
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
_SETTLES = {
    name: text(_SETTLE.format(as_many=_MORE_THAN_ANY_GROUP, **words)) for name, words in _SETTLE_WORDS.items()
}


def settle(tx: Connection, worker_id: str, settlements: Sequence[Settlement]) -> int:
    """Records what became of claims and returns how many were still this worker's (P9)."""
    statements = _settling(tx.dialect.name, worker_id, settlements)
    return sum(tx.execute(statement, values).rowcount for statement, values in statements)


def submit_settling(db: Database, worker_id: str, settlements: Sequence[Settlement]) -> Future[int]:
    """Returns at once; the future ends as `settle` would have, in a transaction of its own."""
    statements = _settling(db.url.get_backend_name(), worker_id, settlements)
    if len(statements) == 1:
        return db.submit_update(*statements[0])
    return db.submit(lambda tx: settle(tx, worker_id, settlements))


def _settling(
    dialect: str, worker_id: str, settlements: Sequence[Settlement]
) -> list[tuple[TextClause, dict[str, object]]]:
    alike: dict[SharedOutcome, list[OwnOutcome]] = {}
    for claim, state, retry_in, tries, faults, code, detail, _ in settlements:
        shared = SharedOutcome(claim.mailing_id, claim.attempt, state, tries, faults, code)
        wait = None if retry_in is None else round(retry_in.total_seconds(), 3)
        alike.setdefault(shared, []).append((claim.recipient_id, detail, wait))
    return [settling(dialect, worker_id, shared, rows) for shared, rows in alike.items()]


def settling(
    dialect: str, worker_id: str, shared: SharedOutcome, rows: Sequence[OwnOutcome]
) -> tuple[TextClause, dict[str, object]]:
    """Returns the statement, with its values, that ends or requeues claims that still are `worker_id`'s.

    It goes by database time, and changes as many rows as there were such claims.
    """
    return _SETTLES[dialect], {"rows": json.dumps(rows), "worker_id": worker_id, **shared._asdict()}
