"""Operators' acts as a test needs them, each in its own transaction, and what they have led to."""

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select

from outage_service.clock import VirtualClock
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import Impact, Outage, OutageKind
from outage_service.domain.roles import Actor, Role
from outage_service.domain.subscriptions import SubscriptionKind, kinds_mask, systems_mask
from outage_service.domain.systems import InternalSystem, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services import due_bulletins, outages, sending
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.storage.bulletins import BulletinRecord, bulletins_of
from outage_service.storage.outages import find_outage
from outage_service.storage.schema import metadata
from outage_service.storage.subscribers import Choices, insert_subscriber
from tests.builders import MESSAGE, SUNDAY_2H, SUNDAY_6H, an_impact

TCCU = Actor("night desk", Role.TCCU)
CTSU = Actor("carm desk", Role.CTSU)
CERS_OUT = an_impact(System.CERS)
CCP_OUT = an_impact(System.CCP)
NEWS = Bilingual("It is getting better.", "La situation s’améliore.")


def declare(
    engine: Engine,
    *impacts: Impact,
    actor: Actor = TCCU,
    started_at: datetime | None = None,
    internal_systems: frozenset[InternalSystem] = frozenset(),
    relapse_of: int | None = None,
) -> Done:
    """Declares an outage; by default all of EDI is out."""
    request = Declaration(
        OutageKind.UNSCHEDULED,
        impacts or (an_impact(),),
        started_at=started_at,
        internal_systems=internal_systems,
        relapse_of=relapse_of,
    )
    return engine.act(lambda tx: outages.declare(engine, tx, actor, request, MESSAGE))


def announce(
    engine: Engine, *impacts: Impact, start: datetime = SUNDAY_2H, end: datetime = SUNDAY_6H
) -> Done:
    """Schedules an outage; by default of all of EDI, early on Sunday."""
    request = Declaration(
        OutageKind.SCHEDULED, impacts or (an_impact(),), planned_start_at=start, planned_end_at=end
    )
    return engine.act(lambda tx: outages.declare(engine, tx, TCCU, request, MESSAGE))


def update(
    engine: Engine,
    done: Done,
    *impacts: Impact,
    news: News | None = None,
    actor: Actor = TCCU,
    version: int | None = None,
    message: Bilingual = NEWS,
) -> Done:
    """Gives news of an outage; `impacts` are the complete new list, none leaves it."""
    wanted = news or News(impacts or None)
    target = Target(done.outage.id, version)
    return engine.act(lambda tx: outages.update(engine, tx, actor, target, wanted, message))


def resolve(
    engine: Engine,
    done: Done,
    *,
    restored_at: datetime | None = None,
    remains_in_effect: bool = False,
    confirm_past_deadlines: bool = False,
    version: int | None = None,
) -> Done:
    """Resolves an outage."""
    target = Target(done.outage.id, version)
    return engine.act(
        lambda tx: outages.resolve(
            engine,
            tx,
            TCCU,
            target,
            NEWS,
            restored_at=restored_at,
            remains_in_effect=remains_in_effect,
            confirm_past_deadlines=confirm_past_deadlines,
        )
    )


def revoke(engine: Engine, done: Done) -> Done:
    """Revokes an outage's procedures."""
    return engine.act(lambda tx: outages.revoke(engine, tx, TCCU, Target(done.outage.id), NEWS))


def cancel(engine: Engine, done: Done) -> Done:
    """Calls a scheduled outage off."""
    return engine.act(lambda tx: outages.cancel(engine, tx, TCCU, Target(done.outage.id), NEWS))


def correct(engine: Engine, done: Done, bulletin_id: int, *, restored_at: datetime | None = None) -> Done:
    """Corrects a bulletin of an outage."""
    target = Target(done.outage.id)
    return engine.act(
        lambda tx: outages.correct(
            engine, tx, TCCU, target, NEWS, corrects=bulletin_id, restored_at=restored_at
        )
    )


def set_clock(engine: Engine, instant: datetime) -> None:
    """Moves the engine's clock, forwards or back."""
    assert isinstance(engine.clock, VirtualClock)
    engine.clock.set(instant)


def tick(engine: Engine, clock_at: datetime) -> int:
    """Moves the clock there and lets it issue what is due; returns how many bulletins went out."""
    set_clock(engine, clock_at)
    return due_bulletins.issue_due(engine)


def stored(engine: Engine, done: Done) -> Outage:
    """Returns an outage as it is stored now."""
    with engine.db.read() as tx:
        found = find_outage(tx, done.outage.id)
    assert found is not None
    return found


def bulletins(engine: Engine, done: Done) -> list[BulletinRecord]:
    """Returns an outage's bulletins in sequence."""
    with engine.db.read() as tx:
        return bulletins_of(tx, done.outage.id)


def story(engine: Engine, done: Done) -> list[tuple[BulletinKind, datetime]]:
    """Returns kind and nominal time of an outage's bulletins."""
    return [(one.kind, one.issued_at) for one in bulletins(engine, done)]


def rows(engine: Engine) -> Counter[str]:
    """Counts the rows of every table."""
    with engine.db.read() as tx:
        return Counter(
            {
                name: tx.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in metadata.tables.items()
            }
        )


def subscribe(
    engine: Engine,
    address: str = "ann@example.org",
    *,
    systems: tuple[System, ...] = (),
    kinds: tuple[SubscriptionKind, ...] = (),
    language: Language = Language.EN,
) -> int:
    """Adds a confirmed subscriber and returns the id; by default to everything."""
    wanted = Choices(address, address.lower(), language, systems_mask(systems), kinds_mask(kinds))
    return engine.db.write(lambda tx: insert_subscriber(tx, wanted, now=engine.clock()))


def mail(engine: Engine, worker_id: str = "worker") -> list[tuple[int, str]]:
    """Claims whatever is to be sent now and returns recipient and message, as they would go out.

    What was superseded meanwhile is left out, as the sender leaves it out.
    """
    sent: list[tuple[int, str]] = []
    while claims := sending.claim(engine, worker_id, limit=100):
        withdrawn = sending.withdrawn(engine, claims)
        for claim in claims:
            if claim not in withdrawn:
                mailing = sending.prepare(engine, claim.mailing_id)
                sent.append((claim.recipient_id, sending.render(engine, mailing, claim).decode("ascii")))
        ended = [sending.ended(claim, withdrawn.get(claim, DeliveryState.ACCEPTED)) for claim in claims]
        sending.settle(engine, worker_id, ended)
    return sent


def receivers(engine: Engine) -> list[int]:
    """Sends whatever is to be sent and returns to whom, in order."""
    return sorted(recipient for recipient, _ in mail(engine))
