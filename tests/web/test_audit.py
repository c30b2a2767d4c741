"""The audit log for programs and on a page: P31, and nobody else's business."""

import pytest

from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.services.engine import Engine
from tests.builders import an_impact
from tests.desk import a_desk
from tests.services.acts import CCP_OUT, CTSU, declare, subscribe
from tests.services.test_audit_log import drop_triggers, run
from tests.web.client import Api, all_items, problem, shown


@pytest.fixture(autouse=True)
def _acts(engine: Engine) -> None:
    """Two outages, declared by two desks."""
    declare(engine, an_impact(System.EDI))
    declare(engine, CCP_OUT, actor=CTSU)
    subscribe(engine)


def test_programs_read_every_row_newest_first_page_by_page(auditor: Api) -> None:
    items = all_items(auditor, "/v1/audit?limit=1")
    assert [item["action"] for item in items] == ["token_created", "initial", "initial"]
    assert [item["position"] for item in items] == [3, 2, 1]
    assert items[1] == {
        "id": items[1]["id"],
        "at": "2026-11-26T15:00:00Z",
        "actor": "carm desk",
        "action": "initial",
        "outage": 2,
        "detail": items[1]["detail"],
        "position": 2,
        "digest": items[1]["digest"],
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"actor": "carm desk"}, 1),
        ({"action": "initial"}, 2),
        ({"outage": 1}, 1),
        ({"since": "2026-11-26T10:00:00-05:00"}, 3),
        ({"until": "2026-11-26T10:00:00-05:00"}, 0),
        ({"actor": "night desk", "outage": 2}, 0),
        ({"actor": "nobody%"}, 0),
    ],
    ids=str,
)
def test_programs_filter_the_log(query: dict[str, str], found: int, auditor: Api) -> None:
    assert len(shown(auditor.get("/v1/audit", params=query))["items"]) == found


@pytest.mark.parametrize("query", ["actor=%00", "outage=0", "since=yesterday", "cursor=x", "limit=0"])
def test_a_filter_that_cannot_be_is_refused(query: str, auditor: Api) -> None:
    assert auditor.get(f"/v1/audit?{query}").status_code == 422


def test_the_head_is_that_of_the_newest_row(auditor: Api) -> None:
    newest = shown(auditor.get("/v1/audit"))["items"][0]
    head = shown(auditor.get("/v1/audit/head"))
    assert head == {"position": newest["position"], "digest": newest["digest"]}
    problem(Api(auditor.app).get("/v1/audit/head"), 401, "token_required")


def test_the_page_shows_who_did_what_and_the_chain(auditor: Api, engine: Engine) -> None:
    desk = a_desk(auditor.app, engine, Role.AUDITOR)
    text = desk.get("/en/console/audit").text
    assert "outage declared" in text
    assert "carm desk" in text
    assert "The log is whole" not in text
    assert "The log is whole" in desk.get("/en/console/audit?check=1").text
    assert "panne déclarée" in desk.get("/fr/console/audit").text


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("actor=carm+desk", 1),
        ("action=initial", 2),
        ("outage=tcc26-0001", 1),
        ("since=2026-11-26&until=2026-11-26&action=initial", 2),
        ("since=2026-11-27", 0),
        ("until=2026-11-25", 0),
        ("actor=%00carm+desk", 1),
    ],
)
def test_the_page_filters_the_log(query: str, rows: int, auditor: Api, engine: Engine) -> None:
    answer = a_desk(auditor.app, engine, Role.AUDITOR).get(f"/en/console/audit?{query}")
    assert (answer.status_code, answer.text.count('<th scope="row">')) == (200, rows)


@pytest.mark.parametrize(
    ("query", "field"),
    [("outage=TCC99-0001", "outage"), ("since=yesterday", "since"), ("until=9999-12-31", "until")],
)
def test_a_filter_that_makes_no_sense_is_told_at_its_field(
    query: str, field: str, auditor: Api, engine: Engine
) -> None:
    answer = a_desk(auditor.app, engine, Role.AUDITOR).get(f"/fr/console/audit?{query}")
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_the_page_leads_to_older_rows(auditor: Api, engine: Engine) -> None:
    desk = a_desk(auditor.app, engine, Role.AUDITOR)
    first = desk.get("/en/console/audit?limit=1&actor=carm+desk").text
    assert "Older" not in first
    first = desk.get("/en/console/audit?limit=1").text
    link = first.partition('">Older')[0].rpartition('href="')[2].replace("&amp;", "&")
    assert "Newest" in desk.get(f"/en/console/audit{link}").text


def test_the_page_names_the_first_row_that_was_tampered_with(auditor: Api, engine: Engine) -> None:
    drop_triggers(engine)
    run(engine, "UPDATE audit SET actor = 'bob' WHERE position = 2")
    text = a_desk(auditor.app, engine, Role.AUDITOR).get("/en/console/audit?check=1").text
    assert "The log was tampered with" in text
    assert "at position 2, is not what was written" in text
