"""The web application: routers, middleware, errors and documentation, put together."""

from collections.abc import Collection, Sequence
from functools import cache
from importlib.metadata import version
from os import stat_result
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from outage_service.channels.oidc.errands import IdentityProvider
from outage_service.services.engine import Engine
from outage_service.web import docs, errors
from outage_service.web.api import (
    acts,
    audit,
    bounces,
    bulletin_documents,
    bulletins,
    contingency,
    external_outages,
    health,
    outage_reports,
    outages,
    overrides,
    pauses,
    previews,
    records,
    regional,
    release_query,
    subscriber_files,
    subscribers,
    subscriptions,
    suppressions,
    systems,
    templates,
)
from outage_service.web.docs import DescribedApp
from outage_service.web.metrics import Metrics
from outage_service.web.middleware import (
    BodyCap,
    CountRequests,
    HeadAsGet,
    LastResort,
    PlainCookies,
    SecurityHeaders,
)
from outage_service.web.pages import about, archive, root, subscribe
from outage_service.web.pages import bulletins as bulletin_pages
from outage_service.web.pages import contingency as contingency_pages
from outage_service.web.pages import message_order as message_order_pages
from outage_service.web.pages import outages as outage_pages
from outage_service.web.pages import records as record_pages
from outage_service.web.pages import release_query as release_query_pages
from outage_service.web.pages import subscriptions as subscription_pages
from outage_service.web.pages.console import act_routers as console_acts
from outage_service.web.pages.console import routers as console
from outage_service.web.pages.console import subscriber_import
from outage_service.web.security import access_rules
from outage_service.web.state import Network, Scheduler, WebState

# Fixed paths stand before those with a variable in the same place.
ROUTERS = (
    systems.router,
    outages.router,
    previews.router,
    records.router,
    acts.router,
    templates.router,
    bulletins.router,
    pauses.router,
    bulletin_documents.router,
    contingency.router,
    release_query.router,
    overrides.router,
    audit.router,
    subscriptions.router,
    external_outages.router,
    outage_reports.router,
    regional.router,
    subscriber_files.router,
    subscribers.router,
    bounces.router,
    suppressions.router,
    contingency_pages.router,
    message_order_pages.router,
    release_query_pages.router,
    record_pages.router,
    root.router,
    archive.router,
    outage_pages.router,
    bulletin_pages.router,
    subscribe.router,
    about.router,
    subscription_pages.router,
    *console.ROUTERS,
    *console_acts.ROUTERS,
    health.router,
)
_STATIC = Path(__file__).resolve().parent / "static"


class _Assets(StaticFiles):
    """Style sheets and scripts: kept by browsers, and asked for again by their tag on every page."""

    def file_response(
        self, full_path: PathLike, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Returns a file, or that it has not changed."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def create_app(
    engine: Engine,
    *,
    worker: Scheduler | None = None,
    trusted_proxies: Collection[Network] = (),
    identity_provider: IdentityProvider | None = None,
) -> FastAPI:
    """Returns the application that serves `engine`; status and broadcasts are answered in front of it.

    Args:
        worker: this process's scheduler, which `/readyz` asks for its last tick; None where there is none.
        trusted_proxies: whose `X-Forwarded-For` is believed.
        identity_provider: who vouches for operators; None: they sign in by password only.

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
        middleware=_middleware(engine, metrics),
    )
    app.state.web = WebState(engine, metrics, worker, trusted_proxies, identity_provider)
    app.router.routes.extend(_routes())
    app.mount("/static", _Assets(directory=_STATIC), name="static")
    errors.install(app)
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """Returns the routes of all routers, each known to say who may call it.

    They find what they work with on the application that is asked, so that all applications of a process
    share them: to build them takes longer than most tests.
    """
    together = APIRouter(responses=docs.ANY_PROBLEM)
    for router in ROUTERS:
        together.include_router(router)
    list(access_rules(together.routes))
    return together.routes


def _middleware(engine: Engine, metrics: Metrics) -> list[Middleware]:
    """Returns what surrounds every request, from the outside."""
    return [
        Middleware(SecurityHeaders, is_https=engine.base_url.startswith("https:")),
        Middleware(LastResort),
        Middleware(HeadAsGet),
        Middleware(PlainCookies),
        Middleware(CountRequests, count=metrics.count),
        Middleware(
            BodyCap,
            but=[subscriber_files.IMPORT_PATH, bounces.BOUNCES_PATH],
            larger=dict.fromkeys(subscriber_import.IMPORT_PATHS, subscriber_import.BODY_AT_MOST),
            answer=errors.answer_to,
        ),
    ]
