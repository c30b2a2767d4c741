"""Many workers on one ledger: no row is claimed twice, none is left out (P1, P7)."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.database import Database
from outage_service.storage.deliveries import Claim, claim_next
from outage_service.storage.locks import issue_alone
from outage_service.storage.unsendable import find_unsendable, settle_unsendable
from tests.storage.rows import (
    a_letter,
    a_mailing,
    a_stored_outage,
    a_worker,
    all_claims,
    claims,
    end,
    make_due,
    states,
    subscribers,
)

WORKERS = [f"worker-{number}" for number in range(6)]
PEOPLE = 300


def together(work: Callable[[str], list[Claim]]) -> list[Claim]:
    """Runs `work` once for each worker, all at once, and returns what they claimed altogether."""
    ready = threading.Barrier(len(WORKERS))

    def run(worker_id: str) -> list[Claim]:
        ready.wait()
        return work(worker_id)

    with ThreadPoolExecutor(len(WORKERS)) as pool:
        return [claim for found in pool.map(run, WORKERS) for claim in found]


def test_workers_share_a_fan_out_without_a_repeat(db: Database) -> None:
    """The cursor and the rows it makes belong to one transaction; others skip the mailing or wait."""
    subscribers(db, PEOPLE)
    _, _, mailing_id = a_mailing(db)
    for worker_id in WORKERS:
        a_worker(db, worker_id)

    def work(worker_id: str) -> list[Claim]:
        found = all_claims(db, worker_id, limit=20)
        end(db, found, worker_id=worker_id)
        return found

    found = together(work)
    found += all_claims(db, "late")
    times = Counter(claim.recipient_id for claim in found)
    assert len(times) == PEOPLE
    assert set(times.values()) == {1}
    end(db, found, worker_id="late")
    assert states(db, mailing_id) == {"accepted": PEOPLE}


def test_workers_share_the_retries_without_a_repeat(db: Database) -> None:
    """`SKIP LOCKED`: each takes other rows instead of waiting for the same ones."""
    subscribers(db, PEOPLE)
    a_mailing(db)
    end(db, all_claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))

    found = together(lambda worker_id: all_claims(db, worker_id, limit=20))
    found += all_claims(db, "late")
    times = Counter(claim.recipient_id for claim in found)
    assert len(times) == PEOPLE
    assert set(times.values()) == {1}
    assert {claim.attempt for claim in found} == {2}


class SlowClaim:
    """Claims in a transaction that ends when the test lets it; returns the mailings."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, tx: Connection) -> list[int]:
        found = claim_next(tx, "slow").claims
        self.begun.set()
        self.may_end.wait(10)
        return [claim.mailing_id for claim in found]


def test_several_mailings_are_fanned_out_at_the_same_time(postgres_db: Database) -> None:
    """One worker's open transaction holds up the mailing it has in hand, and no other."""
    subscribers(postgres_db, 2)
    _, _, first = a_mailing(postgres_db)
    other = postgres_db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    _, _, second = a_mailing(postgres_db, outage_id=other)
    slow = SlowClaim()
    with ThreadPoolExecutor(1) as pool:
        slowly = pool.submit(postgres_db.write, slow)
        slow.begun.wait(10)
        quickly = postgres_db.write(lambda tx: claim_next(tx, "quick")).claims
        slow.may_end.set()
        assert {claim.mailing_id for claim in quickly} == {second}
        assert set(slowly.result()) == {first}


def test_a_worker_waits_its_turn_at_the_only_mailing(postgres_db: Database) -> None:
    """Sent away with nothing, it would look again after a second: two workers would be as slow as one."""
    people = subscribers(postgres_db, 4)
    a_mailing(postgres_db)
    begun, may_end = threading.Event(), threading.Event()

    def slow(tx: Connection) -> list[int]:
        found = claim_next(tx, "slow", limit=2).claims
        begun.set()
        may_end.wait(10)
        return [claim.recipient_id for claim in found]

    with ThreadPoolExecutor(2) as pool:
        slowly = pool.submit(postgres_db.write, slow)
        begun.wait(10)
        waiting = pool.submit(claims, postgres_db, "next", limit=2)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        may_end.set()
        assert slowly.result(10) == people[:2]
        assert [claim.recipient_id for claim in waiting.result(10)] == people[2:]


def test_a_new_bulletin_waits_for_the_chunk_of_the_older_that_is_being_claimed(
    postgres_db: Database,
) -> None:
    """P12: so that it sees who is in flight; the wait is that of one short transaction."""
    subscribers(postgres_db, 2)
    of, *_ = a_mailing(postgres_db)
    begun, may_end = threading.Event(), threading.Event()

    def slow(tx: Connection) -> None:
        claim_next(tx, "slow")
        begun.set()
        may_end.wait(10)

    with ThreadPoolExecutor(2) as pool:
        claiming = pool.submit(postgres_db.write, slow)
        begun.wait(10)
        issuing = pool.submit(a_mailing, postgres_db, outage_id=of, sequence=2)
        with pytest.raises(TimeoutError):
            issuing.result(0.3)
        may_end.set()
        claiming.result(10)
        _, _, second = issuing.result(10)
    assert all_claims(postgres_db, "quick") == []
    assert states(postgres_db, second) == {"queued": 2}


def test_a_new_bulletin_waits_for_the_retries_of_the_older_that_are_being_claimed(
    postgres_db: Database,
) -> None:
    """P12: whoever claims the newer one sees that the older is on its way, and waits."""
    subscribers(postgres_db, 2)
    of, _, first = a_mailing(postgres_db)
    end(postgres_db, all_claims(postgres_db), DeliveryState.QUEUED, retry_in=timedelta(0))
    slow = SlowClaim()
    with ThreadPoolExecutor(2) as pool:
        claiming = pool.submit(postgres_db.write, slow)
        slow.begun.wait(10)
        issuing = pool.submit(a_mailing, postgres_db, outage_id=of, sequence=2)
        with pytest.raises(TimeoutError):
            issuing.result(0.3)
        slow.may_end.set()
        assert claiming.result(10) == [first, first]
        _, _, second = issuing.result(10)
    assert all_claims(postgres_db, "quick") == []
    assert states(postgres_db, second) == {"queued": 2}


def test_retries_are_not_claimed_while_a_newer_bulletin_is_being_issued(postgres_db: Database) -> None:
    """P12, the other way round: nobody waits for it, and other outages' retries go on."""
    subscribers(postgres_db, 2)
    of, _, first = a_mailing(postgres_db)
    other = postgres_db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    _, _, elsewhere = a_mailing(postgres_db, outage_id=other)
    a_letter(postgres_db)
    end(postgres_db, all_claims(postgres_db), DeliveryState.QUEUED, retry_in=timedelta(0))
    begun, may_end = threading.Event(), threading.Event()

    def issue(tx: Connection) -> None:
        issue_alone(tx, of)
        begun.set()
        may_end.wait(10)

    with ThreadPoolExecutor(1) as pool:
        issuing = pool.submit(postgres_db.write, issue)
        begun.wait(10)
        found = claims(postgres_db, "quick")
        assert {claim.mailing_id for claim in found} == {elsewhere, elsewhere + 1}
        may_end.set()
        issuing.result(10)
    assert {claim.mailing_id for claim in claims(postgres_db, "quick")} == {first}


def test_what_was_superseded_between_the_look_at_the_queue_and_the_claim_is_left(
    postgres_db: Database,
) -> None:
    """P12: the row that was found is of an older bulletin by now."""
    subscribers(postgres_db, 1)
    of, _, first = a_mailing(postgres_db)
    end(postgres_db, all_claims(postgres_db), DeliveryState.QUEUED, retry_in=timedelta(0))

    def look_and_claim(tx: Connection) -> list[Claim]:
        event.listen(tx, "after_cursor_execute", issue_after_the_look)
        return claim_next(tx, "one").claims

    issued: list[int] = []

    def issue_after_the_look(*heard: object) -> None:
        if "FROM delivery" in str(heard[2]) and not issued:
            issued.extend(a_mailing(postgres_db, outage_id=of, sequence=2))

    assert {claim.mailing_id for claim in postgres_db.write(look_and_claim)} == {first + 1}
    assert states(postgres_db, first) == {"queued": 1}


def test_workers_may_sweep_at_once(db: Database) -> None:
    """Each row ends once, and nobody waits for another or is told of a deadlock."""
    subscribers(db, PEOPLE)
    of, _, first = a_mailing(db)
    end(db, all_claims(db), DeliveryState.QUEUED, retry_in=timedelta(0))
    a_letter(db)
    a_mailing(db, outage_id=of, sequence=2)
    make_due(db)
    ready = threading.Barrier(len(WORKERS))

    def sweep(_: str) -> int:
        with db.read() as tx:
            found = find_unsendable(tx)
        ready.wait()
        return db.write(lambda tx: settle_unsendable(tx, found))

    with ThreadPoolExecutor(len(WORKERS)) as pool:
        assert sum(pool.map(sweep, WORKERS)) == PEOPLE
    assert states(db, first) == {"superseded": PEOPLE}
