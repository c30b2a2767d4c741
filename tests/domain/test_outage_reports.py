"""Whether the cadence was kept: what each bulletin promised against what followed (R15, R16)."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain.outage_reports import CadenceProof, Promise, prove_cadence
from tests.builders import THURSDAY_10H

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = THURSDAY_10H + 2 * HOUR
DECLARED = Promise(THURSDAY_10H, NOON)


def proof(*promises: Promise, now: datetime = NOON + 24 * HOUR) -> CadenceProof:
    return prove_cadence(promises, since=THURSDAY_10H, until=THURSDAY_10H + 24 * HOUR, now=now)


@pytest.mark.parametrize(
    ("after", "missed"),
    [(timedelta(), ()), (2 * MINUTE, ()), (5 * MINUTE, ()), (5 * MINUTE + timedelta(seconds=1), (NOON,))],
)
def test_a_bulletin_within_five_minutes_keeps_the_promise(after: timedelta, missed: tuple[datetime]) -> None:
    told = proof(DECLARED, Promise(NOON + after, None))
    assert told == CadenceProof(1, 1 - len(missed), missed, after)


def test_news_before_the_due_time_replaces_it() -> None:
    news = Promise(NOON - HOUR, NOON + HOUR)
    assert proof(DECLARED, news, Promise(NOON + HOUR, None)) == CadenceProof(1, 1, (), timedelta())


def test_a_due_time_that_nothing_has_followed_is_missed_after_five_minutes() -> None:
    assert proof(DECLARED, now=NOON - MINUTE) == CadenceProof(0, 0, (), None)
    assert proof(DECLARED, now=NOON + MINUTE) == CadenceProof(1, 0, (), None)
    assert proof(DECLARED, now=NOON + 6 * MINUTE) == CadenceProof(1, 0, (NOON,), None)


def test_the_latest_of_those_that_followed_is_told_beside_what_was_missed() -> None:
    late = [Promise(NOON + 3 * MINUTE, NOON + 2 * HOUR), Promise(NOON + 2 * HOUR + MINUTE, NOON + 4 * HOUR)]
    told = proof(DECLARED, *late, now=NOON + 5 * HOUR)
    assert told == CadenceProof(3, 2, (NOON + 4 * HOUR,), 3 * MINUTE)


def test_only_due_times_of_the_period_count() -> None:
    before = Promise(THURSDAY_10H - 4 * HOUR, THURSDAY_10H - HOUR)
    assert proof(before, DECLARED, Promise(NOON, NOON + 48 * HOUR)) == CadenceProof(1, 1, (), timedelta())


def test_what_promised_nothing_has_no_due_time() -> None:
    assert proof(Promise(THURSDAY_10H, None)) == CadenceProof(0, 0, (), None)
    assert proof() == CadenceProof(0, 0, (), None)
