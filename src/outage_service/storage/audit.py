"""The audit log: one row in the transaction of each act."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from outage_service.storage.schema import audit


def record(
    tx: Connection,
    action: str,
    *,
    at: datetime,
    actor: str,
    outage_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Adds a row; `detail` holds ids and figures, never an address."""
    values = {"at": at, "actor": actor, "action": action, "outage_id": outage_id, "detail": detail or {}}
    tx.execute(insert(audit).values(**values))
