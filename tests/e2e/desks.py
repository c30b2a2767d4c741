"""Signing in to the console of a live service without its form, which has tests of its own."""

from playwright.sync_api import BrowserContext

from outage_service.domain.roles import Role
from outage_service.web.security import SESSION_COOKIE
from tests.desk import a_session
from tests.e2e.live import Site


def sign_in(context: BrowserContext, site: Site, role: Role, email: str | None = None) -> None:
    """Gives a browser the session of a role's user; Chromium takes this machine for secure without TLS."""
    cookie, https = a_session(site.engine, role, email), site.url.replace("http:", "https:")
    context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": https, "secure": True}])
