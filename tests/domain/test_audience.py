"""Whom a bulletin reaches: whatever the outage ever was (R14), and the masks that say so."""

import pytest

from outage_service.domain.outages import Outage
from outage_service.domain.subscriptions import (
    ALL,
    Audience,
    SubscriptionKind,
    kinds_mask,
    kinds_of_mask,
    systems_mask,
    systems_of_mask,
)
from outage_service.domain.systems import System
from tests.builders import (
    SUNDAY_2H,
    SUNDAY_6H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    cancelled,
    corrected,
    resolved,
    ticked,
    updated,
)

DELAY, OUTAGE = SubscriptionKind.DELAY, SubscriptionKind.OUTAGE
SCHEDULED, KNOWN_PROBLEMS = SubscriptionKind.SCHEDULED, SubscriptionKind.KNOWN_PROBLEMS
ELEVEN, NOON = at("2026-11-26 11:00"), at("2026-11-26 12:00")


def _is_told(outage: Outage, systems: set[System], kinds: set[SubscriptionKind]) -> bool:
    return outage.audience.includes(systems=systems_mask(systems), kinds=kinds_mask(kinds))


@pytest.mark.parametrize(
    ("systems", "kinds", "is_told"),
    [
        pytest.param(set(), set(), True, id="blank-is-all"),
        pytest.param({System.EDI}, set(), True, id="its-system"),
        pytest.param({System.EDI, System.CCP}, set(), True, id="its-system-among-others"),
        pytest.param({System.CCP}, set(), False, id="another-system"),
        pytest.param(set(), {OUTAGE}, True, id="its-kind"),
        pytest.param(set(), {DELAY, SCHEDULED, KNOWN_PROBLEMS}, False, id="other-kinds"),
        pytest.param({System.EDI}, {DELAY}, False, id="system-without-kind"),
        pytest.param({System.CCP}, {OUTAGE}, False, id="kind-without-system"),
    ],
)
def test_a_subscriber_is_told_where_both_systems_and_kinds_meet(
    systems: set[System], kinds: set[SubscriptionKind], is_told: bool
) -> None:
    """R14"""
    assert _is_told(an_outage(), systems, kinds) is is_told


def test_whoever_heard_of_a_system_also_hears_of_the_end() -> None:
    """R14: any system the outage ever had."""
    outage = updated(an_outage(an_impact(), an_impact(System.CERS)), ELEVEN, an_impact())
    assert _is_told(resolved(outage, NOON), {System.CERS}, set())


@pytest.mark.parametrize(
    "outage",
    [
        pytest.param(
            updated(an_outage(a_delay()), ELEVEN, a_delay(behind_minutes=75)), id="delay-then-outage"
        ),
        pytest.param(updated(an_outage(), ELEVEN, a_delay()), id="outage-then-delay"),
        pytest.param(an_outage(a_delay(), an_impact(System.CERS)), id="delay-beside-outage"),
    ],
)
def test_an_outage_that_was_a_delay_too_reaches_those_who_asked_for_either(outage: Outage) -> None:
    """R14: any kind it ever was; each system's condition counts."""
    for told in (outage, resolved(outage, NOON)):
        assert _is_told(told, {System.EDI}, {DELAY})
        assert _is_told(told, {System.EDI}, {OUTAGE})
        assert not _is_told(told, {System.EDI}, {SCHEDULED})


def test_a_scheduled_outage_is_for_those_who_asked_for_scheduled_ones() -> None:
    """R14"""
    for outage in (
        a_scheduled_outage(),
        cancelled(a_scheduled_outage(), NOON),
        updated(a_scheduled_outage(), SUNDAY_2H),
        resolved(a_scheduled_outage(), SUNDAY_2H),
    ):
        assert _is_told(outage, {System.EDI}, {SCHEDULED})
        assert not _is_told(outage, {System.EDI}, {OUTAGE, DELAY})


def test_an_overrun_also_reaches_those_who_asked_for_outages_and_so_does_its_end() -> None:
    """R14, R17: nobody planned it any more, and it follows the unscheduled cadence."""
    overrun = ticked(a_scheduled_outage(announced_at=at("2026-11-28 23:00")), at("2026-11-29 10:00"))
    for outage in (overrun, resolved(overrun, at("2026-11-29 10:30"))):
        assert _is_told(outage, {System.EDI}, {OUTAGE})
        assert _is_told(outage, {System.EDI}, {SCHEDULED})


@pytest.mark.parametrize(
    ("now", "is_told"),
    [
        pytest.param("2026-11-29 06:14:59", False, id="a-second-before-its-overrun"),
        pytest.param("2026-11-29 06:15", True, id="at-its-overrun"),
        pytest.param("2026-11-29 09:00", True, id="before-its-first-overrun-slot"),
    ],
)
def test_the_end_of_an_overrun_is_told_although_no_bulletin_has_told_of_it(now: str, is_told: bool) -> None:
    """R11, R14, R17: help lines and the status page have, and said to wait for a RESOLVED bulletin."""
    ended = resolved(a_scheduled_outage(), at(now), restored_at=SUNDAY_6H, confirm_past_deadlines=True)
    for outage in (ended, corrected(ended, at("2026-11-29 12:00"))):
        assert _is_told(outage, {System.EDI}, {OUTAGE}) is is_told
        assert _is_told(outage, {System.EDI}, {SCHEDULED})


def test_the_masks_of_systems_and_kinds_can_be_read_back() -> None:
    """They are what the database keeps."""
    assert systems_of_mask(systems_mask([System.SWI, System.EDI])) == (System.EDI, System.SWI)
    assert kinds_of_mask(kinds_mask([SCHEDULED, OUTAGE])) == (OUTAGE, SCHEDULED)
    assert [kinds_mask([kind]) for kind in SubscriptionKind] == [1, 2, 4, 8]


def test_choosing_nothing_is_the_mask_of_everything() -> None:
    """R14: blank = all, also what is added later."""
    assert systems_mask([]) == kinds_mask([]) == ALL
    assert (systems_of_mask(ALL), kinds_of_mask(ALL)) == ((), ())
    assert Audience(systems_mask([System.SWI]), kinds_mask([DELAY])).includes(systems=ALL, kinds=ALL)


def test_naming_a_choice_twice_changes_nothing() -> None:
    """A mask is a set."""
    assert systems_mask([System.EDI, System.EDI]) == systems_mask([System.EDI])
    assert kinds_mask([DELAY, DELAY]) == kinds_mask([DELAY])
