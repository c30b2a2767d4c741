"""The pages of the console that are not acts on outages; `web.app` serves them."""

from outage_service.web.pages.console import (
    addresses,
    audit,
    board,
    deliveries,
    external,
    overrides,
    reports,
    sign_in,
    sign_in_provider,
    subscriber_import,
    subscribers,
    users,
)

ROUTERS = (
    sign_in.router,
    sign_in_provider.router,
    board.router,
    deliveries.router,
    external.router,
    addresses.router,
    overrides.router,
    subscriber_import.router,
    subscribers.router,
    audit.router,
    reports.router,
    users.router,
)
