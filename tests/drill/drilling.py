"""Runs a scenario as `drill` does, without the settings."""

from datetime import timedelta

from outage_service.channels.email.addresses import Sender
from outage_service.clock import VirtualClock
from outage_service.content import load_content
from outage_service.domain.calendar import BusinessCalendar
from outage_service.drill.run import Issued, run_scenario
from outage_service.drill.scenario import read_scenario
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.services.engine import Engine
from outage_service.services.limits import SubscriptionLimits
from outage_service.storage.database import Database, open_database
from outage_service.storage.migrate import upgrade_connection

BASE_URL = "https://outages.example.org"
MESSAGE = 'message: {en: "A test.", fr: "Un essai."}'


def an_engine(clock: VirtualClock, db: Database) -> Engine:
    """Returns a real engine; only the clock is virtual."""
    return Engine(
        db=db,
        clock=clock,
        calendar=BusinessCalendar(),
        composer=BulletinComposer(load_content(), BASE_URL),
        sender=Sender.parse("Outages <outages@example.org>"),
        secret_key=b"k" * 32,
        base_url=BASE_URL,
        subscription_limits=SubscriptionLimits(requests_per_address=20, letters=2_000),
        retention=timedelta(days=730),
    )


def drilled(text: str) -> list[Issued]:
    """Returns what goes out in the scenario `text`."""
    scenario = read_scenario(text)
    clock = VirtualClock(scenario.start)
    db = open_database("sqlite://")
    try:
        db.write(upgrade_connection)
        return run_scenario(scenario, an_engine(clock, db), clock)
    finally:
        db.close()


def a_scenario(
    *events: str, start: str = "2026-11-26T10:00-05:00", until: str = "2026-11-26T18:00-05:00"
) -> str:
    """Returns a scenario; each event is `HH:MM action: {…}` of 26 November."""
    lines = [f"start: {start}", f"until: {until}", "events:" if events else "events: []"]
    for event in events:
        at, _, action = event.partition(" ")
        lines += [f"  - at: 2026-11-26T{at}-05:00", f"    {action}"]
    return "\n".join(lines) + "\n"


def declare(ref: str = "edi", more: str = "") -> str:
    """Returns the declaration of an EDI outage."""
    return f"declare: {{ref: {ref}, kind: unscheduled, impacts: [{{system: edi}}], {more}{MESSAGE}}}"
