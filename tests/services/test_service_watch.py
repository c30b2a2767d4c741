"""The service tells its operators of its own failures: once, and once more when they are over (P22)."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_string, policy

import pytest
from sqlalchemy import Connection, update
from structlog.testing import capture_logs

from outage_service.channels.email.breaker import RelayHealth
from outage_service.domain.deliveries import Attempt, Stage, Verdict
from outage_service.services import alerts, due_bulletins, refusals, sending
from outage_service.services.alerts import RelayNews, ServiceWatch
from outage_service.services.engine import Engine
from outage_service.storage import workers
from outage_service.storage.alerts import KEPT_FOR, count_open_alerts, note_relay, open_alerts, raise_alert
from outage_service.storage.now import database_now
from outage_service.storage.schema import worker
from outage_service.storage.workers import DEAD_AFTER, FORGOTTEN_AFTER
from tests.builders import at
from tests.engines import an_engine
from tests.services.acts import CCP_OUT, TCCU, declare, mail, set_clock, subscribe
from tests.support.triggers import refuse

MINUTE = timedelta(minutes=1)
DOWN = Attempt(Verdict.RELAY_DOWN, Stage.CONNECT, None, "unreachable")
WRONG = Attempt(Verdict.MISCONFIGURED, Stage.CONNECT, 535, "bad credentials")
SPAM = Attempt(Verdict.CONTENT_REFUSED, Stage.AFTER_DOT, 554, "5.7.1 looks like spam")


@pytest.fixture
def watched(database_url: str) -> Iterator[Engine]:
    """An engine with an operators' mailbox and a watched one."""
    engine = an_engine(database_url, operator_email="duty@example.org")
    yield engine
    engine.db.close()


def told(engine: Engine) -> list[str]:
    """Looks, and returns what the operators are told anew, in English."""
    alerts.watch(engine)
    return news(engine)


def news(engine: Engine) -> list[str]:
    """Sends what there is to send, and returns what the operators are told by it, in English."""
    letters = [message_from_string(letter, policy=policy.default) for _, letter in mail(engine)]
    return [str(one["Subject"]).split(" / ")[0] for one in letters if one["To"] == "duty@example.org"]


def a_worker(
    engine: Engine, name: str = "one", host: str = "mail-1", *, silent: timedelta = 0 * MINUTE
) -> None:
    def add(tx: Connection) -> None:
        workers.register_worker(tx, name, host=host)
        seen_at = database_now(tx) - silent
        tx.execute(update(worker).where(worker.c.id == name).values(seen_at=seen_at))

    engine.db.write(add)


def test_nothing_wrong_tells_nothing(watched: Engine) -> None:
    a_worker(watched)
    declare(watched)
    assert told(watched) == []


def test_a_bulletin_that_is_overdue_is_told_of_once_and_when_it_has_gone_out(watched: Engine) -> None:
    declare(watched)
    set_clock(watched, at("2026-11-26 12:04:59"))
    assert told(watched) == []
    set_clock(watched, at("2026-11-26 12:05:00"))
    assert told(watched) == ["A bulletin of TCC26-0001 is overdue"]
    assert told(watched) == []
    with watched.db.read() as tx:
        assert count_open_alerts(tx) == {"overdue": 1}
    due_bulletins.issue_due(watched)
    assert told(watched) == ["Over: A bulletin of TCC26-0001 is overdue"]
    assert told(watched) == []
    with watched.db.read() as tx:
        assert open_alerts(tx) == set()


def test_what_cannot_be_told_keeps_nothing_else_from_being_told(watched: Engine) -> None:
    declare(watched)
    declare(watched, CCP_OUT)
    refuse(watched, "INSERT ON alert", when="NEW.subject = 'TCC26-0001'")
    set_clock(watched, at("2026-11-26 12:10"))
    with capture_logs() as log:
        assert told(watched) == ["A bulletin of TCC26-0002 is overdue"]
    failed = [entry["subject"] for entry in log if entry["event"] == "alert_failed"]
    assert failed == ["TCC26-0001"]


def test_of_many_processes_that_notice_one_tells(watched: Engine) -> None:
    declare(watched)
    set_clock(watched, at("2026-11-26 12:10"))
    ready = threading.Barrier(4)

    def look(_: int) -> None:
        ready.wait()
        alerts.watch(watched)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    assert told(watched) == ["A bulletin of TCC26-0001 is overdue"]


def test_without_a_mailbox_it_is_only_kept(engine: Engine) -> None:
    """For the metrics and `/readyz`; the log says it too."""
    declare(engine)
    set_clock(engine, at("2026-11-26 12:10"))
    assert told(engine) == []
    with engine.db.read() as tx:
        assert open_alerts(tx) == {("overdue", "TCC26-0001")}


def test_a_worker_that_stopped_without_a_word_is_told_of(watched: Engine) -> None:
    a_worker(watched, silent=DEAD_AFTER + MINUTE)
    a_worker(watched, "two", "mail-2")
    assert told(watched) == ["Part of the outage service has stopped answering"]
    a_worker(watched, "three", "mail-1")
    assert len(told(watched)) == 1
    with watched.db.read() as tx:
        assert open_alerts(tx) == set()


def test_a_host_that_never_came_back_is_not_called_well(watched: Engine) -> None:
    """P22: after a day nobody asks for it any more, but it has not been repaired."""
    a_worker(watched, silent=DEAD_AFTER + MINUTE)
    assert told(watched) == ["Part of the outage service has stopped answering"]
    watched.db.write(lambda tx: workers.sign_off(tx, "one"))
    a_worker(watched, "two", "mail-2")
    with capture_logs() as log:
        assert told(watched) == []
    assert [entry["event"] for entry in log] == ["alert_forgotten"]
    with watched.db.read() as tx:
        assert open_alerts(tx) == set()


def test_a_worker_that_was_restarted_or_is_long_gone_is_not_told_of(watched: Engine) -> None:
    a_worker(watched, silent=DEAD_AFTER + MINUTE)
    a_worker(watched, "two", "mail-1")
    a_worker(watched, "three", "mail-3", silent=FORGOTTEN_AFTER + MINUTE)
    assert told(watched) == []


@pytest.mark.parametrize(
    ("paused_for", "is_misconfigured", "is_told"),
    [(4 * MINUTE, False, False), (6 * MINUTE, False, True), (0 * MINUTE, True, True)],
    ids=["down for a while", "down for too long", "set up wrongly"],
)
def test_a_relay_that_cannot_be_used_is_told_of(
    watched: Engine, paused_for: timedelta, is_misconfigured: bool, is_told: bool
) -> None:
    a_worker(watched)
    watched.db.write(
        lambda tx: note_relay(tx, "one", paused_for=paused_for, is_misconfigured=is_misconfigured)
    )
    assert told(watched) == ["The mail relay is paused"] * is_told
    watched.db.write(lambda tx: note_relay(tx, "one", paused_for=None, is_misconfigured=False))
    assert len(told(watched)) == is_told


def test_a_worker_that_is_gone_says_nothing_of_its_relay(watched: Engine) -> None:
    a_worker(watched, silent=FORGOTTEN_AFTER + MINUTE)
    watched.db.write(lambda tx: note_relay(tx, "one", paused_for=6 * MINUTE, is_misconfigured=True))
    assert told(watched) == []


def test_a_paused_bulletin_is_told_of(watched: Engine) -> None:
    """P10: and that it goes on."""
    for number in range(5):
        subscribe(watched, f"p{number}@example.org")
    declare(watched)
    claims = sending.claim(watched, "worker", limit=10)
    sending.settle(watched, "worker", [sending.after_attempt(claim, SPAM) for claim in claims])
    assert told(watched) == ["A bulletin of TCC26-0001 is paused"]
    watched.act(lambda tx: refusals.resume(watched, tx, TCCU, 1))
    assert len(told(watched)) == 1
    assert told(watched) == []


def test_a_bulletin_that_does_not_reach_the_watched_mailbox_is_told_of(database_url: str) -> None:
    """Ten minutes after it was issued; the ledger knows whether it was accepted."""
    engine = an_engine(database_url, operator_email="duty@example.org", canary_email="canary@example.org")
    declare(engine)
    set_clock(engine, at("2026-11-26 10:09:59"))
    alerts.watch(engine)
    set_clock(engine, at("2026-11-26 10:10:00"))
    alerts.watch(engine)
    with engine.db.read() as tx:
        assert open_alerts(tx) == {("canary_missing", "")}
    assert len(mail(engine)) == 2
    assert len(told(engine)) == 1
    with engine.db.read() as tx:
        assert open_alerts(tx) == set()
    engine.db.close()


def test_what_is_over_is_forgotten_after_a_while(watched: Engine) -> None:
    declare(watched)
    set_clock(watched, at("2026-11-26 12:10"))
    told(watched)
    due_bulletins.issue_due(watched)
    told(watched)
    now = watched.clock() + KEPT_FOR + MINUTE
    assert watched.db.write(lambda tx: raise_alert(tx, ("relay_paused", ""), now=now))
    with watched.db.read() as tx:
        assert count_open_alerts(tx) == {"relay_paused": 1}


class Relay:
    """What a sender says of its relay, as a test sets it."""

    def __init__(self) -> None:
        self.cause: Attempt | None = None

    def news(self) -> RelayNews:
        return RelayNews("one", RelayHealth(self.cause, 400.0 if self.cause else 0.0, 0.0, 1))


def test_each_process_says_how_its_relay_is_and_looks_at_everything(watched: Engine) -> None:
    a_worker(watched)
    relay = Relay()
    watch = ServiceWatch(watched, relay.news, every_seconds=0, well_after_seconds=0)
    for cause in (None, DOWN, DOWN, None, WRONG):
        relay.cause = cause
        watch.step()
        with watched.db.read() as tx:
            assert (("relay_paused", "") in open_alerts(tx)) is (cause is not None)


def test_a_relay_that_refuses_our_mail_by_turns_is_one_trouble(watched: Engine) -> None:
    """P22: not two letters with every look."""
    a_worker(watched)
    relay = Relay()
    seconds = itertools.count(0.0, 30.0)
    watch = ServiceWatch(watched, relay.news, monotonic=lambda: next(seconds))
    for cause in (WRONG, None, WRONG, DOWN, None, WRONG, None):
        relay.cause = cause
        watch.step()
    assert news(watched) == ["The mail relay is paused"]
    watch.step()
    assert news(watched) == ["Over: The mail relay is paused"]


def test_a_service_that_is_started_anew_while_the_relay_is_down_calls_nothing_over(watched: Engine) -> None:
    """P22: it is the first thing that operators try, and of its relay a new process knows nothing yet."""
    a_worker(watched)
    watched.db.write(lambda tx: note_relay(tx, "one", paused_for=6 * MINUTE, is_misconfigured=False))
    assert told(watched) == ["The mail relay is paused"]
    watched.db.write(lambda tx: workers.sign_off(tx, "one"))
    relay = Relay()
    seconds = itertools.count(0.0, 10.0)
    watch = ServiceWatch(watched, relay.news, monotonic=lambda: next(seconds))
    a_worker(watched)
    watch.step()
    relay.cause = DOWN
    for _ in range(10):
        watch.step()
    assert news(watched) == []
    relay.cause = None
    for _ in range(10):
        watch.step()
    assert news(watched) == ["Over: The mail relay is paused"]


def test_it_does_not_look_with_every_tick(watched: Engine) -> None:
    watch = ServiceWatch(watched, lambda: None)
    watch.step()
    declare(watched)
    set_clock(watched, at("2026-11-26 12:10"))
    watch.step()
    assert mail(watched) == []
