"""Previews over the API: what an act would send, and nothing happens."""

import pytest

from outage_service.services.engine import Engine
from tests.services import acts
from tests.web.bodies import MESSAGE, delay, news, scheduled, unscheduled
from tests.web.client import Api, problem, shown


def test_a_declaration_is_shown_and_not_made(tccu: Api, public: Api, engine: Engine) -> None:
    acts.subscribe(engine)
    seen = shown(tccu.post("/v1/outages/preview", unscheduled(delay(behind_minutes=60.02))))
    assert seen["number"] == "TCC26-0001"
    assert seen["subject"]["en"] == "TCC26-0001 – EDI outage / Panne de l’EDI"
    assert MESSAGE["fr"] in seen["text"]["fr"]
    assert seen["html"]["en"].startswith("<!")
    assert (seen["recipients"], seen["next_bulletin_due_at"]) == (1, "2026-11-26T17:00:00Z")
    assert (seen["contingency_before"], seen["contingency"]["state"]) == (None, "invoked")
    assert seen["broadcast"][0]["line"] == "tccu"
    assert shown(public.get("/v1/outages"))["items"] == []


def test_an_act_is_shown_and_not_done(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(delay())), 201)
    place = f"/v1/outages/{outage['id']}"
    worse = {"update": news(impacts=[delay(behind_minutes=75)])}
    seen = shown(tccu.post(f"{place}/preview", worse))
    assert (seen["contingency_before"], seen["contingency"]["state"]) == ("not_invoked", "invoked")
    assert (seen["impacts"][0]["condition"], seen["version"]) == ("outage", 2)
    for body in ({"resolve": news()}, {"correct": {"corrects": 1, **news()}}):
        assert shown(tccu.post(f"{place}/preview", body))["kind"] in ("resolved", "correction")
    assert shown(tccu.get(place))["version"] == 1


def test_warnings_are_shown(tccu: Api) -> None:
    """R19."""
    weekday = scheduled(planned_start_at="2026-11-30T02:00-05:00", planned_end_at="2026-11-30T06:00-05:00")
    seen = shown(tccu.post("/v1/outages/preview", weekday))
    assert [warning["code"] for warning in seen["warnings"]] == ["not_early_weekend"]
    assert seen["deadlines"]["transmit_by"] == "2026-11-30T05:00:00Z"


def test_what_the_act_would_refuse_is_refused(tccu: Api, ctsu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    place = f"/v1/outages/{outage['id']}/preview"
    problem(tccu.post("/v1/outages/preview", unscheduled()), 409, "already_declared")
    problem(ctsu.post(place, {"update": news()}), 403, "not_permitted")
    problem(tccu.post(place, {"cancel": news()}), 409, "already_started")
    problem(tccu.post("/v1/outages/99/preview", {"update": news()}), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [{}, {"update": news(), "resolve": news()}, {"update": None}, {"explode": {}}, {"update": {}}],
    ids=["none", "two", "null", "unknown", "no text"],
)
def test_one_act_is_named(tccu: Api, body: dict[str, object]) -> None:
    problem(tccu.post("/v1/outages/1/preview", body), 422, "invalid_input")
