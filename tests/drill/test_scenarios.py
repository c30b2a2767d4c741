"""Scenarios whose bulletins were worked out by hand from the rules of the cadence."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outage_service.clock import monotonic_seconds
from outage_service.domain.calendar import eastern
from outage_service.drill.run import Issued
from tests.drill.drilling import a_scenario, declare, drilled

SCENARIOS = sorted(Path(__file__).with_name("scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_bulletins_go_out_as_the_rules_say(path: Path) -> None:
    expected = path.with_suffix(".expected").read_text(encoding="utf-8").strip().splitlines()
    assert lines(drilled(path.read_text(encoding="utf-8"))) == expected


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 20


def lines(issued: Iterable[Issued]) -> list[str]:
    """Returns `at ref sequence kind next` of each bulletin, in Toronto's time."""
    return [
        f"{minute(each.at)} {each.ref} {each.sequence} {each.kind} {minute(each.next_due_at)}"
        for each in issued
    ]


def minute(instant: datetime | None) -> str:
    return eastern(instant).isoformat(timespec="minutes") if instant is not None else "-"


def test_a_bulletin_is_told_with_its_number_and_its_subject_in_both_orders() -> None:
    (issued,) = drilled(a_scenario(f"10:00 {declare()}", until="2026-11-26T11:00-05:00"))
    assert issued.number == "TCC26-0001"
    assert issued.subject.en.startswith("TCC26-0001 – ")
    assert issued.subject.fr.startswith("TCC26-0001 – ")
    assert issued.subject.en != issued.subject.fr


def test_seconds_are_cut_off_the_time_a_bulletin_is_told_with() -> None:
    (issued,) = drilled(a_scenario(f"10:00:59 {declare()}", until="2026-11-26T11:00-05:00"))
    assert (minute(issued.at), minute(issued.next_due_at)) == (
        "2026-11-26T10:00-05:00",
        "2026-11-26T12:00-05:00",
    )


@pytest.mark.parametrize("quote", ["", "'", '"'], ids=["bare", "single", "double"])
@pytest.mark.parametrize(
    "time",
    ["2026-11-26T10:00:00-05:00", "2026-11-26 10:00:00-05:00", "2026-11-26T15:00:00Z", "2026-11-26T15:00Z"],
)
def test_a_time_may_be_quoted_or_not(time: str, quote: str) -> None:
    text = f"start: {quote}{time}{quote}\nuntil: {quote}{time}{quote}\nevents:\n"
    (issued,) = drilled(f"{text}  - at: {quote}{time}{quote}\n    {declare()}\n")
    assert minute(issued.at) == "2026-11-26T10:00-05:00"


def test_yes_and_no_are_words() -> None:
    text = a_scenario(f"10:00 {declare()}").replace("A test.", "Yes").replace("Un essai.", "No")
    assert drilled(text.replace('"', ""))


def test_a_scenario_without_events_issues_nothing() -> None:
    assert drilled(a_scenario()) == []


def test_a_week_of_four_outages_takes_seconds() -> None:
    """As fast as it can: generous, since a loaded machine is no mistake."""
    systems = ["edi", "cers", "ccp", "swi"]
    events = [
        f"1{hour}:00 {declare(system).replace('system: edi', f'system: {system}')}"
        for hour, system in enumerate(systems)
    ]
    started = monotonic_seconds()
    issued = drilled(a_scenario(*events, until="2026-12-03T10:00-05:00"))
    assert len(issued) > 100
    assert timedelta(seconds=monotonic_seconds() - started) < timedelta(seconds=60)
