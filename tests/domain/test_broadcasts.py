"""Which line speaks of what, and until when an operator's own text holds (R20–R25)."""

from datetime import timedelta

import pytest

from outage_service.domain.broadcasts import (
    OVERRIDE_LONGEST,
    LineFacts,
    LineState,
    Override,
    check_override,
    check_override_message,
    line_facts,
)
from outage_service.domain.errors import InvalidAct
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition, Direction, HelpLine, System
from outage_service.domain.texts import Bilingual
from tests.builders import (
    SUNDAY_2H,
    SUNDAY_6H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    resolved,
    revoked,
    updated,
)

NOON = at("2026-11-26 12:00")
OWN = Bilingual("The lines are busy today.", "Les lignes sont occupées aujourd’hui.")


def of_line(line: HelpLine, *outages: Outage, override: Override | None = None) -> LineFacts:
    return line_facts(line, outages, now=NOON, override=override)


@pytest.mark.parametrize(
    ("system", "line"),
    [
        (System.EDI, HelpLine.TCCU),
        (System.EMANIFEST, HelpLine.TCCU),
        (System.CERS, HelpLine.TCCU),
        (System.SWI, HelpLine.TCCU),
        (System.CAD_API, HelpLine.CTSU),
        (System.CCP, HelpLine.CCSH),
    ],
)
def test_an_outage_of_one_system_changes_its_own_line_and_no_other(system: System, line: HelpLine) -> None:
    """R20; R25: `ctsu` and `ccsh` share a number, not a message."""
    told = {every: of_line(every, an_outage(an_impact(system))).state for every in HelpLine}
    assert told == dict.fromkeys(HelpLine, LineState.NORMAL) | {line: LineState.OUTAGE}


def test_a_line_tells_of_an_outage_its_own_systems_only() -> None:
    outage = an_outage(an_impact(System.EDI), an_impact(System.CCP))
    assert of_line(HelpLine.TCCU, outage).events[0].systems == (System.EDI,)
    assert of_line(HelpLine.CCSH, outage).events[0].systems == (System.CCP,)


def test_a_delay_below_the_threshold_changes_the_line_and_invokes_nothing() -> None:
    """R5, R21."""
    facts = of_line(HelpLine.TCCU, an_outage(a_delay(System.EDI, 20)))
    assert (facts.state, facts.events[0].procedures_apply) == (LineState.DELAY, False)


def test_a_delay_over_the_threshold_is_an_outage_on_the_line() -> None:
    """R34."""
    facts = of_line(HelpLine.TCCU, an_outage(a_delay(System.EDI, 60.02)))
    assert (facts.state, facts.events[0].procedures_apply) == (LineState.OUTAGE, True)


def test_the_worst_event_gives_the_state_of_the_line() -> None:
    delayed = an_outage(a_delay(System.CERS, None))
    out = an_outage(an_impact(System.EDI, Direction.INBOUND), number="TCC26-0002")
    assert of_line(HelpLine.TCCU, delayed, out).state is LineState.OUTAGE


def test_an_outage_beside_a_delay_in_one_event_gives_the_state_of_the_line() -> None:
    mixed = an_outage(a_delay(System.CERS, None), an_impact(System.EDI))
    facts = of_line(HelpLine.TCCU, mixed)
    assert (facts.state, facts.events[0].condition) == (LineState.OUTAGE, Condition.OUTAGE)


def test_the_condition_on_a_line_is_that_of_its_own_systems() -> None:
    outage = an_outage(a_delay(System.EDI), an_impact(System.CCP))
    event = of_line(HelpLine.TCCU, outage).events[0]
    assert event.condition is Condition.DELAY


def test_a_scheduled_outage_leaves_the_line_normal_until_it_starts() -> None:
    """R22."""
    outage = a_scheduled_outage()
    before = line_facts(HelpLine.TCCU, [outage], now=SUNDAY_2H - timedelta(minutes=1))
    during = line_facts(HelpLine.TCCU, [outage], now=SUNDAY_2H)
    assert (before.state, len(before.upcoming), len(before.events)) == (LineState.NORMAL, 1, 0)
    assert (during.state, len(during.upcoming), len(during.events)) == (LineState.OUTAGE, 0, 1)


def test_a_scheduled_outage_stays_open_on_the_line_long_after_its_planned_end() -> None:
    """R11: nothing resolves itself."""
    facts = line_facts(HelpLine.TCCU, [a_scheduled_outage()], now=SUNDAY_6H + timedelta(days=30))
    assert facts.state is LineState.OUTAGE


def test_a_cancelled_outage_is_not_on_the_line() -> None:
    facts = of_line(HelpLine.TCCU, cancelled(a_scheduled_outage(), NOON))
    assert (facts.state, facts.upcoming) == (LineState.NORMAL, ())


def test_a_resolved_outage_leaves_the_line_normal() -> None:
    facts = of_line(HelpLine.TCCU, resolved(an_outage(), at("2026-11-26 11:00")))
    assert (facts.state, facts.procedures_remain) == (LineState.NORMAL, ())


def test_procedures_that_outlive_their_outage_are_told_on_its_line_until_revoked() -> None:
    """R6."""
    kept = resolved(an_outage(), at("2026-11-26 11:00"), remains_in_effect=True)
    facts = of_line(HelpLine.TCCU, kept)
    assert (facts.state, facts.procedures_remain) == (LineState.NORMAL, (System.EDI,))
    assert of_line(HelpLine.CTSU, kept).procedures_remain == ()
    assert of_line(HelpLine.TCCU, revoked(kept, at("2026-11-26 11:30"))).procedures_remain == ()


def test_a_system_dropped_by_an_update_leaves_its_line() -> None:
    outage = an_outage(an_impact(System.EDI), an_impact(System.CCP))
    smaller = updated(outage, at("2026-11-26 11:00"), an_impact(System.EDI))
    assert of_line(HelpLine.CCSH, smaller).state is LineState.NORMAL
    assert of_line(HelpLine.TCCU, smaller).state is LineState.OUTAGE


def test_since_when_is_that_of_the_line_s_own_systems() -> None:
    later = THURSDAY_10H + timedelta(minutes=30)
    outage = an_outage(
        an_impact(System.EDI),
        an_impact(System.CCP, started_at=later),
        started_at=THURSDAY_10H,
        declared_at=later,
    )
    assert of_line(HelpLine.CCSH, outage).events[0].started_at == later
    assert of_line(HelpLine.TCCU, outage).events[0].started_at == THURSDAY_10H


def test_each_of_the_line_s_systems_keeps_its_own_start() -> None:
    later = THURSDAY_10H + timedelta(minutes=30)
    delayed, out = a_delay(System.EMANIFEST), an_impact(System.EDI, started_at=later)
    outage = an_outage(delayed, out, started_at=THURSDAY_10H, declared_at=later)
    (event,) = of_line(HelpLine.TCCU, outage).events
    assert {impact.system: impact.started_at for impact in event.impacts} == {
        System.EMANIFEST: THURSDAY_10H,
        System.EDI: later,
    }
    assert event.started_at == THURSDAY_10H


def test_an_override_ends_at_its_expiry() -> None:
    """R23."""
    override = Override(OWN, expires_at=NOON)
    before = line_facts(HelpLine.TCCU, [], now=NOON - timedelta(seconds=1), override=override)
    assert before.override == override
    assert of_line(HelpLine.TCCU, override=override).override is None


@pytest.mark.parametrize(
    ("ahead", "accepted"),
    [
        pytest.param(timedelta(seconds=1), True, id="in a second"),
        pytest.param(timedelta(hours=24), True, id="in 24 hours sharp"),
        pytest.param(timedelta(hours=24, seconds=1), False, id="later"),
        pytest.param(timedelta(0), False, id="now"),
        pytest.param(timedelta(hours=-1), False, id="in the past"),
    ],
)
def test_an_override_expires_within_24_hours(ahead: timedelta, accepted: bool) -> None:
    """R23."""
    if accepted:
        check_override(NOON + ahead, NOON)
        return
    with pytest.raises(InvalidAct) as refused:
        check_override(NOON + ahead, NOON)
    assert refused.value.field == "expires_at"


@pytest.mark.parametrize(
    "message",
    [
        Bilingual("All is back to Normal.", "Tout va bien."),
        Bilingual("All is well.", "Tout fonctionne NORMALEMENT."),
    ],
    ids=["English", "French"],
)
def test_an_override_may_say_normal_only_while_nothing_is_open(message: Bilingual) -> None:
    """R22."""
    check_override_message(message, of_line(HelpLine.TCCU))
    with pytest.raises(InvalidAct) as refused:
        check_override_message(message, of_line(HelpLine.TCCU, an_outage()))
    assert refused.value.code == "override_says_normal"


def test_an_override_has_room_for_what_is_appended_to_it() -> None:
    check_override_message(Bilingual("e" * OVERRIDE_LONGEST, "f"), of_line(HelpLine.TCCU))
    with pytest.raises(InvalidAct) as refused:
        check_override_message(Bilingual("e", "f" * (OVERRIDE_LONGEST + 1)), of_line(HelpLine.TCCU))
    assert (refused.value.code, refused.value.field) == ("override_too_long", "message.fr")
