"""What an SMTP answer means, and what happens next (reliability.md, "SMTP outcomes")."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.domain.deliveries import (
    LONGEST_WAIT,
    Attempt,
    Decision,
    DeliveryState,
    Fault,
    Stage,
    Verdict,
    classify,
    decide,
    retry_after,
)

YOUNG = timedelta(minutes=1)
BEFORE_DOT = [stage for stage in Stage if stage is not Stage.AFTER_DOT]


@pytest.mark.parametrize(
    ("stage", "answer", "verdict"),
    [
        (Stage.AFTER_DOT, 250, Verdict.ACCEPTED),
        (Stage.CONNECT, 421, Verdict.RELAY_DOWN),
        (Stage.CONNECT, 454, Verdict.RELAY_DOWN),
        (Stage.CONNECT, 535, Verdict.MISCONFIGURED),
        (Stage.CONNECT, 554, Verdict.MISCONFIGURED),
        (Stage.MAIL, 421, Verdict.RELAY_DOWN),
        (Stage.MAIL, 451, Verdict.DEFERRED),
        (Stage.MAIL, 550, Verdict.MISCONFIGURED),
        (Stage.RCPT, 421, Verdict.DEFERRED),
        (Stage.RCPT, 450, Verdict.DEFERRED),
        (Stage.RCPT, 530, Verdict.MISCONFIGURED),
        (Stage.RCPT, 550, Verdict.REFUSED),
        (Stage.RCPT, 501, Verdict.REFUSED),
        (Stage.DATA, 451, Verdict.DEFERRED),
        (Stage.DATA, 554, Verdict.CONTENT_REFUSED),
        (Stage.BODY, 552, Verdict.CONTENT_REFUSED),
        (Stage.AFTER_DOT, 451, Verdict.DEFERRED),
        (Stage.AFTER_DOT, 554, Verdict.CONTENT_REFUSED),
        (Stage.MAIL, 250, Verdict.RELAY_DOWN),
        (Stage.DATA, 354, Verdict.RELAY_DOWN),
        (Stage.AFTER_DOT, 354, Verdict.UNCERTAIN),
        (Stage.AFTER_DOT, 999, Verdict.UNCERTAIN),
        (Stage.RCPT, 0, Verdict.RELAY_DOWN),
    ],
)
def test_a_reply_code_means_what_its_stage_makes_of_it(stage: Stage, answer: int, verdict: Verdict) -> None:
    assert classify(stage, answer) is verdict


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.DROPPED, Fault.TIMED_OUT, Fault.GARBLED])
@pytest.mark.parametrize("stage", BEFORE_DOT)
def test_a_connection_that_breaks_before_the_dot_is_the_relays_fault(stage: Stage, fault: Fault) -> None:
    assert classify(stage, fault) is Verdict.RELAY_DOWN


@pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.TIMED_OUT, Fault.GARBLED, Fault.CLOSING])
def test_a_connection_that_breaks_after_the_dot_leaves_the_outcome_uncertain(fault: Fault) -> None:
    assert classify(Stage.AFTER_DOT, fault) is Verdict.UNCERTAIN


@pytest.mark.parametrize(
    "fault", [Fault.STARTTLS_MISSING, Fault.TLS_REFUSED, Fault.AUTH_MISSING, Fault.CLEAR_AUTH]
)
def test_what_only_a_person_can_mend_is_a_fault_of_the_configuration(fault: Fault) -> None:
    assert classify(Stage.CONNECT, fault) is Verdict.MISCONFIGURED


@pytest.mark.parametrize(
    ("stage", "code"),
    [(Stage.RCPT, 500), (Stage.RCPT, 502), (Stage.RCPT, 503), (Stage.RCPT, 504)]
    + [(Stage.DATA, code) for code in range(500, 505)],
)
def test_a_command_that_the_relay_does_not_know_fails_nobody(stage: Stage, code: int) -> None:
    """P11: RFC 5321 gives these codes to syntax and order of commands, which no recipient has chosen."""
    assert classify(stage, code) is Verdict.MISCONFIGURED


@given(stage=st.sampled_from(Stage), code=st.integers(400, 599))
def test_no_refusal_is_ever_taken_for_a_success_or_for_uncertainty(stage: Stage, code: int) -> None:
    assert classify(stage, code) not in {Verdict.ACCEPTED, Verdict.UNCERTAIN}


def decided(verdict: Verdict, *, tries: int = 0, age: timedelta = YOUNG) -> Decision:
    return decide(Attempt(verdict, Stage.AFTER_DOT), tries=tries, age=age, jitter=0)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.ACCEPTED, DeliveryState.ACCEPTED),
        (Verdict.REFUSED, DeliveryState.FAILED),
        (Verdict.CONTENT_REFUSED, DeliveryState.FAILED),
        (Verdict.WITHHELD, DeliveryState.SUPPRESSED),
    ],
)
def test_a_final_answer_ends_a_delivery(verdict: Verdict, state: DeliveryState) -> None:
    assert decided(verdict, age=timedelta(days=9)) == Decision(state)


@pytest.mark.parametrize(
    ("tries", "wait"),
    [(0, 30), (1, 60), (2, 120), (3, 300), (4, 600), (5, 900), (6, 900), (400, 900)],
)
def test_a_deferred_delivery_waits_longer_each_time(tries: int, wait: int) -> None:
    expected = Decision(DeliveryState.QUEUED, timedelta(seconds=wait))
    assert decided(Verdict.DEFERRED, tries=tries) == expected
    assert retry_after(tries, 0) == timedelta(seconds=wait)


@pytest.mark.parametrize(("tries", "wait"), [(0, 120), (2, 120), (3, 300)])
def test_an_uncertain_delivery_is_repeated_later_and_counted(tries: int, wait: int) -> None:
    expected = Decision(DeliveryState.QUEUED, timedelta(seconds=wait))
    assert decided(Verdict.UNCERTAIN, tries=tries) == expected


@pytest.mark.parametrize("verdict", [Verdict.RELAY_DOWN, Verdict.MISCONFIGURED])
@pytest.mark.parametrize("age", [YOUNG, timedelta(days=30)], ids=["young", "old"])
def test_a_fault_of_the_relay_costs_no_attempt_and_fails_nobody(verdict: Verdict, age: timedelta) -> None:
    """P11."""
    expected = Decision(DeliveryState.QUEUED, timedelta(seconds=30), burns_attempt=False)
    assert decided(verdict, tries=5, age=age) == expected


@pytest.mark.parametrize("verdict", [Verdict.DEFERRED, Verdict.UNCERTAIN])
def test_the_newest_bulletin_is_tried_for_72_hours(verdict: Verdict) -> None:
    just_before = decided(verdict, tries=200, age=timedelta(hours=72) - timedelta(seconds=1))
    assert just_before.state is DeliveryState.QUEUED
    assert decided(verdict, tries=200, age=timedelta(hours=72)) == Decision(DeliveryState.EXPIRED)


@given(jitter=st.floats(-1, 1))
def test_jitter_moves_a_retry_by_a_fifth_at_most(jitter: float) -> None:
    attempt = Attempt(Verdict.DEFERRED, Stage.RCPT, 450)
    decision = decide(attempt, tries=1, age=YOUNG, jitter=jitter)
    assert decision.retry_in is not None
    assert timedelta(seconds=48) <= decision.retry_in <= timedelta(seconds=72)


@pytest.mark.parametrize("jitter", [-1.01, 1.01, float("nan")])
def test_jitter_beyond_its_bounds_is_a_mistake(jitter: float) -> None:
    attempt = Attempt(Verdict.DEFERRED, Stage.RCPT, 450)
    with pytest.raises(ValueError, match="jitter"):
        decide(attempt, tries=0, age=YOUNG, jitter=jitter)


@given(verdict=st.sampled_from(list(Verdict)), tries=st.integers(0, 500), jitter=st.floats(-1, 1))
def test_no_attempt_is_further_ahead_than_the_longest_wait(
    verdict: Verdict, tries: int, jitter: float
) -> None:
    """P5: whatever waits for longer was put off by a wrong clock."""
    decided = decide(Attempt(verdict, Stage.RCPT, 450), tries=tries, age=timedelta(0), jitter=jitter)
    assert decided.retry_in is None or decided.retry_in < LONGEST_WAIT
