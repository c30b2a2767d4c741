"""`serve`: API, pages, scheduler and sender in one process."""

import socket
from typing import Annotated, Any

import structlog
import typer
import uvicorn

from outage_service.app import build_service
from outage_service.cli.beginning import begin, started
from outage_service.cli.listening import listening, server_config, url_of
from outage_service.cli.signals import on_signal
from outage_service.settings import Settings

log = structlog.get_logger(__name__)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else OUTAGE_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; else OUTAGE_PORT.")
    ] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave the cadence and the mail to `worker` processes.")
    ] = False,
) -> None:
    """Serve API and pages, keep the cadence, send the mail.

    An SQLite file is migrated; a PostgreSQL database must have been (`outage-service migrate`). Neither the
    database nor the relay needs to be reachable at the start. SIGTERM ends it after what is under way.
    """
    given: dict[str, Any] = {"host": host, "port": port}
    settings = begin(**{name: value for name, value in given.items() if value is not None})
    with listening(settings.host, settings.port) as listener:
        _serve_on(listener, settings, with_worker=not no_worker)


def _serve_on(listener: socket.socket, settings: Settings, *, with_worker: bool) -> None:
    service = build_service(settings)
    server = uvicorn.Server(server_config(service.asgi))

    def stop() -> None:
        server.should_exit = True

    with on_signal(stop), started(service, settings, with_worker=with_worker):
        log.info("serving", url=url_of(listener), with_worker=with_worker)
        server.run(sockets=[listener])
    log.info("stopped")
