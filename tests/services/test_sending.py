"""What a sender asks of the ledger, and what becomes of a claim (P7–P15)."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import Connection, select, update

from outage_service.clock import system_clock
from outage_service.domain.deliveries import Attempt, DeliveryState, Stage, Verdict
from outage_service.domain.texts import Language
from outage_service.services import sending, subscriptions
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, link, token
from outage_service.services.sending import DETAIL_LONGEST, FAULTS_AT_MOST
from outage_service.storage.deliveries import ID_WINDOW, Claim
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, subscriber, worker
from outage_service.storage.subscribers import delete_subscriber
from tests.services.acts import declare, mail, resolve, rows, subscribe
from tests.services.acts import update as give_news
from tests.storage.rows import a_letter, choices, make_due, states

CLAIM = Claim(1, 7, 2, 3, 0, timedelta(0), "Ann@example.org", Language.EN, 7, 1)


def wire(engine: Engine, claim: Claim) -> bytes:
    return sending.render(engine, sending.prepare(engine, claim.mailing_id), claim)


def the_claim(engine: Engine, worker_id: str = "one") -> Claim:
    (claim,) = sending.claim(engine, worker_id, limit=10)
    return claim


def put_back(engine: Engine, claim: Claim, worker_id: str = "one") -> None:
    """Queues a claim again, due at once."""
    settled = sending.Settlement(claim, DeliveryState.QUEUED, timedelta(0), tries=1)
    assert sending.settle(engine, worker_id, [settled]) == 1


def test_a_message_is_addressed_and_linked_for_its_one_recipient(engine: Engine) -> None:
    """Unsubscribe in every message, for mail programs and for people."""
    person = subscribe(engine, "Ann@example.org")
    declare(engine)
    raw = wire(engine, the_claim(engine))
    message = message_from_bytes(raw)
    leave = link(engine.base_url, engine.secret_key, Purpose.UNSUBSCRIBE, Holder(person, 1))
    assert message["To"] == "Ann@example.org"
    assert message["List-Unsubscribe"] == f"<{leave}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    texts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    manage = link(engine.base_url, engine.secret_key, Purpose.MANAGE, Holder(person, 1)).encode()
    assert len(texts) == 2
    assert all(isinstance(text, bytes) and manage in text and leave.encode() in text for text in texts)
    assert raw.endswith(b"\r\n.\r\n")


def test_a_retry_has_the_same_bytes(engine: Engine) -> None:
    """P8, P15: another attempt, by another worker, of the same message."""
    subscribe(engine)
    declare(engine)
    first = the_claim(engine)
    before = wire(engine, first)
    put_back(engine, first)
    second = the_claim(engine, "two")
    assert second.attempt == 2
    assert wire(engine, second) == before


def test_message_ids_are_stable_and_thread_an_outage(engine: Engine) -> None:
    """P8: one for each bulletin and recipient; later ones refer to the first."""
    for name in ("ann", "bob"):
        subscribe(engine, f"{name}@example.org")
    done = declare(engine)
    first = [message_from_bytes(letter.encode()) for _, letter in mail(engine)]
    give_news(engine, done)
    second = [message_from_bytes(letter.encode()) for _, letter in mail(engine)]
    ids = [message["Message-ID"] for message in (*first, *second)]
    assert len(set(ids)) == 4
    assert [message["In-Reply-To"] for message in second] == ids[:2]
    assert {message["In-Reply-To"] for message in first} == {None}


def test_a_letter_to_one_person_has_nothing_to_unsubscribe_from(engine: Engine) -> None:
    """A confirmation: the link alone."""
    engine.act(lambda tx: subscriptions.request(engine, tx, choices()))
    message = message_from_bytes(wire(engine, the_claim(engine)))
    assert message["List-Unsubscribe"] is None
    assert message["Message-ID"].startswith("<letter-")


def test_few_among_many_are_claimed_in_one_go(engine: Engine) -> None:
    """The worker is not sent to sleep between the windows of ids."""
    person = subscribe(engine)
    far = 4 * ID_WINDOW

    def move(tx: Connection) -> None:
        tx.execute(update(subscriber).where(subscriber.c.id == person).values(id=far))

    engine.db.write(move)
    declare(engine)
    assert the_claim(engine).recipient_id == far
    assert sending.claim(engine, "one", limit=10) == []


def test_the_last_look_tells_what_not_to_send(engine: Engine) -> None:
    """P12, P14: checked again just before DATA; superseded wins where both are true."""
    staying, leaving, erased = (subscribe(engine, f"{name}@example.org") for name in ("a", "b", "c"))
    done = declare(engine)
    claims = {claim.recipient_id: claim for claim in sending.claim(engine, "one", limit=10)}
    assert sending.withdrawn(engine, list(claims.values())) == {}
    leave = token(engine.secret_key, Purpose.UNSUBSCRIBE, Holder(leaving, 1))
    engine.act(lambda tx: subscriptions.unsubscribe(engine, tx, leave))
    engine.db.write(lambda tx: delete_subscriber(tx, erased))
    assert sending.withdrawn(engine, list(claims.values())) == {
        claims[leaving]: DeliveryState.SUPPRESSED,
        claims[erased]: DeliveryState.SUPPRESSED,
    }
    give_news(engine, done)
    found = sending.withdrawn(engine, list(claims.values()))
    assert found == dict.fromkeys(claims.values(), DeliveryState.SUPERSEDED)
    assert claims[staying] in found


def test_a_letter_is_never_withdrawn(engine: Engine) -> None:
    """Its addressee need not be a subscriber."""
    a_letter(engine.db)
    assert sending.withdrawn(engine, [the_claim(engine)]) == {}


def test_a_worker_is_known_while_it_works(engine: Engine) -> None:
    """Registered, heard of, signed off; ids are not guessable from one another."""
    first, second = sending.register(engine), sending.register(engine)
    assert first != second
    assert sending.beat(engine, first)
    sending.sign_off(engine, first)
    with engine.db.read() as tx:
        assert list(tx.execute(select(worker.c.id)).scalars()) == [second]


def test_a_worker_that_signs_off_leaves_its_claims_to_others(engine: Engine) -> None:
    """In order: nobody waits for it to be taken for dead."""
    subscribe(engine)
    declare(engine)
    worker_id = sending.register(engine)
    assert len(sending.claim(engine, worker_id, limit=10)) == 1
    sending.sign_off(engine, worker_id)
    assert the_claim(engine, "two").attempt == 2


def test_rescuing_frees_the_claims_of_the_dead_and_no_others(engine: Engine) -> None:
    """P6, decision 4."""
    for name in ("ann", "bob"):
        subscribe(engine, f"{name}@example.org")
    declare(engine)
    dead, alive = sending.register(engine), sending.register(engine)
    sending.claim(engine, dead, limit=1)
    sending.claim(engine, alive, limit=1)
    engine.db.write(
        lambda tx: tx.execute(
            update(worker).where(worker.c.id == dead).values(seen_at=database_now(tx) - timedelta(days=90))
        )
    )
    assert sending.rescue(engine) == 1
    assert states(engine.db) == {"queued": 1, "claimed": 1}
    assert sending.rescue(engine) == 0


def test_who_was_put_off_by_a_clock_that_was_days_ahead_is_written_to_now(engine: Engine) -> None:
    """P5, P7: the database's own clock, which retries go by."""
    subscribe(engine)
    declare(engine)
    put_back(engine, the_claim(engine))
    assert sending.rescue(engine) == 0
    ahead = update(delivery).values(retry_at=system_clock() + timedelta(days=3))
    engine.db.write(lambda tx: tx.execute(ahead))
    assert sending.claim(engine, "one", limit=10) == []
    assert sending.rescue(engine) == 1
    assert the_claim(engine).attempt == 2


def test_the_only_sender_frees_everything_when_it_starts(engine: Engine) -> None:
    """SQLite: whoever claimed it before is gone."""
    subscribe(engine)
    declare(engine)
    the_claim(engine, sending.register(engine))
    assert sending.rescue(engine, everything=True) == 1


def test_rescuing_ends_what_nobody_may_send(engine: Engine) -> None:
    """P7: superseded rows and those of people who left end, however many."""
    subscribe(engine)
    done = declare(engine)
    put_back(engine, the_claim(engine))
    resolve(engine, done)
    assert states(engine.db) == {"queued": 1}
    sending.rescue(engine)
    assert states(engine.db) == {"superseded": 1}


@pytest.mark.parametrize(
    ("verdict", "state", "tries"),
    [
        (Verdict.ACCEPTED, DeliveryState.ACCEPTED, 4),
        (Verdict.REFUSED, DeliveryState.FAILED, 4),
        (Verdict.WITHHELD, DeliveryState.SUPPRESSED, 4),
        (Verdict.DEFERRED, DeliveryState.QUEUED, 4),
        (Verdict.UNCERTAIN, DeliveryState.QUEUED, 4),
        (Verdict.RELAY_DOWN, DeliveryState.QUEUED, 3),
        (Verdict.MISCONFIGURED, DeliveryState.QUEUED, 3),
    ],
)
def test_an_attempt_settles_its_claim(verdict: Verdict, state: DeliveryState, tries: int) -> None:
    """The table of reliability.md; a relay that is down burns no attempt (P11)."""
    settled = sending.after_attempt(CLAIM, Attempt(verdict, Stage.RCPT, 450, "words"))
    assert (settled.claim, settled.state, settled.tries, settled.faults) == (CLAIM, state, tries, 0)
    assert (settled.code, settled.detail) == (450, "words")
    assert (settled.retry_in is not None) is (state is DeliveryState.QUEUED)


def test_after_72_hours_a_delivery_expires(engine: Engine) -> None:
    """Decisions 9 and 10: counted from the first attempt, by the database's clock alone."""
    old = CLAIM._replace(age=timedelta(hours=72, seconds=1))
    assert sending.after_attempt(old, Attempt(Verdict.DEFERRED, Stage.RCPT)).state is DeliveryState.EXPIRED
    young = CLAIM._replace(age=timedelta(hours=71))
    assert sending.after_attempt(young, Attempt(Verdict.DEFERRED, Stage.RCPT)).state is DeliveryState.QUEUED
    assert engine.db


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("5.1.1 <Ann@example.org>: unknown", "5.1.1 <…>: unknown"),
        ("ANN@EXAMPLE.ORG is unknown to ann@example.org", "… is unknown to …"),
        ("5.1.1 nobody", "5.1.1 nobody"),
        ("", None),
    ],
)
def test_the_ledger_keeps_no_address_that_a_relay_repeats(said: str, kept: str | None) -> None:
    """Erasure: the row outlives the subscriber."""
    settled = sending.after_attempt(CLAIM, Attempt(Verdict.REFUSED, Stage.RCPT, 550, said))
    assert settled.detail == kept


@pytest.mark.parametrize("said", ["\x00", "a\x00b\r\n\x85", "\udcff\ud800", "x" * 100_000, "é’" * 300])
def test_whatever_a_relay_says_can_be_kept(engine: Engine, said: str) -> None:
    """P10, P20: a garbled answer must not keep the outcomes of a whole group from being recorded."""
    for name in ("ann", "bob"):
        subscribe(engine, f"{name}@example.org")
    declare(engine)
    first, second = sending.claim(engine, "one", limit=10)
    outcomes = [
        sending.after_attempt(first, Attempt(Verdict.REFUSED, Stage.RCPT, 550, said)),
        sending.after_attempt(second, Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250)),
    ]
    assert sending.settle(engine, "one", outcomes) == 2
    assert states(engine.db) == {"failed": 1, "accepted": 1}
    with engine.db.read() as tx:
        kept = tx.execute(select(delivery.c.detail).where(delivery.c.state == "failed")).scalar_one()
    assert 0 < len(kept) <= DETAIL_LONGEST


def test_a_fault_of_our_own_is_set_aside_in_the_end() -> None:
    """P10: visibly, after so many; SMTP answers never count."""
    claim, seen = CLAIM, []
    for _ in range(FAULTS_AT_MOST):
        settled = sending.after_fault(claim, "SlotValueError")
        seen.append(settled.state)
        claim = claim._replace(faults=settled.faults)
    assert seen == [DeliveryState.QUEUED] * (FAULTS_AT_MOST - 1) + [DeliveryState.FAILED]
    assert settled.detail == "ours: SlotValueError"
    assert settled.tries == CLAIM.tries


def test_what_is_not_sent_keeps_its_tries() -> None:
    """It ends as what it was."""
    settled = sending.ended(CLAIM, DeliveryState.SUPERSEDED)
    assert (settled.state, settled.tries, settled.retry_in) == (DeliveryState.SUPERSEDED, 3, None)


def test_an_erased_subscriber_is_not_written_to(engine: Engine) -> None:
    """P14, whatever was claimed, queued or still to be fanned out."""
    person = subscribe(engine)
    declare(engine)
    put_back(engine, the_claim(engine))
    make_due(engine.db)
    engine.db.write(lambda tx: delete_subscriber(tx, person))
    assert mail(engine) == []
    sending.rescue(engine)
    assert states(engine.db) == {"suppressed": 1}
    assert rows(engine)["delivery"] == 1


def test_what_a_living_worker_has_lost_sight_of_is_let_go(engine: Engine) -> None:
    """P7: a commit that looked failed, or a batch dropped after a long silence."""
    for name in ("ann", "bob"):
        subscribe(engine, f"{name}@example.org")
    declare(engine)
    worker_id = sending.register(engine)
    held, _ = sending.claim(engine, worker_id, limit=10)
    assert sending.let_go(engine, worker_id, {held.key}) == 1
    assert states(engine.db) == {"claimed": 1, "queued": 1}
    assert sending.let_go(engine, worker_id, {held.key}) == 0
    with engine.db.read() as tx:
        assert set(tx.execute(select(delivery.c.worker_id)).scalars()) == {worker_id, None}
