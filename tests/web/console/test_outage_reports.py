"""The report of a period on a page: the same as `GET /v1/reports/outages`, by Eastern days."""

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from tests.desk import Desk, a_desk
from tests.web.client import Api
from tests.web.test_outage_reports import a_day

DAYS = ("2026-11-25", "2026-11-26", "2026-11-27")
DAY = "?since=2026-11-26&until=2026-11-26"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what pages say."""
    return sqlite_url


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["Resolved", "5\u00a0h", "2026-11-26 14:00 (ET)", "2026-11-26 to 2026-11-26"]),
        ("fr", ["Résolue", "5\u00a0h", "2026-11-26 14:00 (HE)", "Du 2026-11-26 au 2026-11-26"]),
    ],
)
def test_a_report_tells_what_was_kept_and_what_was_missed(
    language: str, says: list[str], app: FastAPI, engine: Engine, tccu: Api, clock: VirtualClock
) -> None:
    a_day(engine, tccu, clock)
    page = a_desk(app, engine, Role.AUDITOR).get(f"/{language}/console/reports{DAY}")
    assert page.status_code == 200
    for text in (*says, "TCC26-0001", "20\u00a0min"):
        assert text in page.text
    totals = page.text.partition("<tfoot>")[2]
    assert [int(each) for each in cells(totals)[:4]] == [4, 2, 1, 1]


def cells(html: str) -> list[str]:
    return [part.partition(">")[2].partition("<")[0] for part in html.split("<td")[1:]]


def test_the_same_is_saved_as_csv(
    app: FastAPI, engine: Engine, tccu: Api, auditor: Api, clock: VirtualClock
) -> None:
    a_day(engine, tccu, clock)
    answer = a_desk(app, engine, Role.TCCU).get(f"/fr/console/reports{DAY}&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    period = "since=2026-11-26T00:00:00-05:00&until=2026-11-26T23:59:59-05:00"
    assert answer.text == auditor.get(f"/v1/reports/outages?{period}&format=csv").text


def test_a_day_is_counted_from_its_beginning_to_its_end(
    app: FastAPI, engine: Engine, tccu: Api, clock: VirtualClock
) -> None:
    a_day(engine, tccu, clock)
    desk = a_desk(app, engine, Role.CTSU)
    told = ["TCC26-0001" in desk.get(f"/en/console/reports?since={day}&until={day}").text for day in DAYS]
    assert told == [False, True, False]


def test_the_month_so_far_is_shown_first(tccu_desk: Desk) -> None:
    page = tccu_desk.get("/en/console/reports").text
    assert 'name="since" type="date" required value="2026-11-01"' in page
    assert 'name="until" type="date" required value="2026-11-26"' in page
    assert "Clients were told of no outage in this period." in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        pytest.param("?since=x", "Le premier jour n’est pas une date.", id="no date"),
        pytest.param("?until=2026-02-30", "Le dernier jour n’est pas une date.", id="no such day"),
        pytest.param("?until=9999-12-31", "Le dernier jour n’est pas une date.", id="the end of time"),
        pytest.param("?since=1999-01-01", "Le premier jour n’est pas une date.", id="before everything"),
        pytest.param("?since=2026-11-26&until=2026-11-25", "Une période compte au plus", id="backwards"),
        pytest.param("?since=2025-01-01&until=2026-11-25", "Une période compte au plus", id="too long"),
        pytest.param("?since=x&format=csv", "Le premier jour n’est pas une date.", id="as CSV"),
    ],
)
def test_a_period_that_cannot_be_is_told_and_stays_in_the_form(
    query: str, says: str, tccu_desk: Desk
) -> None:
    page = tccu_desk.get(f"/fr/console/reports{query}")
    assert page.status_code == 422
    assert says in page.text
    typed = query.partition("=")[2].partition("&")[0]
    assert f'value="{typed}"' in page.text
    assert "<tfoot>" not in page.text


@pytest.mark.parametrize("role", [Role.TCCU, Role.CTSU, Role.ADMIN, Role.AUDITOR])
def test_the_navigation_leads_there(role: Role, app: FastAPI, engine: Engine) -> None:
    assert 'href="/fr/console/reports"' in a_desk(app, engine, role).get("/fr/console/").text
