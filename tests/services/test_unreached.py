"""What an operator lets go on after days gets more than one try: its 72 h count from then."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from outage_service.domain.deliveries import GIVE_UP_AFTER, Attempt, Stage, Verdict
from outage_service.domain.roles import Actor, Role
from outage_service.services import pulse, refusals, unreached
from outage_service.services.engine import Engine
from outage_service.storage import pauses
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery
from tests.services.acts import TCCU, declare, subscribe
from tests.services.refusing import PLAIN, claims, record
from tests.storage.rows import states

ADMIN = Actor("records", Role.ADMIN)
GREYLISTED = Attempt(Verdict.DEFERRED, Stage.RCPT, 451, "4.7.1 try again later")


def age(tx: Connection) -> None:
    """Makes it look as if all that is not sent had been begun more than 72 h ago."""
    then = database_now(tx) - GIVE_UP_AFTER - timedelta(hours=1)
    tx.execute(update(delivery).values(first_at=then))


def fail(engine: Engine) -> None:
    record(engine, claims(engine), PLAIN)


def pause(engine: Engine) -> None:
    engine.db.write(lambda tx: pauses.pause_mailing(tx, 1, detail="554 spam"))


def hold(engine: Engine) -> None:
    engine.act(lambda tx: pulse.hold(engine, tx))


def retry(engine: Engine) -> None:
    engine.act(lambda tx: unreached.retry(engine, tx, ADMIN, 1))


def resume(engine: Engine) -> None:
    engine.act(lambda tx: refusals.resume(engine, tx, TCCU, 1))


def release(engine: Engine) -> None:
    engine.act(lambda tx: pulse.release(engine, tx))


@pytest.mark.parametrize(
    ("stop", "go_on"),
    [(fail, retry), (pause, resume), (hold, release)],
    ids=["not_reached", "paused", "held"],
)
def test_a_temporary_refusal_does_not_end_what_an_operator_has_just_let_go_on(
    engine: Engine, stop: Callable[[Engine], None], go_on: Callable[[Engine], None]
) -> None:
    """P7, decision 9: its first try was days ago, and the next one would else be the last."""
    subscribe(engine)
    declare(engine)
    record(engine, claims(engine), GREYLISTED)
    stop(engine)
    engine.db.write(age)
    go_on(engine)
    record(engine, claims(engine), GREYLISTED)
    assert states(engine.db) == {"queued": 1}
    engine.db.write(age)
    record(engine, claims(engine), GREYLISTED)
    assert states(engine.db) == {"expired": 1}
