"""Once a scheduled outage has started, its systems have times of their own; before, they are the window's."""

from dataclasses import replace
from datetime import datetime

import pytest

from outage_service.domain.deadlines import PAPER_ACCEPTED_AFTER
from outage_service.domain.history import history_of
from outage_service.domain.outages import Impact, Outage
from outage_service.domain.systems import Condition, System
from tests.builders import (
    LITERAL,
    SUNDAY_2H,
    SUNDAY_6H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    at,
    resolved,
    updated,
)
from tests.domain.refusals import invalid

EDI, CERS = an_impact(), an_impact(System.CERS)
THREE, FOUR, FIVE, SIX = (at(f"2026-11-29 0{hour}:00") for hour in (3, 4, 5, 6))
FRIDAY_9H = at("2026-11-27 09:00")


def ended(impact: Impact, restored_at: datetime, *, since: datetime | None = None) -> Impact:
    return replace(impact, restored_at=restored_at, started_at=since)


def times_of_cers(outage: Outage) -> list[tuple[datetime, datetime | None]]:
    return [
        (i.started_at or outage.started_at, i.restored_at) for i in outage.impacts if i.system is System.CERS
    ]


def without_cers(now: datetime) -> Outage:
    return updated(a_scheduled_outage(EDI, CERS), now, EDI)


@pytest.mark.parametrize("since", [None, SUNDAY_2H], ids=["no-start", "the-start-that-was-read"])
@pytest.mark.parametrize("right", [SUNDAY_2H, FOUR, SIX], ids=["start", "earlier", "now"])
def test_the_end_of_a_system_that_was_dropped_in_the_window_can_be_put_right(
    right: datetime, since: datetime | None
) -> None:
    """R17, R107: recorded when the operator left it out, and it had worked again before."""
    outage = updated(without_cers(FIVE), SUNDAY_6H, EDI, ended(CERS, right, since=since))
    assert times_of_cers(outage) == [(SUNDAY_2H, right)]
    assert outage.condition is Condition.OUTAGE


def test_an_end_put_right_no_longer_keeps_the_restoration_from_lying_before_it() -> None:
    """R54: all was back at four, so deadlines count from four."""
    outage = without_cers(FIVE)
    with invalid("too_early", "restored_at"):
        resolved(outage, FIVE, restored_at=FOUR)
    outage = resolved(updated(outage, FIVE, EDI, ended(CERS, THREE)), FIVE, restored_at=FOUR)
    assert outage.deadlines_at(FIVE, LITERAL).paper_accepted_until == FOUR + PAPER_ACCEPTED_AFTER


def test_a_system_that_goes_on_in_the_window_may_be_listed_with_its_end() -> None:
    """As of any other outage: it is kept as restored then."""
    outage = updated(a_scheduled_outage(EDI, CERS), FIVE, EDI, ended(CERS, FOUR))
    assert times_of_cers(outage) == [(SUNDAY_2H, FOUR)]


def test_a_system_that_joins_in_the_window_may_say_since_when() -> None:
    """Otherwise the history would say that it was out from the start of the window."""
    outage = updated(a_scheduled_outage(EDI), FIVE, EDI, an_impact(System.CERS, started_at=FOUR))
    assert times_of_cers(outage) == [(FOUR, None)]
    assert history_of([outage], FIVE)[System.CERS][-1].outage == FIVE - FOUR


def test_a_system_wrongly_taken_off_before_the_start_can_be_told_to_have_failed() -> None:
    """R14, R107: it was to be spared, and was not."""
    outage = updated(without_cers(FRIDAY_9H), FIVE, EDI, ended(CERS, FOUR))
    assert times_of_cers(outage) == [(SUNDAY_2H, FOUR)]


@pytest.mark.parametrize(
    ("impact", "code", "field"),
    [
        pytest.param(ended(CERS, FRIDAY_9H), "scheduled_end", "restored_at", id="end"),
        pytest.param(
            an_impact(System.CERS, started_at=FRIDAY_9H), "scheduled_start", "started_at", id="start"
        ),
    ],
)
def test_before_the_start_a_system_has_the_times_of_the_window(impact: Impact, code: str, field: str) -> None:
    """R17: up to its last second."""
    last = at("2026-11-29 01:59:59")
    with invalid(code, f"impacts.1.{field}"):
        updated(a_scheduled_outage(EDI, CERS), last, EDI, impact)


def test_in_the_window_too_a_scheduled_impact_is_an_outage() -> None:
    """R17"""
    with invalid("scheduled_delay", "impacts.0.condition"):
        updated(a_scheduled_outage(EDI), FOUR, a_delay())


@pytest.mark.parametrize("end", [at("2026-11-29 01:59"), at("2026-11-29 05:01")], ids=["before", "ahead"])
def test_in_the_window_an_end_lies_between_the_start_and_now(end: datetime) -> None:
    """As of any other outage."""
    with invalid("impact_end", "impacts.1.restored_at"):
        updated(a_scheduled_outage(EDI, CERS), FIVE, EDI, ended(CERS, end))
