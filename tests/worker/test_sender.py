"""The sender against a real relay over real sockets, on both databases."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.texts import Language
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, token
from outage_service.storage.schema import delivery
from outage_service.storage.subscribers import SubscriberState, set_subscriber_state
from tests.support.smtp_server import Drop, Hang, Script, SmtpServer, running_smtp_server
from tests.worker.harness import (
    declare,
    give_news,
    make_engine,
    make_retries_due,
    people,
    states,
    subscribe,
    until,
    working,
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.db.close()


def all_are(engine: Engine, state: DeliveryState, count: int) -> bool:
    return states(engine) == {state: count}


def test_every_subscriber_gets_the_bulletin_exactly_once(engine: Engine) -> None:
    """P7, P8: nothing is lost and, without a fault, nothing comes twice; more people than one claim holds."""
    everybody = people(1200)
    subscribe(engine, *everybody)
    with running_smtp_server() as relay, working(engine, relay.url(), lanes=8):
        declare(engine)
        until(lambda: all_are(engine, DeliveryState.ACCEPTED, 1200), seconds=60)
        assert Counter(relay.recipients) == Counter(everybody)


def test_each_message_carries_its_reader_s_own_links_and_the_outage_s_thread(engine: Engine) -> None:
    subscribe(engine, "en@example.org")
    subscribe(engine, "fr@example.org", language=Language.FR)
    with running_smtp_server() as relay, working(engine, relay.url()):
        done = declare(engine)
        relay.wait_for(2)
        until(lambda: all_are(engine, DeliveryState.ACCEPTED, 2))
        give_news(engine, done)
        relay.wait_for(4)
    mails = [message_from_bytes(one.content, policy=policy.default) for one in relay.messages]
    first, later = [mail for mail in mails if mail["To"] == "fr@example.org"]
    own = token(engine.secret_key, Purpose.UNSUBSCRIBE, Holder(2, 1))
    assert first["List-Unsubscribe"] == f"<https://outages.example.org/subscriptions/{own}/unsubscribe>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["Content-Language"] == "fr, en"
    assert later["References"] == first["Message-ID"] != later["Message-ID"]


def test_a_refused_recipient_fails_alone(engine: Engine) -> None:
    subscribe(engine, *people(5))
    script = Script().on("RCPT", "550 5.1.1 no such user", address="person3@example.org")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: states(engine) == {DeliveryState.ACCEPTED: 4, DeliveryState.FAILED: 1})
    assert "person3@example.org" not in relay.recipients


def test_a_deferred_message_is_tried_again_with_the_same_bytes(engine: Engine) -> None:
    """P8, P15: the relay may have kept the first copy, and must be able to tell that it is the same."""
    subscribe(engine, "one@example.org")
    script = Script().on("END", Drop(), times=1)
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: all_are(engine, DeliveryState.QUEUED, 1))
        make_retries_due(engine)
        until(lambda: all_are(engine, DeliveryState.ACCEPTED, 1))
    assert len({one.content for one in relay.messages}) == 1


def test_a_relay_that_is_down_costs_nobody_an_attempt(engine: Engine) -> None:
    """P11: what could not be handed over waits, and goes out once the relay is back."""
    subscribe(engine, *people(20))
    script = Script().on("CONNECT", "421 4.3.2 not now")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: relay.connections >= 2)
        assert DeliveryState.FAILED not in states(engine)
        script.forget()

        def all_came() -> bool:
            make_retries_due(engine)
            return all_are(engine, DeliveryState.ACCEPTED, 20)

        until(all_came, seconds=30)
    assert Counter(relay.recipients) == Counter(people(20))


def test_a_newer_bulletin_supersedes_what_was_not_sent_yet(engine: Engine) -> None:
    """P12: per recipient the sequence never goes back."""
    subscribe(engine, *people(30))
    script = Script().on("MAIL", "451 4.3.0 later")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        done = declare(engine)
        until(lambda: all_are(engine, DeliveryState.QUEUED, 30))
        script.forget()
        give_news(engine, done)
        relay.wait_for(30)
        until(lambda: states(engine).get(DeliveryState.ACCEPTED) == 30)
    subjects = {message_from_bytes(one.content, policy=policy.default)["Subject"] for one in relay.messages}
    assert len(subjects) == 1
    assert "UPDATE" in subjects.pop()


def test_whoever_leaves_before_a_retry_gets_nothing(engine: Engine) -> None:
    """P14."""
    subscribe(engine, "leaver@example.org")
    script = Script().on("RCPT", "450 4.2.0 later", times=1)
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: all_are(engine, DeliveryState.QUEUED, 1))
        engine.db.write(
            lambda tx: set_subscriber_state(tx, 1, SubscriberState.UNSUBSCRIBED, now=engine.clock())
        )
        make_retries_due(engine)
        until(lambda: relay.asked("RCPT") == 1)
    assert relay.recipients == []
    assert DeliveryState.ACCEPTED not in states(engine)


def test_a_row_that_cannot_be_sent_is_set_aside_and_stops_nobody(engine: Engine) -> None:
    """P10: our own failures are counted; after five the row ends, visibly."""
    subscribe(engine, "=?broken?=@example.org", *people(10))
    with running_smtp_server() as relay, working(engine, relay.url()):
        declare(engine)
        relay.wait_for(10)

        def is_set_aside() -> bool:
            make_retries_due(engine)
            return states(engine).get(DeliveryState.FAILED) == 1

        until(is_set_aside)
        assert states(engine) == {DeliveryState.ACCEPTED: 10, DeliveryState.FAILED: 1}


def test_no_transaction_is_open_while_the_relay_hangs(engine: Engine) -> None:
    """P16: other acts go on at once, though as many messages hang as the pool has connections."""
    subscribe(engine, *people(20))
    with running_smtp_server(Script().on("END", Hang())) as relay, working(engine, relay.url(), lanes=20):
        done = declare(engine)
        until(lambda: relay.asked("DATA") >= 20)
        with ThreadPoolExecutor(4) as at_once:  # more would wait for each other's lock of the outage
            acts = [at_once.submit(give_news, engine, done) for _ in range(24)]
        assert [act.result().outage.id for act in acts] == [done.outage.id] * 24
        assert relay.recipients == []


def test_a_sender_that_stops_leaves_nothing_claimed(engine: Engine) -> None:
    subscribe(engine, *people(600))
    script = Script().on("MAIL", Hang(), after=40)
    with running_smtp_server(script) as relay:
        with working(engine, relay.url()):
            declare(engine)
            relay.wait_for(20)
        left = states(engine)
        assert DeliveryState.CLAIMED not in left
        script.forget()
        make_retries_due(engine)
        with working(engine, relay.url()):
            until(lambda: all_are(engine, DeliveryState.ACCEPTED, 600), seconds=30)
    assert Counter(relay.recipients) == Counter(people(600))


def test_two_senders_share_one_list_without_a_repeat(postgresql_url: str) -> None:
    """Any number of workers send from one PostgreSQL, each what it has claimed."""
    engines = [make_engine(postgresql_url), make_engine(postgresql_url)]
    subscribe(engines[0], *people(1500))
    with (
        running_smtp_server() as relay,
        working(engines[0], relay.url()),
        working(engines[1], relay.url()),
    ):
        declare(engines[0])
        until(lambda: all_are(engines[0], DeliveryState.ACCEPTED, 1500), seconds=60)
        assert Counter(relay.recipients) == Counter(people(1500))
    for engine in engines:
        engine.db.close()


def test_a_worker_without_a_relay_leaves_its_claims_to_the_others(postgresql_url: str) -> None:
    """P7, P12: also newer bulletins to the same people would wait behind what it keeps."""
    cut_off, other = make_engine(postgresql_url), make_engine(postgresql_url)
    subscribe(cut_off, *people(300))
    shut = Script().on("CONNECT", "554 5.7.1 not you")
    with (
        running_smtp_server(shut) as nothing,
        running_smtp_server() as relay,
        working(cut_off, nothing.url(), left_to_others_after=0.5),
    ):
        declare(cut_off)
        until(lambda: states(cut_off).get(DeliveryState.CLAIMED, 0) > 250)
        with working(other, relay.url()):

            def all_came() -> bool:
                make_retries_due(other)
                return all_are(other, DeliveryState.ACCEPTED, 300)

            until(all_came, seconds=30)
    assert Counter(relay.recipients) == Counter(people(300))
    for engine in (cut_off, other):
        engine.db.close()


def test_a_worker_whose_relay_comes_back_goes_on_by_itself(postgresql_url: str) -> None:
    """P7, P11: also after it has begun to leave its claims to others."""
    engine = make_engine(postgresql_url)
    subscribe(engine, *people(20))
    script = Script().on("CONNECT", "421 4.3.2 not now")
    with running_smtp_server(script) as relay, working(engine, relay.url(), left_to_others_after=0.5):
        declare(engine)
        until(lambda: states(engine) == {DeliveryState.QUEUED: 20})
        script.forget()
        until(lambda: relay.recipients, seconds=30)
        make_retries_due(engine)
        until(lambda: all_are(engine, DeliveryState.ACCEPTED, 20))
    assert Counter(relay.recipients) == Counter(people(20))
    with engine.db.read() as tx:
        claimed = tx.execute(select(func.sum(delivery.c.attempt))).scalar_one()
    assert claimed < 20 * 4, "each is claimed again with every probe at most"
    engine.db.close()


def test_only_one_process_sends_from_an_sqlite_file(sqlite_url: str) -> None:
    first, second = make_engine(sqlite_url), make_engine(sqlite_url)
    assert first.db.take_sending_turn()
    assert not second.db.take_sending_turn()
    first.db.close()
    assert second.db.take_sending_turn()
    second.db.close()


def test_a_relay_without_pipelining_gets_the_same_messages(engine: Engine) -> None:
    subscribe(engine, *people(50))
    with running_smtp_server(Script(pipelining=False)) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: all_are(engine, DeliveryState.ACCEPTED, 50))
        check_once(relay, 50)


def check_once(relay: SmtpServer, count: int) -> None:
    assert Counter(relay.recipients) == Counter(people(count))


def test_the_watched_mailbox_gets_every_bulletin(sqlite_url: str) -> None:
    """P22: a canary proves the way to the end, subscribers or not."""
    engine = replace(make_engine(sqlite_url), canary_email="canary@example.org")
    with running_smtp_server() as relay, working(engine, relay.url()):
        give_news(engine, declare(engine))
        relay.wait_for(2)
    assert relay.recipients == ["canary@example.org"] * 2
    engine.db.close()
