"""The pages of the console that are not acts on outages; `web.app` serves them."""

from outage_service.web.pages.console import (
    audit,
    board,
    deliveries,
    external_outages,
    outage_reports,
    overrides,
    regional,
    sign_in,
    sign_in_provider,
    subscriber_import,
    subscribers,
    suppressions,
    users,
)

ROUTERS = (
    sign_in.router,
    sign_in_provider.router,
    board.router,
    deliveries.router,
    external_outages.router,
    suppressions.router,
    regional.router,
    overrides.router,
    subscriber_import.router,
    subscribers.router,
    audit.router,
    outage_reports.router,
    users.router,
)
