"""`worker`: scheduler and sender without the API."""

import threading

import structlog

from outage_service.app import build_service
from outage_service.cli.beginning import begin, started
from outage_service.cli.signals import on_signal

log = structlog.get_logger(__name__)


def worker() -> None:
    """Keep the cadence and send the mail, without the API.

    Run as many as wanted, on any host, against one PostgreSQL. SIGTERM or SIGINT ends it after what is
    under way.
    """
    settings = begin()
    service = build_service(settings)
    ended = threading.Event()
    with on_signal(ended.set), started(service, settings):
        log.info("working")
        ended.wait()
    log.info("stopped")
