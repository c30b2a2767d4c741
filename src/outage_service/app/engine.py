"""What the use cases work with, put together from the settings."""

import socket
from datetime import timedelta
from functools import partial

from outage_service.channels.email.addresses import Sender as MailSender
from outage_service.clock import Clock, system_clock
from outage_service.content import load_content
from outage_service.content.holidays import cbsa_holidays
from outage_service.domain.calendar import BusinessCalendar
from outage_service.edge.publish import Publisher
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.services.engine import Engine
from outage_service.services.limits import SubscriptionLimits
from outage_service.settings import Settings, SettingsError, load_secret_key
from outage_service.storage.database import Database, open_database
from outage_service.storage.diagnosis import has_records


def build_engine(settings: Settings, *, clock: Clock = system_clock, db: Database | None = None) -> Engine:
    """Returns what the use cases work with; `db` stands in for the settings' database (drills)."""
    db = db or open_database(settings.database_url)
    calendar = BusinessCalendar(cbsa_holidays()) if settings.observe_holidays else BusinessCalendar()
    return Engine(
        db=db,
        clock=clock,
        calendar=calendar,
        composer=BulletinComposer(load_content(), settings.base_url, test_mode=settings.test_mode),
        sender=MailSender.parse(settings.mail_from),
        secret_key=_secret_key(settings, db),
        base_url=settings.base_url,
        operator_email=settings.operator_email,
        canary_email=settings.canary_email,
        escalation_email=settings.escalation_email,
        bounce_address=settings.bounce_address,
        subscription_limits=SubscriptionLimits(settings.subscriptions_per_hour, settings.letters_per_hour),
        retention=timedelta(days=settings.retention_days),
        publisher=Publisher(settings.publish_dir, socket.gethostname()) if settings.publish_dir else None,
    )


def _secret_key(settings: Settings, db: Database) -> bytes:
    try:
        return load_secret_key(settings, has_records=partial(has_records, db))
    except SettingsError:
        db.close()  # it was asked, and nobody gets it
        raise
