"""A relay that refuses every recipient alike fails nobody: the mailing waits for an operator (P11)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Connection, text

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import Attempt, Stage, Verdict
from outage_service.services import refusals, sending
from outage_service.services.blanket_refusals import ALIKE_AT_LEAST, ALIKE_IN_A_ROW
from outage_service.services.engine import Engine
from outage_service.storage import DatabaseError
from outage_service.storage.deliveries import Claim
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.locks import take_turns
from tests.builders import THURSDAY_10H
from tests.engines import an_engine
from tests.services.acts import TCCU, declare, mail, receivers, subscribe, update
from tests.services.refusing import (
    DENIED,
    NOBODY,
    PLAIN,
    QUOTA,
    TAKEN,
    claims,
    long_ago,
    one_by_one,
    paused,
    record,
)
from tests.storage.rows import states


def people(engine: Engine, count: int) -> list[Claim]:
    """Declares an outage to so many subscribers and returns their claims."""
    for number in range(count):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    return claims(engine)


@pytest.mark.parametrize("said", [DENIED, QUOTA, PLAIN], ids=["access denied", "quota", "no status"])
def test_a_relay_that_refuses_everybody_at_once_fails_nobody(engine: Engine, said: Attempt) -> None:
    record(engine, people(engine, ALIKE_IN_A_ROW + 5), said)
    assert states(engine.db) == {"queued": ALIKE_IN_A_ROW + 5}
    assert paused(engine) == ["TCC26-0001"]
    assert claims(engine) == []


def test_who_failed_one_after_the_other_is_taken_back_into_the_queue(engine: Engine) -> None:
    """A slow relay: each outcome is recorded by itself, and the first nineteen have failed."""
    found = people(engine, ALIKE_IN_A_ROW + 5)
    one_by_one(engine, found[: ALIKE_IN_A_ROW - 1], DENIED)
    assert states(engine.db)["failed"] == ALIKE_IN_A_ROW - 1
    assert paused(engine) == []
    record(engine, found[ALIKE_IN_A_ROW - 1 :][:1], DENIED)
    assert states(engine.db) == {"queued": ALIKE_IN_A_ROW, "claimed": 5}
    assert paused(engine) == ["TCC26-0001"]


def test_what_was_under_way_when_the_mailing_was_paused_waits_too(engine: Engine) -> None:
    found = people(engine, ALIKE_IN_A_ROW + 5)
    record(engine, found[:ALIKE_IN_A_ROW], DENIED)
    one_by_one(engine, found[ALIKE_IN_A_ROW:], DENIED)
    assert states(engine.db) == {"queued": ALIKE_IN_A_ROW + 5}


def test_an_operator_resumes_it_and_everybody_gets_it(engine: Engine) -> None:
    record(engine, people(engine, ALIKE_IN_A_ROW), DENIED)
    engine.act(lambda tx: refusals.resume(engine, tx, TCCU, 1))
    assert paused(engine) == []
    assert len(receivers(engine)) == ALIKE_IN_A_ROW
    assert states(engine.db) == {"accepted": ALIKE_IN_A_ROW}


def test_resumed_in_vain_it_is_paused_again(engine: Engine) -> None:
    record(engine, people(engine, ALIKE_IN_A_ROW), DENIED)
    engine.act(lambda tx: refusals.resume(engine, tx, TCCU, 1))
    one_by_one(engine, claims(engine), DENIED)
    assert states(engine.db) == {"queued": ALIKE_IN_A_ROW}
    assert paused(engine) == ["TCC26-0001"]


def test_a_newer_bulletin_takes_its_place(engine: Engine) -> None:
    """P12."""
    for number in range(ALIKE_IN_A_ROW):
        subscribe(engine, f"p{number}@example.org")
    done = declare(engine)
    record(engine, claims(engine), DENIED)
    update(engine, done)
    assert paused(engine) == []
    assert len(receivers(engine)) == ALIKE_IN_A_ROW


def test_a_relay_that_turns_against_us_half_way_fails_nobody_from_then_on(engine: Engine) -> None:
    """A quota that is used up: some outcomes are recorded together with the last that were accepted."""
    found = people(engine, 60)
    record(engine, found[:10], TAKEN)
    record(engine, found[10:30], *[TAKEN] * 10, QUOTA)
    record(engine, found[30:], QUOTA)
    assert states(engine.db) == {"accepted": 20, "queued": 40}
    assert paused(engine) == ["TCC26-0001"]


def test_a_row_at_the_end_of_one_group_is_enough(engine: Engine) -> None:
    found = people(engine, ALIKE_IN_A_ROW + 2)
    record(engine, found, TAKEN, TAKEN, DENIED)
    assert states(engine.db) == {"accepted": 2, "queued": ALIKE_IN_A_ROW}


def test_whoever_is_refused_while_others_are_accepted_has_failed(engine: Engine) -> None:
    """The table of outcomes: that recipient only, at once."""
    found = people(engine, 60)
    for number in range(0, 60, 3):
        record(engine, found[number : number + 3], TAKEN, DENIED, TAKEN)
    assert states(engine.db) == {"accepted": 40, "failed": 20}
    assert paused(engine) == []


def test_one_that_is_accepted_in_between_ends_the_row(engine: Engine) -> None:
    found = people(engine, 2 * ALIKE_IN_A_ROW)
    one_by_one(engine, found[: ALIKE_IN_A_ROW - 1], DENIED)
    record(engine, found[ALIKE_IN_A_ROW - 1 :][:1], TAKEN)
    one_by_one(engine, found[ALIKE_IN_A_ROW : 2 * ALIKE_IN_A_ROW - 1], DENIED)
    assert states(engine.db) == {"accepted": 1, "failed": 2 * ALIKE_IN_A_ROW - 2, "claimed": 1}
    assert paused(engine) == []


def test_who_failed_before_somebody_was_accepted_has_failed(engine: Engine) -> None:
    """Only the row that speaks against the relay is taken back, not all that ever failed."""
    found = people(engine, ALIKE_IN_A_ROW + 4)
    record(engine, found[:2], DENIED)
    record(engine, found[2:3], TAKEN)
    long_ago(engine)
    one_by_one(engine, found[3 : ALIKE_IN_A_ROW + 3], DENIED)
    assert states(engine.db) == {"failed": 2, "accepted": 1, "queued": ALIKE_IN_A_ROW, "claimed": 1}


@pytest.mark.parametrize("count", [ALIKE_AT_LEAST, 7])
def test_all_of_a_small_mailing_is_enough(engine: Engine, count: int) -> None:
    """Nobody has got it: that must not pass for some bad addresses. Out of order, one by one."""
    found = people(engine, count)
    one_by_one(engine, found[:0:-1], DENIED)
    assert states(engine.db) == {"failed": count - 1, "claimed": 1}
    one_by_one(engine, found[:1], DENIED)
    assert states(engine.db) == {"queued": count}
    assert paused(engine) == ["TCC26-0001"]


@pytest.mark.parametrize(
    "others",
    [(), (TAKEN,), (QUOTA,), (DENIED._replace(code=550),), (Attempt(Verdict.DEFERRED, Stage.RCPT, 450, ""),)],
    ids=["too few", "one accepted", "another status", "another code", "one still waits"],
)
def test_a_small_mailing_that_is_not_all_refused_alike_fails_as_it_is(
    engine: Engine, others: tuple[Attempt, ...]
) -> None:
    refused = ALIKE_AT_LEAST if others else ALIKE_AT_LEAST - 1
    record(engine, people(engine, refused + len(others)), *others, DENIED)
    assert states(engine.db)["failed"] >= refused
    assert paused(engine) == []


def test_the_first_few_of_a_fan_out_are_not_taken_for_all_of_it(engine: Engine) -> None:
    """The others are not known yet: they may be accepted."""
    for number in range(ALIKE_AT_LEAST + 5):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    record(engine, sending.claim(engine, "worker", limit=ALIKE_AT_LEAST), DENIED)
    assert states(engine.db) == {"failed": ALIKE_AT_LEAST}
    record(engine, claims(engine), TAKEN)
    assert states(engine.db) == {"failed": ALIKE_AT_LEAST, "accepted": 5}
    assert paused(engine) == []


def test_addresses_that_do_not_exist_fail_however_many_they_are(engine: Engine) -> None:
    """Nor do they hide that all others are refused alike."""
    found = people(engine, 2 * ALIKE_IN_A_ROW + 3)
    record(engine, found[:ALIKE_IN_A_ROW], NOBODY)
    assert states(engine.db)["failed"] == ALIKE_IN_A_ROW
    one_by_one(engine, found[ALIKE_IN_A_ROW : ALIKE_IN_A_ROW + 2], DENIED)
    record(engine, found[ALIKE_IN_A_ROW + 2 :], NOBODY, DENIED, NOBODY, DENIED)
    assert states(engine.db) == {"failed": ALIKE_IN_A_ROW + 2, "queued": ALIKE_IN_A_ROW + 1}


def test_outcomes_that_are_recorded_twice_count_once(engine: Engine) -> None:
    """The first commit was made and never answered."""
    found = people(engine, ALIKE_IN_A_ROW + 5)
    for _ in range(2):
        record(engine, found[: ALIKE_IN_A_ROW - 5], DENIED)
    assert states(engine.db) == {"failed": ALIKE_IN_A_ROW - 5, "claimed": 10}
    assert paused(engine) == []


def test_workers_that_each_record_a_part_of_a_small_mailing_see_each_others(engine: Engine) -> None:
    """At the same moment: one of them is the last."""
    found = people(engine, 6)
    ready = threading.Barrier(3)

    def part(number: int) -> None:
        ready.wait()
        record(engine, found[2 * number : 2 * number + 2], DENIED)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(part, range(3)))
    assert states(engine.db) == {"queued": 6}


def test_who_is_taken_back_is_not_held_to_have_been_refused(engine: Engine) -> None:
    """Three such bulletins must not end a subscription."""
    done = None
    for number in range(30):
        subscribe(engine, f"p{number}@example.org")
    for _ in range(3):
        done = declare(engine) if done is None else update(engine, done)
        found = claims(engine)
        record(engine, found[:5], TAKEN)
        one_by_one(engine, found[5:], PLAIN)
    assert done is not None
    update(engine, done)
    assert len(mail(engine)) == 30


def test_what_cannot_be_weighed_is_recorded_as_the_relay_gave_it(engine: Engine) -> None:
    """P7: one outcome that we stumble over must not keep a group from being recorded, over and over."""

    def broken() -> datetime:
        raise RuntimeError("a fault of our own")

    found = people(engine, 4)
    stumbling = replace(engine, clock=broken)
    record(stumbling, found, NOBODY, TAKEN)
    assert states(engine.db) == {"failed": 1, "accepted": 3}


def test_a_statement_that_the_database_refuses_leaves_the_outcomes_to_be_recorded(engine: Engine) -> None:
    """P7: on PostgreSQL nothing more could be done in a transaction in which one has failed."""
    found = people(engine, ALIKE_IN_A_ROW)
    engine.db.write(refuse_bounces)
    record(engine, found, NOBODY, DENIED)
    assert states(engine.db) == {"failed": ALIKE_IN_A_ROW}
    assert paused(engine) == []


def test_whoever_waits_in_vain_for_another_worker_weighs_again(postgresql_url: str) -> None:
    """What will pass is no reason to record a row of refusals as so many bad addresses."""
    engine = an_engine(postgresql_url, VirtualClock(THURSDAY_10H))
    settled = [sending.after_attempt(claim, DENIED) for claim in people(engine, ALIKE_AT_LEAST)]

    def weigh(tx: Connection) -> object:
        tx.execute(text("SET LOCAL lock_timeout = '50ms'"))
        return refusals.weigh(engine, tx, settled)

    def weigh_beside(tx: Connection) -> None:
        take_turns(tx, "refusals 1")
        with pytest.raises(DatabaseError) as caught:
            engine.db.write(weigh)
        assert failure_of(caught.value) is Failure.BUSY

    engine.db.write(weigh_beside)
    assert states(engine.db) == {"claimed": ALIKE_AT_LEAST}
    engine.db.close()


def refuse_bounces(tx: Connection) -> None:
    """Makes the database refuse every bounce."""
    if tx.dialect.name == "sqlite":
        tx.execute(text("CREATE TRIGGER refuse BEFORE INSERT ON bounce BEGIN SELECT RAISE(ABORT, 'no'); END"))
        return
    body = "$$BEGIN RAISE EXCEPTION 'no'; END$$"
    tx.execute(text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS {body}"))
    tx.execute(text("CREATE TRIGGER refuse BEFORE INSERT ON bounce FOR EACH ROW EXECUTE FUNCTION refuse()"))
