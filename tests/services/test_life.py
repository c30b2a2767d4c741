"""Whatever happens to the engine in whatever order: promises 1, 2, 3, 5, 7, 8, 12, 14, 17 and 19."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.services.life import Life
from tests.support.postgres import PostgresDatabases

LIVES = {
    "short": settings(
        max_examples=12, stateful_step_count=25, deadline=None, print_blob=True, report_multiple_bugs=False
    ),
    "long": settings(
        max_examples=60, stateful_step_count=100, deadline=None, print_blob=True, report_multiple_bugs=False
    ),
}
NewUrl = Callable[[], str]


def live(new_url: NewUrl, length: str) -> None:
    profile = settings(LIVES[length], suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Life(new_url()), settings=profile)


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> NewUrl:
    """Makes a database of its own for each life."""

    def new() -> str:
        name = f"{len(list(tmp_path.iterdir()))}.db"
        return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / name)}"

    return new


@pytest.fixture
def postgresql(postgres_databases: PostgresDatabases, postgres_template: str) -> Iterator[NewUrl]:
    """Makes a database of its own for each life."""
    made: list[str] = []

    def new() -> str:
        made.append(postgres_databases.create(template=postgres_template))
        return postgres_databases.url(made[-1])

    yield new
    for name in made:
        postgres_databases.drop(name)


def test_no_order_of_events_breaks_a_promise(sqlite: NewUrl) -> None:
    """P1, P2, P3, P5, P7, P8, P12, P14, P17, P19."""
    live(sqlite, "short")
    assert sqlite


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_order_of_events_breaks_a_promise_in_the_long_run(
    request: pytest.FixtureRequest, kind: str
) -> None:
    """P1, P2, P3, P5, P7, P8, P12, P14, P17, P19."""
    new_url: NewUrl = request.getfixturevalue(kind)
    live(new_url, "long")
    assert new_url
