"""`GET /v1/reports/outages`: durations, and the proof that bulletins came when they were due."""

import csv
import io
from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from outage_service.services import due_bulletins
from outage_service.services.engine import Engine
from tests.web.bodies import news, scheduled, unscheduled
from tests.web.client import Api, problem, shown

PATH = "/v1/reports/outages?since=2026-11-26T00:00:00-05:00&until=2026-11-26T23:59:00-05:00"


def a_day(engine: Engine, tccu: Api, clock: VirtualClock) -> None:
    """An outage from 10:00 to 15:00: the slot of 12:00 is kept 30 s late, that of 14:00 missed by 20 min."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=2, seconds=30))
    due_bulletins.issue_due(engine)
    clock.advance(timedelta(hours=2, minutes=19, seconds=30))
    due_bulletins.issue_due(engine)
    clock.advance(timedelta(minutes=40))
    shown(tccu.act(outage, "resolve", news()))


def test_a_report_tells_what_was_kept_and_what_was_missed(
    engine: Engine, tccu: Api, auditor: Api, clock: VirtualClock
) -> None:
    a_day(engine, tccu, clock)
    told = shown(auditor.get(PATH))
    assert (told["due"], told["kept"], told["missed"]) == (2, 1, 1)
    (one,) = told["outages"]
    assert (one["number"], one["state"], one["systems"]) == ("TCC26-0001", "resolved", ["edi"])
    assert (one["duration_minutes"], one["bulletins"], one["latest_seconds"]) == (300, 4, 20 * 60)
    assert one["missed"] == ["2026-11-26T19:00:00Z"]


def test_the_same_comes_as_csv(engine: Engine, tccu: Api, clock: VirtualClock) -> None:
    a_day(engine, tccu, clock)
    answer = tccu.get(f"{PATH}&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["number"], row["kept"], row["missed"]) == ("TCC26-0001", "1", "2026-11-26T19:00:00+00:00")
    assert row["duration_minutes"] == "300"


def test_what_still_goes_on_has_no_duration_and_its_silence_is_seen(tccu: Api, clock: VirtualClock) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.post("/v1/outages", scheduled()), 201)
    clock.advance(timedelta(hours=9))
    told = shown(tccu.get(PATH))
    assert [(one["state"], one["duration_minutes"], len(one["missed"])) for one in told["outages"]] == [
        ("scheduled", None, 0),
        ("open", None, 1),
    ]
    assert tccu.get(f"{PATH}&format=csv").text.count("\r\n") == 3


def test_an_empty_period_is_an_empty_report(tccu: Api) -> None:
    told = shown(tccu.get(PATH))
    assert (told["outages"], told["due"]) == ([], 0)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-27T00:00:00Z", "2026-11-26T00:00:00Z"),
        ("2024-11-27T00:00:00Z", "2026-11-26T00:00:00Z"),
        ("2099-12-31T23:59:59Z", "2000-01-01T00:00:00Z"),
    ],
)
def test_a_period_goes_forward_and_is_of_bounded_length(tccu: Api, since: str, until: str) -> None:
    problem(tccu.get(f"/v1/reports/outages?since={since}&until={until}"), 422, "wrong_period")
