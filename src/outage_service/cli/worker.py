"""`worker`: scheduler and sender without the API."""

import structlog

from outage_service.app import build_service
from outage_service.cli.beginning import begin, started
from outage_service.cli.signals import signal_awaited

log = structlog.get_logger(__name__)


def worker() -> None:
    """Keep the cadence and send the mail, without the API.

    Run as many as wanted, on any host, against one PostgreSQL. SIGTERM or SIGINT ends it after what is
    under way.
    """
    settings = begin()
    service = build_service(settings)
    with signal_awaited() as wait_for_signal, started(service, settings):
        log.info("working")
        wait_for_signal()
    log.info("stopped")
