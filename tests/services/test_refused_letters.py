"""Letters to one person that the relay refuses like everything else are not lost (P11)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from outage_service.domain.deliveries import GIVE_UP_AFTER, Attempt, Stage, Verdict
from outage_service.domain.texts import Language
from outage_service.services import refusals
from outage_service.services.blanket_refusals import ALIKE_AT_LEAST
from outage_service.services.engine import Engine
from outage_service.storage.letter_outcomes import LOOKED_AT
from outage_service.storage.mailings import CONFIRMATION, forget_address, insert_letter
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing
from tests.services.acts import TCCU, declare, receivers, subscribe
from tests.services.refusing import (
    DENIED,
    NOBODY,
    PLAIN,
    QUOTA,
    SPAM,
    TAKEN,
    claims,
    long_ago,
    one_by_one,
    paused,
    record,
)
from tests.storage.rows import states


def letters(engine: Engine, count: int, *, address: str = "") -> None:
    def add(tx: Connection) -> None:
        for number in range(count):
            insert_letter(
                tx,
                purpose="confirm",
                address=address or f"somebody{number}@example.org",
                language=Language.EN,
                link_id=None,
                letter=b"letter",
                now=engine.clock(),
            )

    engine.db.write(add)


def a_paused_bulletin(engine: Engine, said: Attempt = DENIED) -> None:
    """Declares an outage to a few people, all of whom the relay refuses."""
    for number in range(ALIKE_AT_LEAST):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    record(engine, claims(engine), said)
    assert len(paused(engine)) == 1


@pytest.mark.parametrize("said", [PLAIN, DENIED, NOBODY, SPAM], ids=["plain", "denied", "nobody", "spam"])
def test_a_letter_that_alone_is_refused_fails_at_once(engine: Engine, said: Attempt) -> None:
    """The table of outcomes: a mistyped address, on a relay that takes mail."""
    letters(engine, 3)
    first, second, mistyped = claims(engine)
    record(engine, [first, second], TAKEN)
    record(engine, [mistyped], said)
    assert states(engine.db) == {"accepted": 2, "failed": 1}


@pytest.mark.parametrize("said", [PLAIN, DENIED, SPAM], ids=["plain", "denied", "content"])
def test_a_row_of_letters_refused_alike_goes_back_to_the_queue(engine: Engine, said: Attempt) -> None:
    """The first ones have failed by then."""
    letters(engine, ALIKE_AT_LEAST)
    found = claims(engine)
    one_by_one(engine, found[:-1], said)
    assert states(engine.db) == {"failed": ALIKE_AT_LEAST - 1, "claimed": 1}
    record(engine, found[-1:], said)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST}


def test_they_wait_as_long_as_others_that_are_refused_for_now(engine: Engine) -> None:
    letters(engine, ALIKE_AT_LEAST)
    one_by_one(engine, claims(engine), PLAIN)
    with engine.db.read() as tx:
        waits = [at - database_now(tx) for at in tx.execute(select(delivery.c.retry_at)).scalars()]
    assert all(timedelta(seconds=15) < wait < timedelta(seconds=40) for wait in waits)
    record(engine, claims(engine), PLAIN)
    with engine.db.read() as tx:
        waits = [at - database_now(tx) for at in tx.execute(select(delivery.c.retry_at)).scalars()]
    assert all(timedelta(seconds=40) < wait < timedelta(seconds=80) for wait in waits)


def test_once_the_relay_takes_mail_again_all_get_theirs(engine: Engine) -> None:
    letters(engine, 5)
    one_by_one(engine, claims(engine), DENIED)
    record(engine, claims(engine), DENIED)
    assert states(engine.db) == {"queued": 5}
    assert len(receivers(engine)) == 0
    record(engine, claims(engine), TAKEN)
    assert states(engine.db) == {"accepted": 5}


def test_whoever_still_is_refused_when_the_relay_takes_mail_again_has_failed(engine: Engine) -> None:
    letters(engine, 5)
    record(engine, claims(engine), PLAIN)
    first, *others = claims(engine)
    record(engine, others, TAKEN)
    record(engine, [first], PLAIN)
    assert states(engine.db) == {"accepted": 4, "failed": 1}


def test_one_address_says_nothing_of_the_relay_however_often_it_is_written_to(engine: Engine) -> None:
    letters(engine, 1, address="another@example.org")
    letters(engine, 4, address="Duty@example.org")
    one_by_one(engine, claims(engine), PLAIN)
    assert states(engine.db) == {"failed": 5}


def test_addresses_that_do_not_exist_fail_however_many_they_are(engine: Engine) -> None:
    letters(engine, 6)
    record(engine, claims(engine), NOBODY)
    assert states(engine.db) == {"failed": 6}


def test_letters_refused_in_different_words_have_failed(engine: Engine) -> None:
    letters(engine, 4)
    record(engine, claims(engine), DENIED, QUOTA, PLAIN)
    assert states(engine.db) == {"failed": 4}


def test_one_letter_that_is_accepted_in_between_ends_the_row(engine: Engine) -> None:
    letters(engine, 5)
    found = claims(engine)
    one_by_one(engine, found[:2], PLAIN)
    record(engine, found[2:3], TAKEN)
    one_by_one(engine, found[3:], PLAIN)
    assert states(engine.db) == {"accepted": 1, "failed": 4}


def test_who_is_refused_together_with_some_who_are_accepted_has_failed(engine: Engine) -> None:
    letters(engine, ALIKE_AT_LEAST + 1)
    record(engine, claims(engine), TAKEN, PLAIN)
    assert states(engine.db) == {"accepted": 1, "failed": ALIKE_AT_LEAST}


def test_a_bulletin_that_is_accepted_meanwhile_ends_the_row(engine: Engine) -> None:
    subscribe(engine)
    declare(engine)
    letters(engine, 4)
    found = claims(engine)
    refused = [one for one in found if one.recipient_id == 0]
    one_by_one(engine, refused[:2], PLAIN)
    record(engine, [one for one in found if one not in refused], TAKEN)
    one_by_one(engine, refused[2:], PLAIN)
    assert states(engine.db) == {"accepted": 1, "failed": 4}


def test_letters_that_failed_before_somebody_was_accepted_have_failed(engine: Engine) -> None:
    """A relay that turns against us afterwards changes nothing of that."""
    letters(engine, ALIKE_AT_LEAST + 2)
    found = claims(engine)
    record(engine, found[:1], PLAIN)
    record(engine, found[1:2], TAKEN)
    long_ago(engine)
    one_by_one(engine, found[2:], PLAIN)
    assert states(engine.db) == {"failed": 1, "accepted": 1, "queued": ALIKE_AT_LEAST}


@pytest.mark.parametrize("said", [DENIED, PLAIN, QUOTA], ids=["denied", "plain", "quota"])
def test_one_letter_is_tried_again_while_a_bulletin_is_paused_for_the_same_words(
    engine: Engine, said: Attempt
) -> None:
    """P22: it is the alert that tells of the pause."""
    a_paused_bulletin(engine, said)
    letters(engine, 1, address="duty@example.org")
    record(engine, claims(engine), said)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST + 1}
    record(engine, claims(engine), said)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST + 1}
    engine.act(lambda tx: refusals.resume(engine, tx, TCCU, 1))
    record(engine, claims(engine), TAKEN)
    assert states(engine.db) == {"accepted": ALIKE_AT_LEAST + 1}


def test_a_bulletin_whose_content_is_refused_holds_its_alert_back_as_well(engine: Engine) -> None:
    for number in range(5):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    letters(engine, 1)
    record(engine, claims(engine), SPAM)
    assert states(engine.db) == {"queued": 6}


def test_a_letter_refused_for_something_else_fails_although_a_bulletin_is_paused(engine: Engine) -> None:
    a_paused_bulletin(engine)
    letters(engine, 2)
    record(engine, claims(engine), QUOTA, NOBODY)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST, "failed": 2}


def test_a_pause_says_nothing_any_more_once_the_relay_has_taken_something(engine: Engine) -> None:
    a_paused_bulletin(engine)
    letters(engine, 2)
    first, second = claims(engine)
    record(engine, [first], TAKEN)
    in_two_seconds(engine)
    record(engine, [second], DENIED)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST, "accepted": 1, "failed": 1}


def in_two_seconds(engine: Engine) -> None:
    """Makes what was accepted look as if it had been two seconds later."""

    def move(tx: Connection) -> None:
        later = database_now(tx) + timedelta(seconds=2)
        tx.execute(update(delivery).where(delivery.c.state == "accepted").values(changed_at=later))

    engine.db.write(move)


def test_a_letter_that_failed_just_before_the_bulletin_was_paused_is_taken_back(engine: Engine) -> None:
    letters(engine, 1)
    record(engine, claims(engine), DENIED)
    assert states(engine.db) == {"failed": 1}
    a_paused_bulletin(engine)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST + 1}


def test_a_letter_fails_where_the_schedule_ends(engine: Engine) -> None:
    """Nor is it taken back for those that come after it."""
    letters(engine, ALIKE_AT_LEAST)
    record(engine, claims(engine), PLAIN)

    def age(tx: Connection) -> None:
        then = database_now(tx) - GIVE_UP_AFTER - timedelta(minutes=1)
        tx.execute(update(delivery).values(first_at=then))

    engine.db.write(age)
    one_by_one(engine, claims(engine), PLAIN)
    letters(engine, 1, address="new@example.org")
    record(engine, claims(engine), PLAIN)
    assert states(engine.db) == {"failed": ALIKE_AT_LEAST, "queued": 1}


def erase(tx: Connection) -> None:
    forget_address(tx, "somebody0@example.org", purpose=CONFIRMATION)


def supersede(tx: Connection) -> None:
    tx.execute(update(mailing).where(mailing.c.id == 1).values(superseded_by=2))


@pytest.mark.parametrize("end", [erase, supersede], ids=["erased", "superseded"])
def test_a_letter_that_nobody_would_send_any_more_is_not_taken_back(
    engine: Engine, end: Callable[[Connection], None]
) -> None:
    letters(engine, ALIKE_AT_LEAST + 1)
    found = claims(engine)
    record(engine, found[:1], PLAIN)
    engine.db.write(end)
    one_by_one(engine, found[1:], PLAIN)
    assert states(engine.db) == {"failed": 1, "queued": ALIKE_AT_LEAST}


def test_letters_are_weighed_with_their_neighbours_although_many_newer_ones_wait(engine: Engine) -> None:
    letters(engine, ALIKE_AT_LEAST)
    found = claims(engine)
    letters(engine, LOOKED_AT + 10)
    one_by_one(engine, found, PLAIN)
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST}


def test_letters_recorded_twice_count_once(engine: Engine) -> None:
    """The first commit was made and never answered."""
    letters(engine, ALIKE_AT_LEAST - 1)
    found = claims(engine)
    for _ in range(2):
        one_by_one(engine, found, PLAIN)
    assert states(engine.db) == {"failed": ALIKE_AT_LEAST - 1}


def test_workers_that_each_record_one_letter_see_each_others(engine: Engine) -> None:
    """At the same moment: one of them is the last."""
    letters(engine, ALIKE_AT_LEAST)
    ready = threading.Barrier(ALIKE_AT_LEAST)
    found = claims(engine)

    def one(number: int) -> None:
        ready.wait()
        record(engine, [found[number]], PLAIN)

    with ThreadPoolExecutor(ALIKE_AT_LEAST) as pool:
        list(pool.map(one, range(ALIKE_AT_LEAST)))
    assert states(engine.db) == {"queued": ALIKE_AT_LEAST}


def test_what_is_refused_for_now_is_none_of_this(engine: Engine) -> None:
    """It waits anyway, and is no reason to try again who was refused for good."""
    letters(engine, 4)
    record(engine, claims(engine), *[Attempt(Verdict.DEFERRED, Stage.RCPT, 450, "later")] * 3, PLAIN)
    assert states(engine.db) == {"queued": 3, "failed": 1}
