"""How far a bulletin's deliveries are: derived from the ledger, never counted along the way (P13)."""

from datetime import timedelta

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.systems import System
from outage_service.storage.database import Database
from outage_service.storage.mailings import Progress, progress_of
from tests.storage.rows import a_mailing, a_subscriber, all_claims, claims, end, subscribers


def progress(db: Database, bulletin_id: int) -> Progress:
    with db.read() as tx:
        return progress_of(tx, bulletin_id)


def counts(db: Database, bulletin_id: int) -> dict[str, int]:
    """Returns the counts that are not nought."""
    return {state.value: count for state, count in progress(db, bulletin_id).counts.items() if count}


def test_a_bulletin_is_not_complete_before_its_fan_out(db: Database) -> None:
    """No row is there yet, and yet everything is left to do."""
    subscribers(db, 2)
    _, bulletin_id, _ = a_mailing(db)
    found = progress(db, bulletin_id)
    assert (found.is_complete, found.is_fanned_out, sum(found.counts.values())) == (False, False, 0)
    assert (found.first_at, found.last_at) == (None, None)


def test_a_bulletin_is_complete_when_every_recipient_has_ended(db: Database) -> None:
    """Claimed and queued are not ends; every other state is."""
    subscribers(db, 3)
    _, bulletin_id, _ = a_mailing(db)
    one, two, three = all_claims(db)
    end(db, [one])
    end(db, [two], DeliveryState.FAILED)
    assert counts(db, bulletin_id) == {"accepted": 1, "failed": 1, "claimed": 1}
    assert not progress(db, bulletin_id).is_complete
    end(db, [three], DeliveryState.QUEUED, retry_in=timedelta(0))
    assert not progress(db, bulletin_id).is_complete
    end(db, claims(db), DeliveryState.EXPIRED)
    assert progress(db, bulletin_id).is_complete


def test_every_state_is_counted_even_where_there_is_none(db: Database) -> None:
    """The answer's shape does not depend on what has happened."""
    _, bulletin_id, _ = a_mailing(db)
    assert set(progress(db, bulletin_id).counts) == set(DeliveryState)


def test_it_tells_when_the_first_and_the_last_were_accepted(db: Database) -> None:
    """Lateness is that of what arrived; a refusal is not an arrival."""
    subscribers(db, 3)
    _, bulletin_id, _ = a_mailing(db)
    one, two, three = all_claims(db)
    end(db, [one])
    first = progress(db, bulletin_id).first_at
    end(db, [two])
    last = progress(db, bulletin_id).last_at
    end(db, [three], DeliveryState.FAILED)
    found = progress(db, bulletin_id)
    assert first is not None
    assert last is not None
    assert (found.first_at, found.last_at) == (first, last)
    assert first <= last


def test_what_a_superseded_bulletin_left_undone_counts_as_superseded(db: Database) -> None:
    """P12, decision 1: queued rows, and those of the rule that the cursor never reached."""
    subscribers(db, 5)
    a_subscriber(db, "other@example.org", systems=[System.CERS])
    of, bulletin_id, _ = a_mailing(db)
    sent, deferred = claims(db, limit=2)
    end(db, [sent])
    end(db, [deferred], DeliveryState.QUEUED, retry_in=timedelta(minutes=5))
    a_mailing(db, outage_id=of, sequence=2)
    assert counts(db, bulletin_id) == {"accepted": 1, "superseded": 4}
    found = progress(db, bulletin_id)
    assert (found.is_superseded, found.is_complete) == (True, True)


def test_a_superseded_bulletin_that_is_being_sent_is_not_complete(db: Database) -> None:
    """It ends when its worker has recorded what became of it."""
    subscribers(db, 1)
    of, bulletin_id, _ = a_mailing(db)
    under_way = claims(db)
    a_mailing(db, outage_id=of, sequence=2)
    assert not progress(db, bulletin_id).is_complete
    end(db, under_way, DeliveryState.SUPERSEDED)
    assert progress(db, bulletin_id).is_complete


def test_each_bulletin_is_counted_by_itself(db: Database) -> None:
    """Two of one outage, to the same people."""
    subscribers(db, 2)
    of, first, _ = a_mailing(db)
    end(db, all_claims(db))
    _, second, _ = a_mailing(db, outage_id=of, sequence=2)
    assert counts(db, first) == {"accepted": 2}
    assert counts(db, second) == {}
    end(db, all_claims(db))
    assert counts(db, second) == {"accepted": 2}
