"""Queued rows: retried when their time has come, never out of turn, never instead of the others."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.database import Database
from outage_service.storage.deliveries import CHUNK, IN_FLIGHT_WAIT, claim_next
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, subscriber
from outage_service.storage.subscribers import SubscriberState, delete_subscriber, set_subscriber_state
from tests.builders import THURSDAY_10H
from tests.storage.rows import (
    a_letter,
    a_mailing,
    a_stored_outage,
    a_subscriber,
    all_claims,
    claims,
    end,
    make_due,
    states,
    subscribers,
)

LATER = timedelta(minutes=5)


def defer(db: Database, retry_in: timedelta = LATER) -> None:
    """Claims everything and queues it again."""
    end(db, all_claims(db), DeliveryState.QUEUED, retry_in=retry_in)


def test_a_retry_waits_for_its_time(db: Database) -> None:
    """In database time, so that all workers agree (decision 10)."""
    subscribers(db, 1)
    a_mailing(db)
    defer(db)
    assert all_claims(db) == []
    make_due(db)
    assert len(claims(db)) == 1
    assert all_claims(db) == []


def test_a_retry_is_another_attempt_with_the_tries_so_far(db: Database) -> None:
    """P9: the attempt fences; the tries choose the next wait; the age counts from the first."""
    subscribers(db, 1)
    a_mailing(db)
    (first,) = claims(db)
    end(db, [first], DeliveryState.QUEUED, retry_in=timedelta(0))
    db.write(lambda tx: tx.execute(update(delivery).values(first_at=database_now(tx) - timedelta(hours=5))))
    (second,) = claims(db, "two")
    assert (second.attempt, second.tries) == (2, 1)
    assert timedelta(0) <= second.age - timedelta(hours=5) < timedelta(minutes=1)
    assert (second.address, second.link_id, second.epoch) == (first.address, first.link_id, first.epoch)


def test_a_letter_is_retried_like_a_bulletin(db: Database) -> None:
    """It has no subscriber to be joined with."""
    a_letter(db, "desk@example.org")
    defer(db)
    make_due(db)
    (claim,) = claims(db)
    assert (claim.recipient_id, claim.address, claim.attempt) == (0, "desk@example.org", 2)


def test_the_longest_due_comes_first(db: Database) -> None:
    """No row waits for ever behind others."""
    a, b, c = subscribers(db, 3)
    a_mailing(db)
    taken = {claim.recipient_id: claim for claim in all_claims(db)}
    for person, minutes in ((a, 1), (b, 3), (c, 2)):
        end(db, [taken[person]], DeliveryState.QUEUED, retry_in=-timedelta(minutes=minutes))
    assert [claim.recipient_id for claim in claims(db)] == [b, c, a]


@pytest.mark.parametrize("limit", [1, CHUNK], ids=["one, to ask a paused relay with", "many"])
def test_who_was_tried_least_is_tried_first(db: Database, limit: int) -> None:
    """P10: the few over whom the relay always fails do not keep back those who only were behind them."""
    often, once = subscribers(db, 2)
    a_mailing(db)
    first = {claim.recipient_id: claim for claim in all_claims(db)}
    end(db, [first[often]], DeliveryState.QUEUED, retry_in=timedelta(0))
    end(db, claims(db), DeliveryState.QUEUED, retry_in=-LATER)
    end(db, [first[once]], DeliveryState.QUEUED, retry_in=timedelta(0))
    assert [claim.recipient_id for claim in claims(db, limit=limit)] == [once, often][:limit]


def test_what_a_newer_bulletin_superseded_is_not_retried(db: Database) -> None:
    """P12: the row stays until it is settled, and nobody is sent old news."""
    subscribers(db, 2)
    of, _, first = a_mailing(db)
    defer(db)
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    make_due(db)
    assert {claim.mailing_id for claim in all_claims(db)} == {second}
    assert states(db, first) == {"queued": 2}


@pytest.mark.parametrize("how", ["unsubscribed", "suppressed", "erased"])
def test_who_left_since_is_not_retried(db: Database, how: str) -> None:
    """P14."""
    leaving, staying = subscribers(db, 2)
    a_mailing(db)
    defer(db)
    make_due(db)

    def leave(tx: Connection) -> None:
        if how == "erased":
            delete_subscriber(tx, leaving)
        else:
            set_subscriber_state(tx, leaving, SubscriberState(how), now=THURSDAY_10H)

    db.write(leave)
    assert [claim.recipient_id for claim in all_claims(db)] == [staying]


def test_a_recipient_waits_while_an_older_bulletin_is_on_its_way(db: Database) -> None:
    """P12: the sequence never goes back; everybody else is served at once."""
    busy, free = subscribers(db, 2)
    of, _, first = a_mailing(db)
    under_way = claims(db)
    end(db, under_way[1:])
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    assert [(claim.mailing_id, claim.recipient_id) for claim in claims(db, "two")] == [(second, free)]
    make_due(db)
    assert all_claims(db, "two") == []
    end(db, under_way[:1])
    (waited,) = claims(db, "two")
    assert (waited.mailing_id, waited.recipient_id, waited.attempt) == (second, busy, 1)
    assert states(db, first) == {"accepted": 2}


def test_whoever_waits_is_looked_at_again_soon(db: Database) -> None:
    """Not only after some minutes."""
    subscribers(db, 1)
    of, *_ = a_mailing(db)
    claims(db)
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    all_claims(db, "two")
    row = select(delivery.c.state, delivery.c.attempt, delivery.c.worker_id, delivery.c.retry_at)
    with db.read() as tx:
        found = tx.execute(row.where(delivery.c.mailing_id == second)).one()
        left = found.retry_at - database_now(tx)
    assert found[:3] == ("queued", 0, None)
    assert timedelta(0) < left <= IN_FLIGHT_WAIT


def test_an_older_retry_is_in_flight_too(db: Database) -> None:
    """P12: whether the older row was claimed fresh or as a retry."""
    subscribers(db, 1)
    of, *_ = a_mailing(db)
    defer(db)
    make_due(db)
    retried = claims(db)
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    assert all_claims(db, "two") == []
    end(db, retried)
    make_due(db)
    assert [claim.mailing_id for claim in claims(db, "two")] == [second]


def test_another_outages_bulletin_holds_nobody_up(db: Database) -> None:
    """P12 is per outage."""
    subscribers(db, 1)
    a_mailing(db)
    claims(db)
    other = db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    _, _, second = a_mailing(db, outage_id=other)
    assert [claim.mailing_id for claim in claims(db, "two")] == [second]


def test_retries_leave_room_for_the_next_of_a_fan_out(db: Database) -> None:
    """P10: rows that fail again and again cannot starve a new bulletin."""
    subscribers(db, 4)
    _, _, old = a_mailing(db)
    defer(db)
    letters = [a_letter(db, f"desk{number}@example.org") for number in range(2)]
    make_due(db)
    found = [claim.mailing_id for claim in claims(db, limit=4)]
    assert found == [letters[0], old, old]


def test_a_fan_out_leaves_room_for_retries(db: Database) -> None:
    """P10, the other way round: a million fresh rows do not keep a retry waiting."""
    a_letter(db)
    defer(db)
    make_due(db)
    subscribers(db, 6)
    _, _, fresh = a_mailing(db)
    found = [claim.mailing_id == fresh for claim in claims(db, limit=4)]
    assert found == [True, True, True, False]


def test_a_single_claim_is_of_what_was_never_tried_if_there_is_any(db: Database) -> None:
    """P10: a paused relay is asked with one message, not with the same few retries for ever."""
    subscribers(db, 1)
    _, _, old = a_mailing(db)
    defer(db)
    make_due(db)
    letter = a_letter(db)
    found = [db.write(lambda tx: claim_next(tx, "one", limit=1)) for _ in range(3)]
    assert [[claim.mailing_id for claim in batch.claims] for batch in found] == [[letter], [old], []]
    assert [batch.goes_on for batch in found] == [True, False, False]


def test_an_address_that_changed_is_used_by_the_retry(db: Database) -> None:
    """A subscriber's row is the only place where an address is kept."""
    a_subscriber(db, "old@example.org")
    a_mailing(db)
    defer(db)
    make_due(db)
    db.write(lambda tx: tx.execute(update(subscriber).values(email="new@example.org")))
    assert [claim.address for claim in claims(db)] == ["new@example.org"]
