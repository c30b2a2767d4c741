"""Figures for Prometheus: requests counted as they come, the rest read from the database (P22)."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.rendering.letters import AlertKind
from outage_service.storage.delivery_reports import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures of one application; no registry is shared with another."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "outage_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )

    def count(self, method: str, route: str, status: int) -> None:
        """Counts one request that was answered; `route` is the pattern, never the path."""
        self._requests.labels(_known(method), route, str(status)).inc()

    def text(
        self, figures: Figures | None, *, now: datetime, is_writable: bool, is_published: bool | None
    ) -> bytes:
        """Returns all figures.

        Args:
            figures: None where the database cannot be reached.
            now: service time.
            is_writable: whether the database takes writes.
            is_published: whether the files for the web server are written; None where nobody asked for them.
        """
        now_read = CollectorRegistry()
        now_read.register(_FromDatabase(figures, now, is_writable=is_writable))
        if is_published is not None:
            name, meaning = "outage_published", "Whether this process can write OUTAGE_PUBLISH_DIR."
            Gauge(name, meaning, registry=now_read).set(is_published)
        return generate_latest(self._registry) + generate_latest(now_read)


def _known(method: str) -> str:
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"


class _FromDatabase(Collector):
    def __init__(self, figures: Figures | None, now: datetime, *, is_writable: bool) -> None:
        self._figures = figures
        self._now = now
        self._is_writable = is_writable

    def collect(self) -> Iterator[Metric]:
        """Yields what one reading of the database shows."""
        found = self._figures
        yield GaugeMetricFamily(
            "outage_database_up", "Whether the database was reached.", value=found is not None
        )
        if found is None:
            return
        yield GaugeMetricFamily(
            "outage_database_writable", "Whether the database takes writes.", value=self._is_writable
        )
        yield GaugeMetricFamily("outage_workers", "Senders that live, on any host.", value=found.workers)
        late = max(0.0, (self._now - found.oldest_due_at).total_seconds()) if found.oldest_due_at else 0.0
        yield GaugeMetricFamily(
            "outage_oldest_due_seconds", "How late the oldest bulletin due is.", value=late
        )
        bulletins = GaugeMetricFamily("outage_bulletins", "Bulletins issued.", labels=["kind"])
        for kind in BulletinKind:
            bulletins.add_metric([kind], found.bulletins.get(kind, 0))
        yield bulletins
        deliveries = GaugeMetricFamily(
            "outage_deliveries", "Deliveries of the last 72 hours' mailings.", labels=["state"]
        )
        for state in DeliveryState:
            deliveries.add_metric([state], found.deliveries.get(state, 0))
        yield deliveries
        yield from _troubles(found)


def _troubles(found: Figures) -> Iterator[Metric]:
    alerts = GaugeMetricFamily(
        "outage_alerts", "What operators were alerted of and is not over.", labels=["kind"]
    )
    for kind in AlertKind:
        alerts.add_metric([kind], found.alerts.get(kind, 0))
    yield alerts
    yield GaugeMetricFamily(
        "outage_bulletins_paused", "Bulletins that the relay refuses.", value=found.paused
    )
    suppressions = GaugeMetricFamily(
        "outage_suppressions", "Addresses that are written to no more.", labels=["reason"]
    )
    for reason in SuppressionReason:
        suppressions.add_metric([reason], found.suppressions.get(reason, 0))
    yield suppressions
