"""Somebody of each role at the console."""

import pytest
from fastapi import FastAPI

from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from tests.desk import Desk, a_desk


@pytest.fixture
def tccu_desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator for all systems."""
    return a_desk(app, engine, Role.TCCU)


@pytest.fixture
def ctsu_desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator for CAD/API and the CCP."""
    return a_desk(app, engine, Role.CTSU)


@pytest.fixture
def admin_desk(app: FastAPI, engine: Engine) -> Desk:
    """An administrator."""
    return a_desk(app, engine, Role.ADMIN)


@pytest.fixture
def auditor_desk(app: FastAPI, engine: Engine) -> Desk:
    """An auditor."""
    return a_desk(app, engine, Role.AUDITOR)
