"""Statements over many recipients at once; their ids travel as one JSON text, taken apart by the database."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from outage_service.storage.types import UtcDateTime

_INSERT = """
    INSERT INTO delivery
        (mailing_id, recipient_id, state, attempt, tries, faults, worker_id, first_at, changed_at)
    SELECT :mailing_id, CAST(one.value AS bigint), 'claimed', 1, 0, 0, :worker_id, :now, :now FROM {ids}
"""
# A look-up for each: a join would read the whole table on PostgreSQL.
_NOT_ACTIVE = """
    SELECT CAST(one.value AS bigint) FROM {ids}
    WHERE COALESCE((SELECT state FROM subscriber WHERE id = CAST(one.value AS bigint)), '') <> 'active'
"""
_IDS = {
    "sqlite": "json_each(:ids) AS one",
    "postgresql": "json_array_elements_text(CAST(:ids AS json)) AS one(value)",
}
_NOW = bindparam("now", type_=UtcDateTime())
_INSERTS = {name: text(_INSERT.format(ids=ids)).bindparams(_NOW) for name, ids in _IDS.items()}
_NOT_ACTIVES = {name: text(_NOT_ACTIVE.format(ids=ids)) for name, ids in _IDS.items()}


def insert_claimed(
    tx: Connection, mailing_id: int, recipients: Sequence[int], *, worker_id: str, now: datetime
) -> None:
    """Adds deliveries that `worker_id` has in hand."""
    given = {"mailing_id": mailing_id, "ids": json.dumps(recipients), "worker_id": worker_id, "now": now}
    tx.execute(_INSERTS[tx.dialect.name], given)


def not_active_among(tx: Connection, recipients: Sequence[int]) -> set[int]:
    """Returns those of the recipients who are no active subscribers, or none at all."""
    return set(tx.execute(_NOT_ACTIVES[tx.dialect.name], {"ids": json.dumps(recipients)}).scalars())
