"""What a real relay refuses: the content of a bulletin, a recipient, or us; on both databases."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay
from outage_service.clock import VirtualClock
from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.texts import Language
from outage_service.services import bounces, refusals, subscriptions
from outage_service.services.bounces import Taken
from outage_service.services.engine import Engine
from outage_service.storage.alerts import open_alerts
from outage_service.storage.pauses import paused_bulletins
from outage_service.storage.subscribers import Choices
from outage_service.storage.suppressions import count_suppressions
from outage_service.worker.runtime import Worker
from outage_service.worker.sender import SenderOptions
from tests.builders import THURSDAY_10H
from tests.support.reports import a_failure_report
from tests.support.smtp_server import Script, Wait, running_smtp_server
from tests.worker.harness import (
    OPERATOR,
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

ACCEPTED, FAILED, QUEUED = DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.QUEUED


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.db.close()


def is_paused(engine: Engine) -> bool:
    with engine.db.read() as tx:
        return bool(paused_bulletins(tx))


def test_a_bulletin_that_the_relay_refuses_is_paused_and_nobody_is_given_up(engine: Engine) -> None:
    """P10: five times in a row; once it is resumed everybody gets it, once."""
    subscribe(engine, *people(40))
    script = Script().on("END", "554 5.7.1 this looks like spam")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: is_paused(engine))
        until(lambda: DeliveryState.CLAIMED not in states(engine))
        assert states(engine).keys() == {QUEUED}
        asked = relay.asked("DATA")
        make_retries_due(engine)
        script.forget()
        engine.act(lambda tx: refusals.resume(engine, tx, OPERATOR, 1))
        until(lambda: states(engine) == {ACCEPTED: 40})
    assert asked >= 5
    assert Counter(relay.recipients) == Counter(people(40))


def test_once_a_bulletin_is_paused_what_was_claimed_of_it_is_not_tried_any_more(engine: Engine) -> None:
    """P10: a relay that is shown the same spam two hundred times may shut us out."""
    subscribe(engine, *people(300))
    script = Script().on("END", Wait(0.01, "554 5.7.1 this looks like spam"))
    with running_smtp_server(script) as relay, working(engine, relay.url(), lanes=1):
        declare(engine)
        until(lambda: is_paused(engine))
        until(lambda: DeliveryState.CLAIMED not in states(engine))
        assert relay.asked("DATA") < 60


def test_a_newer_bulletin_takes_the_place_of_a_paused_one(engine: Engine) -> None:
    """P12: what is wrong with a text is mended by another one."""
    subscribe(engine, *people(10))
    script = Script().on("DATA", "554 5.6.0 no such thing")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        done = declare(engine)
        until(lambda: is_paused(engine))
        script.forget()
        give_news(engine, done)
        until(lambda: states(engine).get(ACCEPTED) == 10)
        assert not is_paused(engine)


def test_who_alone_is_refused_fails_and_pauses_nothing(engine: Engine) -> None:
    """A filter behind the relay: the others have got it meanwhile."""
    subscribe(engine, *people(30))
    script = Script().on("END", "554 5.7.1 not for us", times=3)
    with running_smtp_server(script) as relay, working(engine, relay.url(), lanes=1):
        declare(engine)
        until(lambda: states(engine) == {ACCEPTED: 27, QUEUED: 3})
        script.on("END", "554 5.7.1 not for us", times=3)
        make_retries_due(engine)
        until(lambda: states(engine) == {ACCEPTED: 27, FAILED: 3})
    assert not is_paused(engine)


@pytest.mark.parametrize("count", [5, 60], ids=["a few", "many"])
def test_a_relay_that_refuses_every_recipient_fails_nobody(engine: Engine, count: int) -> None:
    """P11: relaying denied is nobody's address; once it is resumed everybody gets it, once."""
    subscribe(engine, *people(count))
    script = Script().on("RCPT", "554 5.7.1 relay access denied")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: is_paused(engine))
        until(lambda: states(engine) == {QUEUED: count})
        script.forget()
        engine.act(lambda tx: refusals.resume(engine, tx, OPERATOR, 1))
        until(lambda: states(engine) == {ACCEPTED: count})
    assert Counter(relay.recipients) == Counter(people(count))


def test_a_confirmation_that_is_refused_with_everything_else_arrives_later(engine: Engine) -> None:
    """P11: nobody else's mail is needed for it, and the bulletin goes on waiting for an operator."""
    subscribe(engine, *people(5))
    script = Script().on("RCPT", "554 5.7.1 relay access denied")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: is_paused(engine))
        until(lambda: states(engine) == {QUEUED: 5})
        asked, new = relay.asked("RCPT"), Choices("new@example.org", "new@example.org", Language.EN, 0, 0)
        engine.act(lambda tx: subscriptions.request(engine, tx, new))
        until(lambda: relay.asked("RCPT") > asked and states(engine) == {QUEUED: 6})
        script.forget()
        make_retries_due(engine)
        until(lambda: states(engine) == {QUEUED: 5, ACCEPTED: 1})
    assert relay.recipients == ["new@example.org"]


def test_neighbours_who_are_shut_out_hold_nobody_else_up(engine: Engine) -> None:
    """P10: they are the first, and more than make a row."""
    subscribe(engine, *(f"n{number}@shut.example.org" for number in range(40)), *people(40))
    script = Script()
    for number in range(40):
        script.on("RCPT", "554 5.7.1 blocked", address=f"n{number}@shut.example.org")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: states(engine) == {ACCEPTED: 40, FAILED: 40})
    assert not is_paused(engine)
    assert Counter(relay.recipients) == Counter(people(40))


def test_a_relay_that_does_not_know_our_commands_fails_nobody(engine: Engine) -> None:
    """P11: it is left alone, as any other that cannot be used as it is set up."""
    subscribe(engine, *people(5))
    script = Script().on("RCPT", "503 5.5.1 not now")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        until(lambda: relay.asked("RCPT") >= 2)
        assert FAILED not in states(engine)
        script.forget()

        def all_have_it() -> bool:
            make_retries_due(engine)
            return states(engine) == {ACCEPTED: 5}

        until(all_have_it, seconds=20)
    assert Counter(relay.recipients) == Counter(people(5))


def test_a_recipient_who_does_not_exist_is_not_written_to_again(engine: Engine) -> None:
    """P14: the next bulletin passes the address over."""
    subscribe(engine, *people(5))
    script = Script().on("RCPT", "550 5.1.1 no such user", address="person3@example.org")
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        done = declare(engine)
        until(lambda: states(engine) == {ACCEPTED: 4, FAILED: 1})
        give_news(engine, done)
        until(lambda: states(engine) == {ACCEPTED: 8, FAILED: 1})
        assert relay.asked("RCPT") == 9
    with engine.db.read() as tx:
        assert count_suppressions(tx) == {SuppressionReason.HARD_BOUNCE: 1}


def test_what_comes_back_of_a_message_ends_the_mail_to_its_reader(engine: Engine) -> None:
    """From end to end: what went out comes back, to the address that is set for it."""
    subscribe(engine, *people(2))
    bouncing = replace(engine, bounce_address="bounces@example.org")
    with running_smtp_server() as relay, working(bouncing, relay.url()):
        declare(bouncing)
        relay.wait_for(2)
    first = min(relay.messages, key=lambda one: one.recipient)
    assert first.mail_from == "bounces@example.org"
    assert b'From: "Outages" <outages@example.org>' in first.content
    (name,) = [line for line in first.content.splitlines() if line.startswith(b"Message-ID:")]
    returned = name.decode().split("<")[1].rstrip(">")
    report = a_failure_report(returned, first.recipient)
    assert engine.act(lambda tx: bounces.take(engine, tx, report)) == Taken(counted=1, suppressed=1)


def test_a_relay_that_does_not_let_us_in_is_an_alert(sqlite_url: str) -> None:
    """P22: at once, for nobody but the operators can mend it."""
    engine = make_engine(sqlite_url)
    script = Script(users={"us": "right"})

    def alerts() -> set[tuple[str, str]]:
        with engine.db.read() as tx:
            return open_alerts(tx)

    with running_smtp_server(script) as relay, working(engine, relay.url(credentials="us:wrong")):
        subscribe(engine, "one@example.org")
        declare(engine)
        until(lambda: alerts() == {("relay_paused", "")}, seconds=15)
    engine.db.close()


def test_a_process_that_sends_nothing_tells_of_what_nobody_issues(sqlite_url: str) -> None:
    """P22: what has stopped cannot tell of it itself."""
    clock = VirtualClock(THURSDAY_10H)
    engine = make_engine(sqlite_url, clock)
    declare(engine)
    clock.advance(timedelta(hours=2, minutes=5))
    options = SenderOptions(lanes=1, window=1, is_alone=True)
    pool = partial(MailPool, Relay.parse("smtp://127.0.0.1:9"), only_to=None)
    web_only = Worker(engine, pool, options, tick_seconds=0.2, refresh=lambda: None)
    web_only.start(with_sender=False)

    def is_told() -> bool:
        with engine.db.read() as tx:
            return open_alerts(tx) == {("overdue", "TCC26-0001")}

    try:
        until(is_told)
    finally:
        web_only.stop()
        engine.db.close()
