"""The web application: routers, middleware, errors and documentation, put together."""

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware import Middleware
from starlette.staticfiles import StaticFiles

from outage_service.services.engine import Engine
from outage_service.web import docs, errors
from outage_service.web.api import (
    acts,
    bulletins,
    health,
    outages,
    overrides,
    subscriber_files,
    subscribers,
    subscriptions,
    systems,
)
from outage_service.web.docs import DescribedApp
from outage_service.web.metrics import Metrics
from outage_service.web.middleware import BodyCap, CountRequests, HeadAsGet, LastResort, SecurityHeaders
from outage_service.web.pages import outages as outage_pages
from outage_service.web.pages import subscriptions as subscription_pages
from outage_service.web.security import access_rules
from outage_service.web.state import Scheduler, WebState

# Fixed paths stand before those with a variable in the same place.
ROUTERS = (
    systems.router,
    outages.router,
    acts.router,
    bulletins.router,
    overrides.router,
    subscriptions.router,
    subscriber_files.router,
    subscribers.router,
    outage_pages.router,
    subscription_pages.router,
    health.router,
)
_STATIC = Path(__file__).resolve().parent / "static"


def create_app(engine: Engine, *, worker: Scheduler | None = None) -> FastAPI:
    """Returns the application that serves `engine`; status and broadcasts are answered in front of it.

    Args:
        worker: this process's scheduler, which `/readyz` asks for its last tick; None where there is none.

    Raises:
        NoAccessRule: a route does not say who may call it.
    """
    metrics = Metrics()
    app = DescribedApp(
        title=docs.TITLE,
        version=version("outage-service"),
        description=docs.DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=docs.ANY_PROBLEM,
        middleware=[
            Middleware(SecurityHeaders, is_https=engine.base_url.startswith("https:")),
            Middleware(LastResort),
            Middleware(HeadAsGet),
            Middleware(CountRequests, count=metrics.count),
            Middleware(BodyCap, but=[subscriber_files.IMPORT_PATH]),
        ],
    )
    app.state.web = WebState(engine, metrics, worker)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    errors.install(app)
    list(access_rules(app.routes))
    return app
