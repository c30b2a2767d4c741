"""`worker`: scheduler and sender without the API."""

from outage_service.cli.beginning import begin


def worker() -> None:
    """Keep the cadence and send the mail, without the API.

    Run as many as wanted, on any host, against one PostgreSQL. SIGTERM or SIGINT ends it after what is
    under way.
    """
    settings = begin()
    from outage_service.cli.serving import work  # noqa: PLC0415 - no other command waits for it

    work(settings)
