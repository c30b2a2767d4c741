"""When the relay is left alone, and for how long (P11)."""

import pytest

from outage_service.channels.email.breaker import BACKOFF_SECONDS, FAULTS_BEFORE_PAUSE, Breaker
from outage_service.domain.deliveries import Attempt, Stage, Verdict

ACCEPTED = Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250)
REFUSED = Attempt(Verdict.REFUSED, Stage.RCPT, 550)
DEFERRED = Attempt(Verdict.DEFERRED, Stage.RCPT, 450)
UNREACHABLE = Attempt(Verdict.RELAY_DOWN, Stage.CONNECT)
LOST = Attempt(Verdict.RELAY_DOWN, Stage.RCPT)
UNCERTAIN = Attempt(Verdict.UNCERTAIN, Stage.AFTER_DOT)
MISCONFIGURED = Attempt(Verdict.MISCONFIGURED, Stage.MAIL, 550)


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker(seconds, jitter=lambda: 0.5)


@pytest.mark.parametrize("attempt", [UNREACHABLE, MISCONFIGURED], ids=["unreachable", "misconfigured"])
def test_a_relay_that_cannot_be_used_is_left_alone_at_once(breaker: Breaker, attempt: Attempt) -> None:
    breaker.record(attempt, is_probe=False)
    assert breaker.cause == attempt
    assert not breaker.admits_probe()


@pytest.mark.parametrize("attempt", [LOST, UNCERTAIN], ids=["lost", "uncertain"])
def test_one_lost_connection_may_be_chance_and_several_are_not(breaker: Breaker, attempt: Attempt) -> None:
    for _ in range(FAULTS_BEFORE_PAUSE - 1):
        breaker.record(attempt, is_probe=False)
        assert breaker.cause is None
    breaker.record(attempt, is_probe=False)
    assert breaker.cause == attempt


@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED, DEFERRED], ids=["accepted", "refused", "deferred"])
def test_any_answer_about_a_recipient_shows_that_the_relay_is_well(breaker: Breaker, answer: Attempt) -> None:
    for _ in range(FAULTS_BEFORE_PAUSE * 3):
        breaker.record(LOST, is_probe=False)
        breaker.record(answer, is_probe=False)
    assert breaker.cause is None


def test_one_probe_goes_out_when_the_wait_is_over(breaker: Breaker, seconds: Seconds) -> None:
    breaker.record(UNREACHABLE, is_probe=False)
    assert breaker.seconds_to_wait() == BACKOFF_SECONDS[0]
    seconds.now += BACKOFF_SECONDS[0]
    assert breaker.seconds_to_wait() == 0
    assert [breaker.admits_probe() for _ in range(3)] == [True, False, False]
    assert breaker.seconds_to_wait() > 0


@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED, DEFERRED], ids=["accepted", "refused", "deferred"])
def test_a_probe_that_is_answered_lets_mail_flow_again(
    breaker: Breaker, seconds: Seconds, answer: Attempt
) -> None:
    breaker.record(UNREACHABLE, is_probe=False)
    seconds.now += BACKOFF_SECONDS[0]
    assert breaker.admits_probe()
    breaker.record(answer, is_probe=True)
    assert breaker.cause is None
    assert not breaker.health(1).is_paused


@pytest.mark.parametrize(
    "fault", [UNREACHABLE, LOST, UNCERTAIN, MISCONFIGURED], ids=lambda a: a.verdict.value
)
def test_each_failed_probe_draws_the_wait_out(breaker: Breaker, seconds: Seconds, fault: Attempt) -> None:
    breaker.record(UNREACHABLE, is_probe=False)
    waits = []
    for _ in range(8):
        waits.append(breaker.health(0).retry_in_seconds)
        seconds.now += waits[-1]
        assert breaker.admits_probe()
        breaker.record(fault, is_probe=True)
    assert waits == [1, 2, 5, 10, 30, 60, 60, 60]
    assert breaker.cause == fault
    assert breaker.health(0).paused_seconds == sum(waits)


def test_what_began_before_the_pause_neither_ends_nor_extends_it(breaker: Breaker) -> None:
    breaker.record(UNREACHABLE, is_probe=False)
    for late in (ACCEPTED, UNREACHABLE, MISCONFIGURED, LOST):
        breaker.record(late, is_probe=False)
    assert breaker.cause == UNREACHABLE
    assert breaker.seconds_to_wait() == BACKOFF_SECONDS[0]


def test_a_probe_given_up_leaves_its_place_to_the_next(breaker: Breaker, seconds: Seconds) -> None:
    breaker.record(UNREACHABLE, is_probe=False)
    seconds.now += BACKOFF_SECONDS[0]
    assert breaker.admits_probe()
    breaker.give_up_probe()
    assert breaker.admits_probe()


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_the_wait_is_jittered_by_a_fifth(seconds: Seconds, jitter: float, wait: float) -> None:
    breaker = Breaker(seconds, jitter=lambda: jitter)
    breaker.record(UNREACHABLE, is_probe=False)
    assert breaker.seconds_to_wait() == pytest.approx(wait)


def test_while_mail_flows_there_is_nothing_to_report(breaker: Breaker) -> None:
    health = breaker.health(3)
    assert breaker.seconds_to_wait() == 0
    assert (health.is_paused, health.paused_seconds, health.retry_in_seconds) == (False, 0, 0)
    assert health.connections == 3
