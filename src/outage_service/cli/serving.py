"""What `serve` and `worker` run. Only they load it: the web takes a second, which no other command has."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from outage_service.app.service import Service, build_service
from outage_service.cli.beginning import require_schema
from outage_service.cli.faults import Fault
from outage_service.cli.listening import listening, server_config, url_of
from outage_service.cli.signals import on_signal, signal_awaited
from outage_service.settings import Settings
from outage_service.storage.database import Database
from outage_service.storage.failures import DATABASE_ERRORS

log = structlog.get_logger(__name__)

TRY_AGAIN_SECONDS = 5.0


def serve_pages(settings: Settings, *, with_worker: bool) -> None:
    """Serves API and pages, and works unless others do, until a signal ends it."""
    with listening(settings.host, settings.port) as listener:
        _serve_on(listener, settings, with_worker=with_worker)


def work(settings: Settings) -> None:
    """Works without API and pages until a signal ends it."""
    service = build_service(settings)
    with signal_awaited() as wait_for_signal, _started(service, settings):
        log.info("working")
        wait_for_signal()
    log.info("stopped")


def _serve_on(listener: socket.socket, settings: Settings, *, with_worker: bool) -> None:
    service = build_service(settings)
    server = uvicorn.Server(server_config(service.asgi))

    def stop() -> None:
        server.should_exit = True

    with on_signal(stop), _started(service, settings, with_worker=with_worker):
        log.info("serving", url=url_of(listener), with_worker=with_worker)
        server.run(sockets=[listener])
    log.info("stopped")


@contextmanager
def _started(service: Service, settings: Settings, *, with_worker: bool = True) -> Iterator[None]:
    """Starts a service and stops it after what is under way; its database need not be reachable (decision 8).

    An embedded database that is not is migrated as soon as it can be; until then nothing is known, and so
    it is said.

    Raises:
        Fault: a shared database can be reached and is not migrated.
    """
    stopped = threading.Event()
    try:
        require_schema(service.engine.db, is_own=settings.is_sqlite)
    except DATABASE_ERRORS:
        log.exception("database_unreachable")
        if settings.is_sqlite:
            args = (service.engine.db, stopped)
            threading.Thread(target=_keep_trying, args=args, name="migration", daemon=True).start()
    except Fault:
        service.engine.db.close()
        raise
    service.start(with_worker=with_worker)
    try:
        yield
    finally:
        stopped.set()
        service.stop()


def _keep_trying(db: Database, stopped: threading.Event) -> None:
    while not stopped.wait(TRY_AGAIN_SECONDS):
        try:
            require_schema(db, is_own=True)
        except DATABASE_ERRORS:
            log.warning("database_unreachable")
        else:
            return
