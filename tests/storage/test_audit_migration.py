"""P31, P24: what stood in the audit log before it was a chain becomes the beginning of the chain."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from outage_service.services import audit_log
from outage_service.storage.migrate import upgrade
from tests.support.postgres import PostgresDatabases

ROW = "INSERT INTO audit (at, actor, action, outage_id, detail) VALUES (:at, 'ann', 'note', 7, :detail)"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_from_before_are_chained(
    kind: str, tmp_path: Path, postgres_databases: PostgresDatabases
) -> None:
    name = postgres_databases.create() if kind == "postgresql" else ""
    url = postgres_databases.url(name) if name else f"sqlite:///{tmp_path / 'old.db'}"
    upgrade(url, "0002")
    engine = create_engine(url)
    with engine.begin() as connection:
        for minute in range(3):
            at = f"2026-11-26 15:0{minute}:00.000000"
            connection.execute(text(ROW), {"at": at, "detail": f'{{"é": {minute}.5, "a": [null]}}'})
    upgrade(url)
    with engine.connect() as connection:
        found = audit_log.verify(connection)
    engine.dispose()
    if name:
        postgres_databases.drop(name)
    assert (found.broken, found.unsealed, found.head.position) == (None, 0, 3)
