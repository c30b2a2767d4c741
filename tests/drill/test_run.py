"""What a drill does when the engine fails it, and how it keeps time."""

from dataclasses import dataclass, replace

import pytest

from outage_service.clock import VirtualClock
from outage_service.domain.bulletins import BulletinFacts, BulletinKind
from outage_service.drill.run import DrillFailed, run_scenario
from outage_service.drill.scenario import read_scenario
from outage_service.rendering.bulletins import BulletinComposer, ComposedBulletin
from outage_service.storage.database import open_database
from outage_service.storage.migrate import upgrade_connection
from tests.drill.drilling import a_scenario, an_engine, declare, drilled


@dataclass
class TroubledComposer(BulletinComposer):
    """Composes what operators say and fails at what the clock issues."""

    inner: BulletinComposer

    def compose(self, facts: BulletinFacts) -> ComposedBulletin:
        if facts.kind is BulletinKind.PERIODIC:
            raise RuntimeError("the template is broken")
        return self.inner.compose(facts)


def test_a_slot_that_cannot_be_issued_ends_the_drill_instead_of_turning_in_circles() -> None:
    scenario = read_scenario(a_scenario(f"10:00 {declare()}"))
    clock, db = VirtualClock(scenario.start), open_database("sqlite://")
    db.write(upgrade_connection)
    engine = an_engine(clock, db)
    try:
        with pytest.raises(DrillFailed, match="2026-11-26T17:00:00"):
            run_scenario(scenario, replace(engine, composer=TroubledComposer(engine.composer)), clock)
    finally:
        db.close()


def test_a_scheduler_may_be_stopped_or_started_twice() -> None:
    switches = [
        f"{hour}:00 scheduler: {to}"
        for hour, to in ((11, "stop"), (13, "stop"), (15, "start"), (17, "start"))
    ]
    issued = drilled(a_scenario(f"10:00 {declare()}", *switches))
    assert [(each.sequence, each.at.hour) for each in issued] == [(1, 15), (2, 20), (3, 22)]


def test_events_within_a_minute_are_bulletins_of_that_minute() -> None:
    texts = "message: {en: 'More.', fr: 'Suite.'}"
    acts = [f"11:00:{second} update: {{ref: edi, {texts}}}" for second in (10, 50)]
    issued = drilled(a_scenario(f"10:00 {declare()}", *acts, until="2026-11-26T12:00-05:00"))
    assert [(each.at.hour, each.at.minute, each.kind) for each in issued[1:]] == [(16, 0, "update")] * 2
