"""Real engines: the database at a URL, a clock that a test moves, and everything else as in production."""

from datetime import datetime, timedelta

from outage_service.channels.email.addresses import Sender
from outage_service.clock import VirtualClock
from outage_service.content import load_content
from outage_service.domain.calendar import BusinessCalendar
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.services.engine import Engine
from outage_service.services.limits import SubscriptionLimits
from outage_service.storage.database import Database, open_database
from tests.builders import LITERAL, THURSDAY_10H

SECRET_KEY = b"a key that only tests use, long enough to be one"
BASE_URL = "https://outages.example.org"
SENDER = Sender("Outage bulletins", "bulletins@example.org")


def an_engine(
    database: str | Database,
    clock: VirtualClock | None = None,
    *,
    now: datetime = THURSDAY_10H,
    operator_email: str = "",
    canary_email: str = "",
    calendar: BusinessCalendar = LITERAL,
) -> Engine:
    """Returns an engine on a migrated database, open or by its URL; its clock stands still at `now`.

    Whoever opens it by URL closes it: `engine.db.close()`.
    """
    return Engine(
        db=open_database(database) if isinstance(database, str) else database,
        clock=clock or VirtualClock(now),
        calendar=calendar,
        composer=BulletinComposer(load_content(), BASE_URL),
        sender=SENDER,
        secret_key=SECRET_KEY,
        base_url=BASE_URL,
        subscription_limits=SubscriptionLimits(requests_per_address=20, letters=2_000),
        retention=timedelta(days=730),
        operator_email=operator_email,
        canary_email=canary_email,
    )
