"""Whether the process lives, whether it can do its work, and its figures: for this machine's own programs."""

from typing import Literal

import structlog
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from outage_service.services import queries
from outage_service.services.engine import Engine
from outage_service.services.queries import DatabaseReadiness
from outage_service.services.write_health import WriteHealth
from outage_service.storage.delivery_reports import Figures
from outage_service.storage.failures import DATABASE_ERRORS
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.metrics import CONTENT_TYPE
from outage_service.web.schemas.common import Shown
from outage_service.web.security import LOCAL
from outage_service.web.state import StateOfApp, WebState

log = structlog.get_logger(__name__)

TICK_AT_MOST_SECONDS = 90.0
"""Longer than any tick should take; ticks come every few seconds (P22)."""

router = APIRouter(tags=["health"], route_class=StrictRoute, dependencies=[LOCAL])

Reason = Literal[
    "database_unreachable",
    "database_not_migrated",
    "database_not_writable",
    "scheduler_silent",
    "no_sender",
]


class Alive(Shown):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(Shown):
    """Whether all parts work; `reasons` name those that do not."""

    status: Literal["ready", "not_ready"]
    reasons: list[Reason]
    alerts: list[str] = Field(
        description="What operators were alerted of and is not over. It makes nothing unready: a relay"
        " that is down must not keep an outage from being declared.",
        examples=[["relay_paused"]],
    )


@router.get("/healthz", operation_id="get_health", responses=problems(401, 403))
async def get_health() -> Alive:
    """Whether the process lives. Nothing else is asked."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="get_readiness",
    responses=problems(401, 403) | {503: {"model": Readiness, "description": "Something does not work."}},
)
def get_readiness(state: StateOfApp, response: Response) -> Readiness:
    """Whether the database is there, migrated and writable, the scheduler ticks and somebody sends (P22)."""
    found = _check_database(state.engine)
    reasons = _database_reasons(found, state.engine.write_health) + _scheduler_reasons(state)
    response.status_code = 503 if reasons else 200
    alerts = list(found.alerts) if found else []
    return Readiness(status="not_ready" if reasons else "ready", reasons=reasons, alerts=alerts)


def _check_database(engine: Engine) -> DatabaseReadiness | None:
    try:
        return queries.check_database(engine)
    except DATABASE_ERRORS:
        log.exception("readiness_database_failed")
        return None


def _database_reasons(found: DatabaseReadiness | None, write_health: WriteHealth) -> list[Reason]:
    if found is None:
        return ["database_unreachable"]
    if not found.is_migrated:
        return ["database_not_migrated"]
    if write_health.is_refused:  # a sender could not even record that it is alive
        return ["database_not_writable"]
    return [] if found.has_senders else ["no_sender"]


def _scheduler_reasons(state: WebState) -> list[Reason]:
    scheduler = state.scheduler
    is_silent = scheduler is not None and scheduler.seconds_since_tick() > TICK_AT_MOST_SECONDS
    return ["scheduler_silent"] if is_silent else []


@router.get(
    "/metrics",
    operation_id="get_metrics",
    response_class=Response,
    responses=problems(401, 403)
    | {200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_metrics(state: StateOfApp) -> Response:
    """Figures for Prometheus; while the database is away, those that do not need it."""
    engine = state.engine
    publisher = engine.publisher
    text = state.metrics.text(
        _figures(engine),
        now=engine.clock(),
        is_writable=not engine.write_health.is_refused,
        is_published=None if publisher is None else not publisher.has_failed,
    )
    return Response(text, media_type=CONTENT_TYPE)


def _figures(engine: Engine) -> Figures | None:
    try:
        with engine.db.read() as tx:
            return queries.count(engine, tx)
    except DATABASE_ERRORS:
        log.exception("metrics_database_failed")
        return None
