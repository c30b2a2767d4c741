"""What the use cases work with, put together once by `app`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

import structlog

from outage_service.channels.email.addresses import Sender
from outage_service.clock import Clock
from outage_service.domain.calendar import BusinessCalendar
from outage_service.edge.publish import Publisher
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.services.host_clock import HostClock
from outage_service.services.limits import SubscriptionLimits
from outage_service.services.subscriber_count import SubscriberCount
from outage_service.services.write_health import WriteHealth
from outage_service.storage import Connection
from outage_service.storage.database import Database
from outage_service.storage.watched import WatchedDatabase

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Engine:
    """The database, the clock and the fixed parts of every bulletin.

    Args:
        publisher: writes `PUBLISH_DIR`; None without that setting.
        after_commit: called, in order, after each committed act: refresh the snapshot, wake the sender.
    """

    db: Database
    clock: Clock
    calendar: BusinessCalendar
    composer: BulletinComposer
    sender: Sender
    secret_key: bytes
    base_url: str
    subscription_limits: SubscriptionLimits
    retention: timedelta
    operator_email: str = ""
    canary_email: str = ""
    escalation_email: str = ""
    bounce_address: str = ""
    subscriber_count: SubscriberCount = field(default_factory=SubscriberCount)
    write_health: WriteHealth = field(default_factory=WriteHealth)
    publisher: Publisher | None = None
    host_clock: HostClock = field(default_factory=HostClock)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    @property
    def escalation_address(self) -> str:
        """Who is told of a client's cybersecurity incident; blank: nobody, somebody has to call (R32)."""
        return self.escalation_email or self.operator_email

    @property
    def return_path(self) -> str:
        """The sender on the envelope: where reports of non-delivery go."""
        return self.bounce_address or self.sender.address

    def watched(self) -> "Engine":
        """Returns the same for a process that stays: its `write_health` learns of each write that fails."""
        return replace(self, db=WatchedDatabase(self.db, self.write_health.learn))

    def act(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned once it is durable and the snapshot tells of it (P17)."""
        result = self.db.write(work)
        self.announce()
        return result

    def announce(self) -> None:
        """Lets the parts of this process know that the state has changed.

        One that fails is logged: what is committed is done, whoever could not be told of it (P17).
        """
        for tell in self.after_commit:
            try:
                tell()
            except Exception:
                log.exception("announcing_failed")
