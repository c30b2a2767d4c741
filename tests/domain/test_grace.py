"""Relief extended, system by system, beyond what the plan gives (R51, R54)."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain import lifecycle
from outage_service.domain.grace import Extension, Relief
from outage_service.domain.outages import Outage
from outage_service.domain.systems import System
from tests.builders import (
    LITERAL,
    SUNDAY_2H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    corrected,
    extended,
    resolved,
)
from tests.domain.refusals import conflict, invalid

NOON, THIRTEEN = at("2026-11-26 12:00"), at("2026-11-26 13:00")
FOURTEEN, SIXTEEN, TWENTY = at("2026-11-26 14:00"), at("2026-11-26 16:00"), at("2026-11-26 20:00")
MINUTE = timedelta(minutes=1)
BOTH = (System.EDI, System.EMANIFEST)
TWO_OUT = an_outage(an_impact(), an_impact(System.EMANIFEST))
OVER = resolved(TWO_OUT, NOON)


def test_an_extension_holds_for_its_systems_and_leaves_the_others_alone() -> None:
    outage = extended(OVER, THIRTEEN, paper=TWENTY)
    assert outage.reliefs_at(THIRTEEN, LITERAL) == (Relief(System.EDI, TWENTY, FOURTEEN),)
    assert outage.deadlines_at(THIRTEEN, LITERAL) == OVER.deadlines_at(THIRTEEN, LITERAL)


def test_it_is_a_bulletin_that_does_not_restart_the_clock_of_a_resolved_outage() -> None:
    outage = extended(OVER, THIRTEEN, paper=TWENTY)
    assert (outage.sequence, outage.last_bulletin_at, outage.next_due_at) == (3, THIRTEEN, None)
    assert outage.audience == OVER.audience


def test_on_an_open_outage_it_is_news_which_restarts_the_clock() -> None:
    """R15: 11:00 + 2 h."""
    outage = extended(TWO_OUT, at("2026-11-26 11:00"), paper=SIXTEEN)
    assert outage.next_due_at == THIRTEEN
    assert outage.reliefs_at(NOON, LITERAL) == (Relief(System.EDI, SIXTEEN, None),)


def test_the_end_of_the_outage_gives_more_time_where_it_comes_late() -> None:
    """In force is whichever is later."""
    early = extended(TWO_OUT, at("2026-11-26 11:00"), *BOTH, paper=THIRTEEN, penalties=TWENTY)
    outage = resolved(early, NOON)
    assert outage.reliefs_at(NOON, LITERAL) == (
        Relief(System.EDI, FOURTEEN, TWENTY),
        Relief(System.EMANIFEST, FOURTEEN, TWENTY),
    )


def test_extensions_add_up_system_by_system() -> None:
    first = extended(OVER, NOON, *BOTH, paper=SIXTEEN)
    second = extended(first, THIRTEEN, System.EMANIFEST, paper=TWENTY, penalties=SIXTEEN)
    assert second.reliefs_at(THIRTEEN, LITERAL) == (
        Relief(System.EDI, SIXTEEN, FOURTEEN),
        Relief(System.EMANIFEST, TWENTY, SIXTEEN),
    )


def test_a_corrected_restoration_leaves_what_was_granted() -> None:
    outage = corrected(extended(OVER, THIRTEEN, paper=TWENTY), THIRTEEN, restored_at=at("2026-11-26 11:30"))
    assert outage.reliefs_at(THIRTEEN, LITERAL) == (Relief(System.EDI, TWENTY, at("2026-11-26 13:30")),)


def test_relief_that_has_run_out_can_be_extended_from_now_on() -> None:
    outage = extended(OVER, SIXTEEN, paper=TWENTY)
    assert outage.reliefs_at(SIXTEEN, LITERAL)[0].paper_accepted_until == TWENTY
    with invalid("extension_past", "paper_accepted_until"):
        extended(OVER, SIXTEEN, paper=SIXTEEN)


@pytest.mark.parametrize(
    ("paper", "penalties", "code", "field"),
    [
        pytest.param(None, None, "no_extension", "paper_accepted_until", id="neither-time"),
        pytest.param(FOURTEEN, None, "no_extension", "paper_accepted_until", id="no-later-than-in-force"),
        pytest.param(TWENTY, FOURTEEN, "no_extension", "penalty_relief_until", id="one-of-them-no-later"),
        pytest.param(None, NOON, "extension_past", "penalty_relief_until", id="past"),
        pytest.param(
            THIRTEEN + timedelta(days=31) + MINUTE,
            None,
            "extension_too_long",
            "paper_accepted_until",
            id="too-far",
        ),
    ],
)
def test_an_extension_must_give_something_and_not_too_much(
    paper: datetime | None, penalties: datetime | None, code: str, field: str
) -> None:
    with invalid(code, field):
        extended(OVER, THIRTEEN, paper=paper, penalties=penalties)


def test_it_must_be_later_for_each_of_its_systems() -> None:
    first = extended(OVER, NOON, System.EMANIFEST, paper=TWENTY)
    with invalid("no_extension", "paper_accepted_until"):
        extended(first, THIRTEEN, *BOTH, paper=SIXTEEN)


@pytest.mark.parametrize("systems", [(), (System.CERS,), (System.EDI, System.CERS)])
def test_it_is_for_systems_of_the_outage(systems: tuple[System, ...]) -> None:
    with invalid("unknown_system", "systems"):
        lifecycle.extend_relief(OVER, Extension(systems, TWENTY, None), now=THIRTEEN, calendar=LITERAL)


@pytest.mark.parametrize(
    "outage",
    [
        pytest.param(an_outage(a_delay()), id="a delay"),
        pytest.param(resolved(an_outage(a_delay()), NOON), id="a delay that is over"),
        pytest.param(a_scheduled_outage(), id="still to come"),
        pytest.param(cancelled(a_scheduled_outage(), NOON), id="called off"),
    ],
)
def test_there_is_no_relief_to_extend_where_procedures_were_never_invoked(outage: Outage) -> None:
    """R5."""
    with conflict("not_invoked"):
        extended(outage, NOON, paper=SUNDAY_2H)


def test_an_extension_can_be_as_long_as_a_month() -> None:
    until = THURSDAY_10H + timedelta(days=31)
    assert extended(TWO_OUT, THURSDAY_10H, paper=until).extensions == (Extension((System.EDI,), until, None),)
