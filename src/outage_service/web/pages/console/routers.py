"""The pages of the console that are not acts on outages; `web.app` serves them."""

from outage_service.web.pages.console import (
    audit,
    board,
    deliveries,
    overrides,
    sign_in,
    subscriber_import,
    subscribers,
    users,
)

ROUTERS = (
    sign_in.router,
    board.router,
    deliveries.router,
    overrides.router,
    subscriber_import.router,
    subscribers.router,
    audit.router,
    users.router,
)
