"""The catalogue of systems: lines, directions, thresholds (R4, R7, R8, R20, R34–R36)."""

from datetime import timedelta

import pytest

from outage_service.domain.systems import (
    CATALOGUE,
    CTSU_SYSTEMS,
    FULL_OUTAGE,
    Condition,
    Direction,
    HelpLine,
    InternalSystem,
    System,
    derived_condition,
    in_catalogue_order,
    lines_of,
    systems_of_line,
)

DELAY, OUTAGE = Condition.DELAY, Condition.OUTAGE


def test_six_systems_trigger_bulletins_and_internal_ones_are_no_part_of_them() -> None:
    """R4, R7"""
    assert set(System) == set(CATALOGUE) == {"edi", "emanifest", "cers", "ccp", "cad_api", "swi"}
    assert not set(InternalSystem) & set(System)


def test_the_bits_kept_in_the_database_never_change() -> None:
    """They are stored with every subscriber and every mailing."""
    kept = {"edi": 1, "emanifest": 2, "cers": 4, "ccp": 8, "cad_api": 16, "swi": 32}
    assert {system.value: entry.bit for system, entry in CATALOGUE.items()} == kept


@pytest.mark.parametrize(
    ("line", "systems"),
    [
        (HelpLine.TCCU, ("edi", "emanifest", "cers", "swi")),
        (HelpLine.CTSU, ("cad_api",)),
        (HelpLine.CCSH, ("ccp",)),
    ],
)
def test_each_line_speaks_of_its_own_systems(line: HelpLine, systems: tuple[str, ...]) -> None:
    """R20: a CCP outage alone changes neither of the other lines."""
    assert systems_of_line(line) == systems
    assert lines_of(systems_of_line(line)) == (line,)


def test_lines_are_named_once_and_in_their_order() -> None:
    """R20"""
    assert lines_of([System.CCP, System.SWI, System.EDI]) == (HelpLine.TCCU, HelpLine.CCSH)
    assert lines_of([]) == ()


def test_systems_are_named_once_and_in_the_order_of_the_catalogue() -> None:
    """A title and a body that name systems from the same list cannot differ."""
    assert in_catalogue_order([System.SWI, System.EDI, System.SWI]) == (System.EDI, System.SWI)


def test_only_the_portals_and_edi_have_directions() -> None:
    """R37–R43"""
    assert {s for s, entry in CATALOGUE.items() if entry.has_directions} == {"edi", "emanifest", "cers"}


def test_ctsu_may_declare_the_carm_systems_only() -> None:
    """R5"""
    assert {"cad_api", "ccp"} == CTSU_SYSTEMS


def test_a_full_outage_needs_every_system_but_single_window() -> None:
    """R8"""
    assert set(System) - {System.SWI} == FULL_OUTAGE


@pytest.mark.parametrize(
    ("system", "seconds", "condition"),
    [
        pytest.param(System.EDI, 0, DELAY, id="edi-0:00"),
        pytest.param(System.EDI, 3600, DELAY, id="edi-60:00-is-a-delay"),
        pytest.param(System.EDI, 3600.6, OUTAGE, id="edi-60.01-minutes"),
        pytest.param(System.EDI, 3601, OUTAGE, id="edi-60:01-is-an-outage"),
        pytest.param(System.EMANIFEST, 3599, DELAY, id="emanifest-59:59-is-a-delay"),
        pytest.param(System.EMANIFEST, 3599.4, DELAY, id="emanifest-59.99-minutes"),
        pytest.param(System.EMANIFEST, 3600, OUTAGE, id="emanifest-60:00-is-an-outage"),
        pytest.param(System.EMANIFEST, 3601, OUTAGE, id="emanifest-60:01"),
        *(
            pytest.param(system, 10_080 * 60, DELAY, id=f"{system}-has-no-threshold")
            for system in (System.CERS, System.CCP, System.CAD_API, System.SWI)
        ),
    ],
)
def test_a_delay_is_an_outage_from_the_threshold_of_its_system(
    system: System, seconds: float, condition: Condition
) -> None:
    """R34, R35: over 60 minutes for EDI, 60 minutes for eManifest; R36: the others have none."""
    assert derived_condition(system, DELAY, timedelta(seconds=seconds)) is condition


@pytest.mark.parametrize("system", System, ids=str)
def test_a_delay_without_minutes_stays_a_delay_and_a_stated_outage_an_outage(system: System) -> None:
    """Section 2; R2: a suspension is an outage however short its queue is."""
    assert derived_condition(system, DELAY, None) is DELAY
    assert derived_condition(system, OUTAGE, None) is OUTAGE
    assert derived_condition(system, OUTAGE, timedelta(minutes=30)) is OUTAGE


@pytest.mark.parametrize("way", Direction, ids=str)
def test_both_directions_overlap_each(way: Direction) -> None:
    """The 409 rule: `both` overlaps all."""
    assert Direction.BOTH.overlaps(way)
    assert way.overlaps(Direction.BOTH)
    assert way.overlaps(way)


def test_in_and_out_do_not_overlap() -> None:
    """The 409 rule."""
    assert not Direction.INBOUND.overlaps(Direction.OUTBOUND)
