"""Of hosts whose clocks differ, those issue whose clock most agree with; there is always one (P1, P5)."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.domain.clocks import (
    AGREE_WITHIN,
    ClockReading,
    hosts_apart,
    is_database_apart,
    may_issue,
)

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
YEARS = timedelta(days=20_000)

readings = st.lists(
    st.builds(
        ClockReading,
        st.sampled_from(["a", "b", "c", "d"]),
        st.one_of(st.timedeltas(-YEARS, YEARS), st.timedeltas(-8 * MINUTE, 8 * MINUTE)),
    ),
    min_size=1,
    max_size=8,
)


def hosts(*ahead: timedelta) -> list[ClockReading]:
    """Returns hosts `a`, `b`, … whose clocks are so far ahead of the database's."""
    return [ClockReading(name, each) for name, each in zip("abcdefgh", ahead, strict=False)]


def issuing(found: list[ClockReading]) -> str:
    """Returns the hosts that may issue, as each of them finds by itself."""
    return "".join(
        one.host for place, one in enumerate(found) if may_issue(one, found[:place] + found[place + 1 :])
    )


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        ([timedelta(0)], "a"),
        ([-4 * HOUR], "a"),
        ([timedelta(0), SECOND, -2 * SECOND], "abc"),
        ([timedelta(0), timedelta(0), -4 * HOUR], "ab"),
        ([timedelta(0), timedelta(0), 30 * HOUR], "ab"),
        ([4 * HOUR, 4 * HOUR + SECOND, 4 * HOUR], "abc"),
        ([4 * HOUR, 4 * HOUR, timedelta(0)], "ab"),
        ([SECOND, -4 * HOUR], "a"),
        ([-4 * HOUR, SECOND], "b"),
        ([4 * HOUR, -3 * HOUR], "b"),
        ([4 * HOUR, -4 * HOUR], "a"),
        ([5 * MINUTE, timedelta(0)], "ab"),
        ([5 * MINUTE + SECOND, timedelta(0)], "b"),
        ([-AGREE_WITHIN, timedelta(0), AGREE_WITHIN], "abc"),
    ],
    ids=[
        "one alone",
        "one alone, and the database's clock is another",
        "all are right",
        "one is behind",
        "one is ahead",
        "the database's clock is the wrong one",
        "one is as wrong as the database's",
        "one of two is right",
        "the other of two is right",
        "neither of two is right",
        "neither of two is nearer",
        "5 minutes apart",
        "more than 5 minutes apart",
        "all near the one in the middle",
    ],
)
def test_those_issue_who_agree_with_most_others(ahead: list[timedelta], expected: str) -> None:
    found = hosts(*ahead)
    assert issuing(found) == expected
    assert hosts_apart(found) == {one.host for one in found} - set(expected)


def test_a_host_counts_once_however_many_workers_it_runs() -> None:
    """They share the clock that is wrong."""
    right = hosts(timedelta(0), timedelta(0))
    assert not may_issue(ClockReading("c", -4 * HOUR), [*right, *[ClockReading("c", -4 * HOUR)] * 5])
    assert may_issue(right[0], [right[1], *[ClockReading("c", -4 * HOUR)] * 5])


def test_two_machines_of_one_name_are_told_apart_by_their_clocks() -> None:
    """Copies of one machine keep its name."""
    right, wrong = ClockReading("localhost", timedelta(0)), ClockReading("localhost", -4 * HOUR)
    assert may_issue(right, [wrong])
    assert not may_issue(wrong, [right])


def test_where_nobody_lives_nobody_is_apart() -> None:
    assert hosts_apart([]) == set()


@settings(max_examples=300)
@given(readings)
def test_somebody_may_always_issue(found: list[ClockReading]) -> None:
    """P5: a wrong clock silences no outage, whichever it is, and however many are."""
    assert issuing(found)


@settings(max_examples=300)
@given(readings)
def test_no_two_that_issue_are_further_apart_than_each_may_be_from_the_reference(
    found: list[ClockReading],
) -> None:
    """P1, P5: far less than the shortest interval of the cadence."""
    ahead = [
        one.ahead for place, one in enumerate(found) if may_issue(one, found[:place] + found[place + 1 :])
    ]
    assert max(ahead) - min(ahead) <= 2 * AGREE_WITHIN


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        ([], False),
        ([timedelta(0), SECOND], False),
        ([AGREE_WITHIN], False),
        ([-AGREE_WITHIN - SECOND], True),
        ([4 * HOUR, 4 * HOUR + SECOND], True),
        ([4 * HOUR, timedelta(0)], False),
        ([4 * HOUR, 4 * HOUR, timedelta(0)], False),
    ],
    ids=[
        "nobody",
        "all are right",
        "one alone, nearly right",
        "one alone, and another clock",
        "several, and another clock",
        "one of two agrees with it",
        "a host is apart from the others",
    ],
)
def test_the_databases_clock_is_apart_where_all_hosts_agree_on_another(
    ahead: list[timedelta], expected: bool
) -> None:
    """P22: which of the two is wrong nobody can tell."""
    assert is_database_apart(hosts(*ahead)) is expected
