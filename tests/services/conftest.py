"""A real engine on each kind of database, and its clock."""

from collections.abc import Iterator

import pytest

from outage_service.clock import VirtualClock
from outage_service.services.engine import Engine
from tests.builders import THURSDAY_10H
from tests.engines import an_engine


@pytest.fixture
def clock() -> VirtualClock:
    """Thursday 2026-11-26 10:00 in Toronto until it is moved."""
    return VirtualClock(THURSDAY_10H)


@pytest.fixture
def engine(database_url: str, clock: VirtualClock) -> Iterator[Engine]:
    """An engine with `clock`; the test runs once on each kind of database."""
    found = an_engine(database_url, clock)
    yield found
    found.db.close()
