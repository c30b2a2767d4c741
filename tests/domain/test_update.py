"""News of an outage: at once, at any hour, and what it may not say yet (R15, R18)."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain.outages import Impact, Outage
from outage_service.domain.systems import Direction, System
from tests.builders import (
    SUNDAY_2H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    resolved,
    ticked,
    updated,
)
from tests.domain.refusals import conflict, invalid

ELEVEN, NOON, LATER = at("2026-11-26 11:00"), at("2026-11-26 12:00"), at("2026-11-26 18:00")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param("2026-11-26 11:00", "2026-11-26 13:00", id="business"),
        pytest.param("2026-11-26 19:00", "2026-11-27 08:00", id="evening"),
        pytest.param("2026-11-27 02:15", "2026-11-27 08:00", id="night"),
        pytest.param("2026-11-27 07:30", "2026-11-27 09:30", id="dawn"),
    ],
)
def test_news_is_a_bulletin_at_any_hour_and_restarts_the_clock(now: str, due: str) -> None:
    """R15: between 22:00 and 08:00 only with new information."""
    outage = updated(an_outage(), at(now))
    assert (outage.sequence, outage.last_bulletin_at, outage.next_due_at) == (2, at(now), at(due))


def test_news_in_the_minute_of_a_periodic_bulletin_replaces_it() -> None:
    """Section 2: 12:00 is over with it."""
    outage = updated(an_outage(), at("2026-11-26 12:00:30"))
    assert outage.next_due_at == at("2026-11-26 14:00")
    assert ticked(outage, at("2026-11-26 12:00:59")) == outage


@pytest.mark.parametrize(
    "news",
    [
        pytest.param([], id="message-only"),
        pytest.param([an_impact(), an_impact(System.CERS)], id="systems"),
        pytest.param([an_impact(direction=Direction.INBOUND)], id="direction"),
        pytest.param([an_impact(behind_minutes=90)], id="figures"),
    ],
)
def test_every_change_is_news(news: list[Impact]) -> None:
    """Section 2: a change of systems, direction or condition goes out at once."""
    assert updated(an_outage(), NOON, *news).sequence == 2


def test_no_time_of_resolution_is_estimated_before_the_problem_is_identified() -> None:
    """R18"""
    with invalid("problem_not_identified", "estimated_resolution_at"):
        updated(an_outage(), NOON, estimate=LATER)
    with invalid("problem_not_identified", "estimated_resolution_at"):
        updated(an_outage(), NOON, identified=False, estimate=LATER)


def test_an_estimate_may_come_with_the_identification_or_after_it() -> None:
    """R18"""
    at_once = updated(an_outage(), NOON, identified=True, estimate=LATER)
    assert (at_once.problem_identified, at_once.estimated_resolution_at) == (True, LATER)
    identified = updated(an_outage(), ELEVEN, identified=True)
    assert (identified.problem_identified, identified.estimated_resolution_at) == (True, None)
    assert updated(identified, NOON, estimate=LATER).estimated_resolution_at == LATER


def test_an_estimate_stands_until_it_is_replaced_or_the_problem_is_unknown_again() -> None:
    """R18"""
    outage = updated(an_outage(), ELEVEN, identified=True, estimate=LATER)
    assert updated(outage, NOON).estimated_resolution_at == LATER
    sooner = LATER - timedelta(hours=1)
    assert updated(outage, NOON, estimate=sooner).estimated_resolution_at == sooner
    unknown = updated(outage, NOON, identified=False)
    assert (unknown.problem_identified, unknown.estimated_resolution_at) == (False, None)


@pytest.mark.parametrize("estimate", [NOON, ELEVEN], ids=["now", "past"])
def test_an_estimate_lies_in_the_future(estimate: datetime) -> None:
    """A bulletin must not promise what has passed."""
    with invalid("estimate_in_past", "estimated_resolution_at"):
        updated(an_outage(), NOON, identified=True, estimate=estimate)


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param(resolved(an_outage(), ELEVEN), id="resolved"),
        pytest.param(resolved(an_outage(), ELEVEN, remains_in_effect=True), id="in-effect-still"),
        pytest.param(cancelled(a_scheduled_outage(), ELEVEN), id="cancelled"),
        pytest.param(resolved(a_scheduled_outage(), SUNDAY_2H), id="scheduled-and-resolved"),
    ],
)
def test_a_closed_outage_has_no_news_and_is_not_closed_again(closed: Outage) -> None:
    """The contract: any act but note and correction is a 409."""
    later = SUNDAY_2H + timedelta(hours=1)
    with conflict("closed"):
        updated(closed, later)
    with conflict("closed"):
        resolved(closed, later)
    with conflict("closed"):
        cancelled(closed, later)


def test_an_update_changes_nothing_of_the_outage_it_was_given() -> None:
    """Acts return a new outage."""
    before = an_outage(a_delay())
    kept = an_outage(a_delay())
    updated(before, NOON, an_impact())
    assert before == kept
    assert before.last_bulletin_at == THURSDAY_10H
