"""Settling: outcomes are fenced, and rows that nobody may send end by themselves (P9, P12, P14)."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage import deliveries
from outage_service.storage.database import LOOK_UP_EACH, Database, open_database
from outage_service.storage.deliveries import (
    Settlement,
    free_claims,
    inactive_among,
)
from outage_service.storage.mailings import CONFIRMATION, forget_address, superseded_among
from outage_service.storage.now import database_now
from outage_service.storage.pauses import pause_mailing
from outage_service.storage.schema import delivery
from outage_service.storage.settling import OwnOutcome, SharedOutcome, settle, settling
from outage_service.storage.subscribers import SubscriberState, delete_subscriber, set_subscriber_state
from outage_service.storage.unsendable import SWEEP, DeliveryKey, find_unsendable, settle_unsendable
from tests.builders import THURSDAY_10H
from tests.storage.rows import (
    a_letter,
    a_mailing,
    a_stored_outage,
    all_claims,
    claims,
    end,
    make_due,
    states,
    subscribers,
)

COLUMNS = (
    delivery.c.state, delivery.c.attempt, delivery.c.tries, delivery.c.faults, delivery.c.code,
    delivery.c.detail, delivery.c.retry_at,
)  # fmt: skip


def sweep(db: Database, *, limit: int = SWEEP) -> int:
    """Ends what nobody may send, as often as it takes; returns how many."""
    total = 0
    while found := unsendable(db, limit=limit):
        total += db.write(lambda tx, found=found: settle_unsendable(tx, found))  # type: ignore[misc]
    return total


def unsendable(db: Database, *, limit: int = SWEEP) -> list[DeliveryKey]:
    with db.read() as tx:
        return find_unsendable(tx, limit=limit)


def test_an_outcome_is_recorded_with_what_led_to_it(db: Database) -> None:
    """For the operator: the relay's code and words, and how often it was tried."""
    subscribers(db, 1)
    a_mailing(db)
    (claim,) = claims(db)
    outcome = Settlement(claim, DeliveryState.FAILED, tries=1, faults=0, code=550, detail="5.1.1 nobody here")
    assert db.write(lambda tx: settle(tx, "one", [outcome])) == 1
    with db.read() as tx:
        found = tuple(tx.execute(select(*COLUMNS)).one())
    assert found == ("failed", 1, 1, 0, 550, "5.1.1 nobody here", None)


def test_a_retry_is_timed_by_the_database(db: Database) -> None:
    """Decision 10: the workers' own clocks may differ."""
    subscribers(db, 1)
    a_mailing(db)
    (claim,) = claims(db)
    with db.read() as tx:
        before = database_now(tx)
    end(db, [claim], DeliveryState.QUEUED, retry_in=timedelta(minutes=2))
    with db.read() as tx:
        retry_at = tx.execute(select(delivery.c.retry_at)).scalar_one()
        after = database_now(tx)
    assert before <= retry_at - timedelta(minutes=2) <= after


def test_many_outcomes_are_one_write(db: Database) -> None:
    """Group commit: what was done so far, each in its own state."""
    subscribers(db, 3)
    a_mailing(db)
    one, two, three = claims(db)
    outcomes = [
        Settlement(one, DeliveryState.ACCEPTED),
        Settlement(two, DeliveryState.FAILED),
        Settlement(three, DeliveryState.QUEUED, timedelta(0)),
    ]
    assert db.write(lambda tx: settle(tx, "one", outcomes)) == 3
    assert states(db) == {"accepted": 1, "failed": 1, "queued": 1}


def test_outcomes_are_looked_up_one_by_one_however_many_are_claimed(postgresql_url: str) -> None:
    """PostgreSQL takes a ledger for empty until it is analysed; a first fan-out does not wait for that."""
    db = open_database(postgresql_url)
    subscribers(db, 600)
    a_mailing(db)
    claimed = all_claims(db)
    shared = SharedOutcome(claimed[0].mailing_id, 1, "accepted", tries=1, faults=0, code=250)
    rows: list[OwnOutcome] = [(one.recipient_id, None, None) for one in claimed[:32]]
    statement, values = settling("postgresql", "one", shared, rows)

    def explain(tx: Connection) -> str:
        for setting in LOOK_UP_EACH:
            tx.execute(text(f"SET LOCAL {setting}"))
        return "\n".join(tx.execute(text(f"EXPLAIN {statement.text}"), values).scalars())

    plan = db.write(explain)
    db.close()
    assert "Tid Scan on delivery" in plan, plan
    assert "Index Scan using pk_delivery" in plan, plan


def test_recording_nothing_is_no_error(db: Database) -> None:
    """A sender that stops may have nothing left to record."""
    assert db.write(lambda tx: settle(tx, "one", [])) == 0


def test_an_outcome_is_recorded_once(db: Database) -> None:
    """P9: a writer that does not know whether its commit happened may repeat it."""
    subscribers(db, 2)
    a_mailing(db)
    taken = claims(db)
    assert end(db, taken) == 2
    assert end(db, taken, DeliveryState.FAILED) == 0
    assert states(db) == {"accepted": 2}


@pytest.mark.parametrize("stale", ["worker", "attempt", "state"])
def test_a_stale_write_changes_nothing(db: Database, stale: str) -> None:
    """P9: another worker's claim, an earlier attempt of one's own, a row that is not claimed any more."""
    subscribers(db, 1)
    a_mailing(db)
    (claim,) = claims(db)
    worker_id = "two" if stale == "worker" else "one"
    if stale == "attempt":
        claim = claim._replace(attempt=claim.attempt + 1)
    if stale == "state":
        db.write(lambda tx: free_claims(tx, of_dead_before=None))
    before = states(db)
    assert end(db, [claim], worker_id=worker_id) == 0
    assert states(db) == before


def test_a_worker_taken_for_dead_changes_nothing(db: Database) -> None:
    """P9: stopped past its time, it goes on after another has finished: its write changes 0 rows."""
    subscribers(db, 1)
    a_mailing(db)
    stopped = claims(db, "one")
    db.write(lambda tx: free_claims(tx, of_dead_before=None))
    taken_over = claims(db, "two")
    assert end(db, stopped, DeliveryState.FAILED, worker_id="one") == 0
    assert end(db, taken_over, worker_id="two") == 1
    assert end(db, stopped, DeliveryState.FAILED, worker_id="one") == 0
    assert states(db) == {"accepted": 1}


def test_queued_rows_of_a_superseded_bulletin_end(db: Database) -> None:
    """P12: recorded as superseded; what is being sent at this moment is left to its worker."""
    subscribers(db, 3)
    of, _, first = a_mailing(db)
    claimed, *others = claims(db)
    end(db, others, DeliveryState.QUEUED, retry_in=timedelta(0))
    a_mailing(db, outage_id=of, sequence=2)
    assert sweep(db) == 2
    assert states(db, first) == {"superseded": 2, "claimed": 1}
    end(db, [claimed], DeliveryState.QUEUED, retry_in=timedelta(0))
    assert sweep(db) == 1
    assert states(db, first) == {"superseded": 3}


@pytest.mark.parametrize("how", ["unsubscribed", "suppressed", "erased"])
def test_queued_rows_of_people_who_left_end(db: Database, how: str) -> None:
    """P14, P7: none stays queued for ever, also not that of somebody who was erased."""
    leaving, _ = subscribers(db, 2)
    a_mailing(db)
    end(db, claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))

    def leave(tx: Connection) -> None:
        if how == "erased":
            delete_subscriber(tx, leaving)
        else:
            set_subscriber_state(tx, leaving, SubscriberState(how), now=THURSDAY_10H)

    db.write(leave)
    assert sweep(db) == 1
    assert states(db) == {"suppressed": 1, "queued": 1}


def test_rows_that_may_be_sent_are_left_alone(db: Database) -> None:
    """A bulletin that is the newest, a letter to nobody's subscription."""
    subscribers(db, 1)
    a_letter(db)
    a_mailing(db)
    end(db, all_claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))
    assert sweep(db) == 0
    assert states(db) == {"queued": 2}


def test_rows_end_when_their_time_has_come(db: Database) -> None:
    """Only the head of the queue is looked at, so that a long queue costs no long transaction."""
    subscribers(db, 1)
    of, *_ = a_mailing(db)
    end(db, claims(db), DeliveryState.QUEUED, retry_in=timedelta(minutes=5))
    a_mailing(db, outage_id=of, sequence=2)
    assert sweep(db) == 0
    make_due(db)
    assert sweep(db) == 1


def test_a_long_queue_ends_in_several_transactions(db: Database) -> None:
    """Decision 2: each of them short."""
    subscribers(db, 5)
    of, _, first = a_mailing(db)
    end(db, all_claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))
    a_mailing(db, outage_id=of, sequence=2)
    assert len(unsendable(db, limit=2)) == 2
    assert sweep(db, limit=2) == 5
    assert states(db, first) == {"superseded": 5}


@pytest.mark.parametrize("why", ["paused", "left alone"])
def test_rows_that_wait_hold_up_nothing_behind_them(db: Database, why: str) -> None:
    """P10: however many are paused, or wait for a relay that is down, the superseded behind them end."""
    subscribers(db, 5)
    waiting = a_mailing(db)[2]
    end(db, all_claims(db), DeliveryState.QUEUED, retry_in=timedelta(minutes=-5))
    if why == "paused":
        db.write(lambda tx: pause_mailing(tx, waiting, detail=None))
    other = db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    _, _, behind = a_mailing(db, outage_id=other)
    end(
        db,
        [one for one in all_claims(db) if one.mailing_id == behind],
        DeliveryState.QUEUED,
        retry_in=timedelta(0),
    )
    db.write(lambda tx: free_claims(tx, of_dead_before=None))
    a_mailing(db, outage_id=other, sequence=2)
    assert sweep(db, limit=2) == 5
    assert (states(db, waiting), states(db, behind)) == ({"queued": 5}, {"superseded": 5})


def test_whoever_comes_back_between_two_looks_is_written_to(db: Database) -> None:
    """What was found is looked at again before it ends."""
    person, _ = subscribers(db, 2)
    a_mailing(db)
    end(db, claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))
    turn(db, person, SubscriberState.SUPPRESSED)
    found = unsendable(db)
    turn(db, person, SubscriberState.ACTIVE)
    assert len(found) == 1
    assert db.write(lambda tx: settle_unsendable(tx, found)) == 0
    assert states(db) == {"queued": 2}


def turn(db: Database, person: int, state: SubscriberState) -> None:
    db.write(lambda tx: set_subscriber_state(tx, person, state, now=THURSDAY_10H))


def test_an_erased_persons_letters_keep_no_address_and_end(db: Database) -> None:
    """Erasure: neither sent nor kept; whatever case the address was typed in."""
    a_letter(db, "Ann@example.org")
    kept = a_letter(db, "bob@example.org")
    never_claimed = a_letter(db, "ann@example.org")
    end(db, claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))
    db.write(lambda tx: forget_address(tx, "ann@example.org", purpose=CONFIRMATION))
    sweep(db)
    assert [claim.mailing_id for claim in all_claims(db)] == [kept]
    assert states(db) == {"suppressed": 1, "claimed": 1}
    assert states(db, never_claimed) == {}


def test_the_last_look_before_sending_finds_who_left(db: Database) -> None:
    """P14: unsubscribed and erased people; a letter's addressee is nobody's subscription."""
    staying, leaving, erased = subscribers(db, 3)
    db.write(lambda tx: set_subscriber_state(tx, leaving, SubscriberState.UNSUBSCRIBED, now=THURSDAY_10H))
    db.write(lambda tx: delete_subscriber(tx, erased))
    with db.read() as tx:
        found = inactive_among(tx, {staying, leaving, erased, deliveries.LONE_RECIPIENT})
    assert found == {leaving, erased}


def test_the_last_look_before_sending_finds_what_was_superseded(db: Database) -> None:
    """P12: checked again just before DATA."""
    of, _, first = a_mailing(db)
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    letter_id = a_letter(db)
    with db.read() as tx:
        assert superseded_among(tx, {first, second, letter_id}) == {first}
