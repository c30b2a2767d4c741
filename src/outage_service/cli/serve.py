"""`serve`: API, pages, scheduler and sender in one process."""

from typing import Annotated, Any

import typer

from outage_service.cli.beginning import begin


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
    from outage_service.cli.serving import serve_pages  # noqa: PLC0415 - no other command waits for it

    serve_pages(settings, with_worker=not no_worker)
