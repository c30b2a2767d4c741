"""One process's service: every part of it, put together from the settings."""

from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp

from outage_service.app.engine import build_engine
from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay
from outage_service.channels.oidc.errands import IdentityProvider
from outage_service.clock import Clock, system_clock
from outage_service.content import load_content
from outage_service.edge.asgi import EdgeApp
from outage_service.edge.holder import SnapshotHolder
from outage_service.services.engine import Engine
from outage_service.services.snapshot import SnapshotKeeper, nothing_known
from outage_service.settings import Settings, SettingsError
from outage_service.web.app import create_app
from outage_service.web.pages.status import HomePage
from outage_service.worker.runtime import Worker
from outage_service.worker.sender import SenderOptions

log = structlog.get_logger(__name__)


WAIT_FOR_OTHERS_SECONDS = 10.0
"""How long a process that ends waits for another one that has the SQLite file in hand."""


@dataclass(frozen=True)
class Service:
    """One process's service: the engine, the prepared pages, the web application and the worker."""

    engine: Engine
    keeper: SnapshotKeeper
    holder: SnapshotHolder
    worker: Worker
    asgi: ASGIApp

    def start(self, *, with_worker: bool = True) -> None:
        """Starts working; without a worker, only the prepared pages are kept true."""
        self.engine.after_commit.insert(0, self.look)
        self.look()
        self.worker.start(with_sender=with_worker)

    def look(self) -> None:
        """Rebuilds the prepared pages if an act has changed what is told, such as a declaration.

        A subscription does not. A failure is logged: an act that is durable must be answered so.
        """
        try:
            self.keeper.look()
        except Exception:
            log.exception("snapshot_failed")

    def stop(self) -> None:
        """Ends the worker after what is under way, and all connections."""
        self.engine.db.end_waiting(within_seconds=WAIT_FOR_OTHERS_SECONDS)
        self.worker.stop()
        self.engine.db.close()


def build_service(settings: Settings, *, clock: Clock = system_clock) -> Service:
    """Returns the service that `settings` describe; nothing is started or connected yet.

    Raises:
        RelayError: `smtp_url` is no relay's address.
        SettingsError: an identity provider is set and the extra `oidc` is not installed.
    """
    engine = build_engine(settings, clock=clock).watched()
    content = load_content()
    home = HomePage(content, engine.calendar, engine.base_url)
    holder = SnapshotHolder(nothing_known(content, home))
    keeper = SnapshotKeeper(engine, content, holder, home)
    relay = Relay.parse(settings.smtp_url)
    worker = Worker(
        engine,
        lambda: _mail_pool(settings, relay),
        SenderOptions(
            lanes=settings.smtp_connections, window=settings.uncertain_limit, is_alone=settings.is_sqlite
        ),
        tick_seconds=settings.tick_seconds,
        refresh=keeper.check,
        look=keeper.look,
    )
    web = create_app(
        engine,
        worker=worker,
        trusted_proxies=settings.trusted_proxies,
        identity_provider=_identity_provider(settings),
    )
    asgi = EdgeApp(holder, web, clock, is_https=engine.base_url.startswith("https:"))
    return Service(engine, keeper, holder, worker, asgi)


def _mail_pool(settings: Settings, relay: Relay) -> MailPool:
    only_to = frozenset(settings.test_recipients) if settings.test_mode else None
    return MailPool(relay, only_to=only_to, connections=settings.smtp_connections)


def _identity_provider(settings: Settings) -> IdentityProvider | None:
    if not settings.oidc_issuer:
        return None
    try:
        from outage_service.channels.oidc.provider import OpenIdProvider  # noqa: PLC0415 — an extra
    except ImportError as error:
        raise SettingsError(
            ["OUTAGE_OIDC_ISSUER needs the extra oidc: pip install 'outage-service[oidc]'"]
        ) from error
    secret = settings.oidc_client_secret.get_secret_value()
    return OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, secret)
