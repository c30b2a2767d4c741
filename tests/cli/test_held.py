"""`hold` and `release`: mail that waits for an operator's word (P34)."""

from pathlib import Path

import pytest

from outage_service.storage.pulse import count_held
from tests.cli.commands import KEY, run
from tests.engines import an_engine
from tests.services.acts import declare, receivers, subscribe


@pytest.fixture
def folder(sqlite_url: str) -> Path:
    """Where a database has one bulletin to send to one person."""
    engine = an_engine(sqlite_url)
    subscribe(engine)
    declare(engine)
    engine.db.close()
    return Path(sqlite_url.removeprefix("sqlite:///")).parent


def test_mail_is_held_and_released_by_hand(folder: Path, sqlite_url: str) -> None:
    """P34: where nothing tells a copy from the database."""
    held = run(folder, "hold", DATABASE_URL=sqlite_url, SECRET_KEY=KEY)
    assert (held.status, held.out) == (0, "1 mailings are held.\n")
    engine = an_engine(sqlite_url)
    assert receivers(engine) == []
    with engine.db.read() as tx:
        assert count_held(tx) == 1
    released = run(folder, "release", DATABASE_URL=sqlite_url, SECRET_KEY=KEY)
    assert (released.status, released.out) == (0, "1 mailings are released.\n")
    assert receivers(engine) == [1]
    engine.db.close()
