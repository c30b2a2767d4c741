"""An application on a real database of each kind, and callers of every role."""

import io
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from outage_service import logs
from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services import tokens
from outage_service.services.engine import Engine
from outage_service.web.app import create_app
from tests.builders import THURSDAY_10H
from tests.engines import an_engine
from tests.support.logging import log_plainly
from tests.support.postgres import PostgresDatabases
from tests.web.client import Api


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands at Thursday 10:00 until a test moves it."""
    return VirtualClock(THURSDAY_10H)


@pytest.fixture
def engine(database_url: str, clock: VirtualClock) -> Iterator[Engine]:
    """What the use cases work with, on each kind of database; no snapshot and no sender listens."""
    made = an_engine(database_url, clock)
    yield made
    made.db.close()


@pytest.fixture(scope="module")
def quiet(sqlite_of_module: str) -> Iterator[Api]:
    """Somebody without a token, where there never was an outage."""
    made = an_engine(sqlite_of_module)
    yield Api(create_app(made))
    made.db.close()


@pytest.fixture(scope="module")
def postgresql_of_module(postgres_databases: PostgresDatabases, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database for tests that write nothing."""
    name = postgres_databases.create(template=postgres_template)
    yield postgres_databases.url(name)
    postgres_databases.drop(name)


@pytest.fixture(scope="module")
def sqlite_of_module(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    """A migrated SQLite database for tests that write nothing."""
    copy = tmp_path_factory.mktemp("module") / "outage.db"
    return f"sqlite:///{shutil.copyfile(sqlite_template, copy)}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine_of_module(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine, on each kind of database, for tests that write nothing."""
    made = an_engine(request.getfixturevalue(f"{request.param}_of_module"))
    yield made
    made.db.close()


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    """The application."""
    return create_app(engine)


Callers = Callable[[Role | None], Api]


def callers_of(app: FastAPI, engine: Engine) -> Callers:
    """Returns what makes callers of a role; None is the public."""
    return lambda role: Api(app, a_token(engine, role) if role else None)


def a_token(engine: Engine, role: Role) -> str:
    """Returns a new token of a role."""
    return engine.db.write(lambda tx: tokens.create(engine, tx, name=f"a-{role}", role=role, valid_for=None))


@pytest.fixture
def caller(app: FastAPI, engine: Engine) -> Callers:
    """Makes callers of a role."""
    return callers_of(app, engine)


@pytest.fixture
def public(caller: Callers) -> Api:
    """Somebody without a token."""
    return caller(None)


@pytest.fixture
def tccu(caller: Callers) -> Api:
    """An operator for all systems."""
    return caller(Role.TCCU)


@pytest.fixture
def ctsu(caller: Callers) -> Api:
    """An operator for CAD/API and the CCP."""
    return caller(Role.CTSU)


@pytest.fixture
def admin(caller: Callers) -> Api:
    """An administrator."""
    return caller(Role.ADMIN)


@pytest.fixture
def auditor(caller: Callers) -> Api:
    """An auditor."""
    return caller(Role.AUDITOR)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged during the test, as in production."""
    root, stream = logging.getLogger(), io.StringIO()
    before = (root.handlers, root.level)
    logs.configure("INFO", stream)
    yield stream
    root.handlers, root.level = before
    log_plainly()
