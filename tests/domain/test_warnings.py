"""What operators are warned about: allowed, but worth a second look (R17, R19, R54)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from outage_service.domain.warnings import WarningCode, restoration_warnings, window_warnings
from tests.builders import THURSDAY_10H, a_scheduled_outage, an_outage, at

SUNDAY_MIDNIGHT = at("2026-11-29 00:00")
NOON = at("2026-11-26 12:00")


@pytest.mark.parametrize(
    ("announced", "is_late"),
    [
        pytest.param(SUNDAY_MIDNIGHT, False, id="two-hours-before"),
        pytest.param(SUNDAY_MIDNIGHT + timedelta(minutes=1), True, id="a-minute-too-late"),
    ],
)
def test_announcing_after_the_cut_off_is_warned_about(announced: datetime, is_late: bool) -> None:
    """R17, R45: nobody can transmit two hours before the start any more."""
    found = window_warnings(a_scheduled_outage(announced_at=announced), announced_at=announced)
    assert (WarningCode.ANNOUNCED_LATE in found) is is_late


@pytest.mark.parametrize(
    ("start", "end", "is_usual"),
    [
        pytest.param("2026-11-29 02:00", "2026-11-29 06:00", True, id="sunday"),
        pytest.param("2026-11-28 00:00", "2026-11-28 08:00", True, id="saturday-until-opening"),
        pytest.param("2026-11-28 02:00", "2026-11-28 08:01", False, id="past-08:00"),
        pytest.param("2026-11-29 14:00", "2026-11-29 16:00", False, id="afternoon"),
        pytest.param("2026-11-28 23:00", "2026-11-29 03:00", False, id="evening"),
        pytest.param("2026-11-30 02:00", "2026-11-30 06:00", False, id="monday"),
        pytest.param("2026-11-27 02:00", "2026-11-27 06:00", False, id="friday"),
    ],
)
def test_a_window_outside_an_early_weekend_morning_is_warned_about(
    start: str, end: str, is_usual: bool
) -> None:
    """R19: a soft warning."""
    outage = a_scheduled_outage(start=at(start), end=at(end), announced_at=THURSDAY_10H)
    expected = () if is_usual else (WarningCode.NOT_EARLY_WEEKEND,)
    assert window_warnings(outage, announced_at=THURSDAY_10H) == expected


@pytest.mark.parametrize(
    ("now", "start", "end", "expected"),
    [
        pytest.param("2026-11-29 01:00", "02:30", "06:00", [WarningCode.ANNOUNCED_LATE], id="start-late"),
        pytest.param("2026-11-28 12:00", "02:30", "06:00", [], id="start-in-time"),
        pytest.param("2026-11-29 05:00", "02:00", "07:00", [], id="end-in-the-window"),
        pytest.param("2026-11-29 05:00", "02:00", "09:00", [WarningCode.NOT_EARLY_WEEKEND], id="end-unusual"),
    ],
)
def test_of_a_window_that_moves_only_a_new_start_is_late(
    now: str, start: str, end: str, expected: list[WarningCode]
) -> None:
    """R17: whoever could not transmit before the old start loses nothing by another end."""
    before = a_scheduled_outage(announced_at=THURSDAY_10H)
    after = replace(before, started_at=at(f"2026-11-29 {start}"), planned_end_at=at(f"2026-11-29 {end}"))
    assert list(window_warnings(after, announced_at=at(now), before=before)) == expected


def test_a_window_that_does_not_move_is_not_warned_about_again() -> None:
    """R19: also where it is unusual, and told once more."""
    unusual = a_scheduled_outage(start=at("2026-11-30 02:00"), end=at("2026-11-30 06:00"))
    assert window_warnings(unusual, announced_at=at("2026-11-30 05:00"), before=unusual) == ()


def test_an_unscheduled_outage_has_no_window_to_warn_about() -> None:
    """R19"""
    assert window_warnings(an_outage(), announced_at=THURSDAY_10H) == ()
    assert window_warnings(an_outage(), announced_at=THURSDAY_10H, before=an_outage()) == ()


@pytest.mark.parametrize(
    ("minutes", "is_long_ago"),
    [
        pytest.param(0, False, id="now"),
        pytest.param(30, False, id="30-min"),
        pytest.param(31, True, id="31-min"),
    ],
)
def test_a_restoration_more_than_30_min_back_is_warned_about(minutes: int, is_long_ago: bool) -> None:
    """R54: clients relied on the outage until told."""
    found = restoration_warnings(NOON - timedelta(minutes=minutes), now=NOON)
    assert found == ((WarningCode.RESTORED_LONG_AGO,) if is_long_ago else ())


def test_without_a_restoration_there_is_nothing_to_warn_about() -> None:
    """R54"""
    assert restoration_warnings(None, now=NOON) == ()
