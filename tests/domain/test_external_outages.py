"""Clients' own outages: whose they are, when they were told of, who may read them (R26–R33)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outage_service.domain.external_outages import (
    Amendment,
    ExternalOutage,
    Report,
    Unit,
    amended,
    may_record,
    recorded,
    unit_for,
)
from outage_service.domain.roles import Role
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.texts import Language
from tests.builders import THURSDAY_10H
from tests.domain.refusals import conflict, invalid

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = THURSDAY_10H + 5 * HOUR
CAD, EDI = (System.CAD_API,), (System.EDI,)


def a_report(*systems: System, **fields: Any) -> Report:
    report = Report(
        client="Example Customs Brokers",
        contact="A. Person 519-555-0100",
        email=None,
        language=Language.EN,
        systems=systems or EDI,
        description="Their gateway has failed.",
    )
    return replace(report, **fields)


def on_record(*systems: System, now: datetime = THURSDAY_10H, **fields: Any) -> ExternalOutage:
    return recorded(a_report(*systems, **fields), case_number="EXT26-0001", now=now)


@pytest.mark.parametrize(
    ("systems", "is_incident", "unit"),
    [
        (CAD, False, Unit.CTSU),
        (EDI, False, Unit.TCCU),
        ((System.EDI, System.CAD_API), False, Unit.TCCU),
        ((System.CCP,), False, Unit.TCCU),
        (CAD, True, Unit.TCCU),
    ],
)
def test_cad_api_alone_is_ctsu_s_and_an_incident_is_tccu_s(
    systems: tuple[System, ...], is_incident: bool, unit: Unit
) -> None:
    """R26, R28, R32."""
    assert unit_for(systems, is_incident=is_incident) is unit


def test_the_client_calls_the_line_of_its_unit_again() -> None:
    assert on_record(*CAD).line is HelpLine.CTSU
    assert on_record(*EDI).line is HelpLine.TCCU


@pytest.mark.parametrize(
    ("role", "systems", "may"),
    [
        (Role.TCCU, EDI, True),
        (Role.TCCU, CAD, True),
        (Role.CTSU, CAD, True),
        (Role.CTSU, EDI, False),
        (Role.CTSU, (System.EDI, System.CAD_API), False),
        (Role.ADMIN, CAD, False),
    ],
)
def test_ctsu_records_what_cad_api_clients_report(role: Role, systems: tuple[System, ...], may: bool) -> None:
    assert may_record(role, systems) is may


@pytest.mark.parametrize(
    ("outage", "readers"),
    [
        (on_record(*EDI), {Role.TCCU, Role.ADMIN, Role.AUDITOR}),
        (on_record(*CAD), {Role.TCCU, Role.CTSU, Role.ADMIN, Role.AUDITOR}),
        (on_record(*CAD, is_incident=True), {Role.TCCU, Role.ADMIN, Role.AUDITOR}),
    ],
)
def test_an_incident_is_read_by_few_and_ctsu_reads_its_own(
    outage: ExternalOutage, readers: set[Role]
) -> None:
    """R32."""
    assert {role for role in Role if outage.may_be_read_by(role)} == readers


def test_an_unscheduled_outage_starts_when_it_was_told_of() -> None:
    outage = on_record()
    assert (outage.told_at, outage.starts_at, outage.notice) == (THURSDAY_10H, THURSDAY_10H, None)
    assert not outage.is_short_notice


@pytest.mark.parametrize(
    ("ahead", "is_short"),
    [(24 * HOUR, False), (24 * HOUR - MINUTE, True), (-HOUR, True), (48 * HOUR, False)],
)
def test_a_scheduled_one_told_of_late_is_flagged_and_never_refused(ahead: timedelta, is_short: bool) -> None:
    """R27."""
    start = THURSDAY_10H + ahead
    outage = on_record(is_scheduled=True, starts_at=start, ends_at=start + HOUR)
    assert (outage.notice, outage.is_short_notice) == (ahead, is_short)


def test_a_scheduled_one_has_a_start_and_an_end() -> None:
    with invalid("window_missing", "starts_at"):
        on_record(is_scheduled=True, ends_at=LATER)
    with invalid("window_missing", "ends_at"):
        on_record(is_scheduled=True, starts_at=LATER)


@pytest.mark.parametrize("end", [LATER, LATER - HOUR])
def test_an_end_comes_after_its_start(end: datetime) -> None:
    with invalid("end_before_start", "ends_at"):
        on_record(starts_at=LATER, ends_at=end)
    with invalid("end_before_start", "ends_at"):
        amended(on_record(starts_at=LATER), Amendment(ends_at=end), now=LATER)


def test_nobody_has_told_of_it_in_the_future() -> None:
    with invalid("told_in_future", "told_at"):
        on_record(told_at=THURSDAY_10H + MINUTE)


def test_an_amendment_changes_what_it_names_and_nothing_else() -> None:
    before = on_record()
    assert amended(before, Amendment(), now=LATER) == replace(before, version=2)
    of_ctsu = on_record(*CAD, ends_at=LATER)
    assert amended(of_ctsu, Amendment(), now=LATER) == replace(of_ctsu, version=2)
    after = amended(before, Amendment("A worm.", LATER + HOUR, LATER, is_incident=True), now=LATER)
    assert after == replace(
        before,
        description="A worm.",
        ends_at=LATER + HOUR,
        resolved_at=LATER,
        is_incident=True,
        version=2,
    )


def test_what_turns_out_to_be_an_incident_is_tccu_s_from_then_on() -> None:
    """R32."""
    incident = amended(on_record(*CAD), Amendment(is_incident=True), now=LATER)
    assert (incident.unit, incident.is_incident) == (Unit.TCCU, True)
    assert amended(incident, Amendment(), now=LATER).is_incident


def test_it_was_resolved_between_its_start_and_now_and_once() -> None:
    for wrong in (THURSDAY_10H - MINUTE, LATER + MINUTE):
        with invalid("resolved_out_of_range", "resolved_at"):
            amended(on_record(), Amendment(resolved_at=wrong), now=LATER)
    resolved = amended(on_record(), Amendment(resolved_at=LATER), now=LATER)
    assert not resolved.is_called_off
    with conflict("closed"):
        amended(resolved, Amendment(), now=LATER)


@pytest.mark.parametrize("is_scheduled", [True, False], ids=["scheduled", "unscheduled"])
def test_one_that_has_not_begun_can_be_called_off(is_scheduled: bool) -> None:
    """From when it was told of: else it would stay open, and paper be expected of it, until its start."""
    window = {"starts_at": LATER + HOUR, "ends_at": LATER + 2 * HOUR}
    planned = on_record(is_scheduled=is_scheduled, **window)
    for wrong in (THURSDAY_10H - MINUTE, LATER + MINUTE):
        with invalid("resolved_out_of_range", "resolved_at"):
            amended(planned, Amendment(resolved_at=wrong), now=LATER)
    for at in (THURSDAY_10H, LATER):
        assert amended(planned, Amendment(resolved_at=at), now=LATER).is_called_off
    begun = amended(planned, Amendment(resolved_at=LATER + HOUR), now=LATER + HOUR)
    assert not begun.is_called_off
    assert not planned.is_called_off
