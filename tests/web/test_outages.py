"""Outages over HTTP: declared, read, listed."""

from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from tests.builders import at
from tests.web.bodies import MESSAGE, delay, news, scheduled, unscheduled
from tests.web.client import Api, all_items, compact, problem, shown


def test_a_declared_outage_is_answered_with_its_place_and_its_version(tccu: Api, public: Api) -> None:
    answer = tccu.post("/v1/outages", unscheduled())
    outage = shown(answer, 201)
    assert answer.headers["location"] == f"/v1/outages/{outage['id']}"
    assert answer.headers["etag"] == '"1"'
    assert shown(public.get(answer.headers["location"]))["number"] == "TCC26-0001"


def test_an_outage_shows_everything_of_the_contract(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(started_at="2026-11-26T09:50:00-05:00")), 201)
    assert outage["number"] == "TCC26-0001"
    assert outage["kind"] == "unscheduled"
    assert outage["state"] == "open"
    assert outage["condition"] == "outage"
    assert outage["impacts"] == [
        {
            "system": "edi",
            "direction": "both",
            "condition": "outage",
            "behind_minutes": None,
            "started_at": "2026-11-26T14:50:00Z",
            "restored_at": None,
        }
    ]
    assert outage["contingency"] == {
        "state": "invoked",
        "invoked_at": "2026-11-26T15:00:00Z",
        "revoked_at": None,
    }
    assert set(outage["deadlines"].values()) == {None}
    assert outage["next_bulletin_due_at"] == "2026-11-26T17:00:00Z"
    assert outage["updates"] == [
        {"sequence": 1, "kind": "initial", "issued_at": "2026-11-26T15:00:00Z", "message": MESSAGE}
    ]
    assert outage["version"] == 1
    assert outage["warnings"] == []
    [bulletin] = outage["bulletins"]
    assert bulletin["subject"]["en"].startswith("TCC26-0001 – ")
    assert bulletin["links"]["html"] == f"/v1/bulletins/{bulletin['id']}.html"
    assert outage["bulletin"] == bulletin["links"]["self"]


def test_a_delay_is_shown_with_the_condition_that_its_figures_make_of_it(tccu: Api) -> None:
    impacts = [delay("edi", 60), delay("emanifest", 60), delay("cers", 0.01)]
    outage = shown(tccu.post("/v1/outages", unscheduled(*impacts)), 201)
    assert [(i["condition"], i["behind_minutes"]) for i in outage["impacts"]] == [
        ("delay", 60),
        ("outage", 60),
        ("delay", 0.02),
    ]


@pytest.mark.parametrize(
    ("given", "answered"),
    [("45", "45"), ("45.5", "45.5"), ("0.01", "0.02"), ("59.99", "59.98"), ("10080", "10080"), ("0", "0")],
)
def test_minutes_are_kept_in_whole_seconds(given: str, answered: str, tccu: Api) -> None:
    body = compact(unscheduled(delay("edi", 0))).replace('"behind_minutes": 0', f'"behind_minutes": {given}')
    headers = {"Content-Type": "application/json"}
    answer = tccu.request("POST", "/v1/outages", content=body, headers=headers)
    assert f'"behind_minutes":{answered},' in answer.text


def test_a_system_without_directions_is_answered_with_none(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled({"system": "ccp"}, {"system": "swi"})), 201)
    assert [impact["direction"] for impact in outage["impacts"]] == [None, None]
    refused = problem(
        tccu.post("/v1/outages", unscheduled({"system": "cad_api", "direction": "both"})), 422, "no_direction"
    )
    assert refused["errors"][0]["field"] == "impacts.0.direction"


def test_a_scheduled_outage_shows_its_window_and_the_time_to_transmit_by(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    assert outage["state"] == "scheduled"
    assert outage["planned_start_at"] == outage["started_at"] == "2026-11-29T07:00:00Z"
    assert outage["planned_end_at"] == "2026-11-29T11:00:00Z"
    assert outage["deadlines"]["transmit_by"] == "2026-11-29T05:00:00Z"
    assert outage["contingency"]["state"] == "not_invoked"
    assert outage["warnings"] == []


def test_an_unusual_window_is_warned_about_in_both_languages(tccu: Api) -> None:
    window = {"planned_start_at": "2026-11-26T11:00:00-05:00", "planned_end_at": "2026-11-26T12:00:00-05:00"}
    outage = shown(tccu.post("/v1/outages", scheduled(**window)), 201)
    assert [warning["code"] for warning in outage["warnings"]] == ["announced_late", "not_early_weekend"]
    assert all(warning["message"]["en"] and warning["message"]["fr"] for warning in outage["warnings"])


def test_what_is_declared_already_is_refused_with_a_link_to_it(tccu: Api) -> None:
    first = shown(tccu.post("/v1/outages", unscheduled({"system": "edi", "direction": "inbound"})), 201)
    refused = problem(tccu.post("/v1/outages", unscheduled()), 409, "already_declared")
    assert refused["outage"] == {
        "id": first["id"],
        "number": "TCC26-0001",
        "href": f"/v1/outages/{first['id']}",
    }
    other_way = {"system": "edi", "direction": "outbound"}
    second = shown(tccu.post("/v1/outages", unscheduled(other_way)), 201)
    assert second["number"] == "TCC26-0002", "a refused request uses no number"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (unscheduled(started_at="2026-11-26T10:01:00-05:00"), "start_in_future", "started_at"),
        (unscheduled(planned_end_at="2026-11-29T06:00:00-05:00"), "not_scheduled", "planned_end_at"),
        (scheduled(planned_end_at="2026-11-29T01:00:00-05:00"), "end_before_start", "planned_end_at"),
        (scheduled(planned_start_at="2026-11-26T09:00:00-05:00"), "start_in_past", "planned_start_at"),
        (scheduled(planned_end_at=None), "window_missing", "planned_end_at"),
        (scheduled(delay("cers", 5)), "scheduled_delay", "impacts.0.condition"),
        (unscheduled({"system": "edi"}, {"system": "edi"}), "repeated_system", "impacts.1"),
        (unscheduled(relapse_of=99), "relapse_unknown", "relapse_of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_declaration_that_breaks_a_rule_names_the_rule_and_the_field(
    body: dict[str, object], code: str, field: str, tccu: Api
) -> None:
    refused = problem(tccu.post("/v1/outages", body), 422, code)
    assert refused["errors"] == [{"field": field, "code": code, "detail": refused["detail"]}]


def test_ctsu_declares_its_own_systems_and_no_others(ctsu: Api) -> None:
    assert shown(ctsu.post("/v1/outages", unscheduled({"system": "cad_api"}, {"system": "ccp"})), 201)
    problem(ctsu.post("/v1/outages", unscheduled({"system": "ccp"}, {"system": "swi"})), 403, "not_permitted")


def test_a_fault_that_returns_is_linked_both_ways(tccu: Api, public: Api) -> None:
    first = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(first, "resolve", news()))
    second = shown(tccu.post("/v1/outages", unscheduled(relapse_of=first["id"])), 201)
    assert second["relapse_of"] == first["id"]
    assert second["links"]["relapse_of"] == f"/v1/outages/{first['id']}"
    assert shown(public.get(f"/v1/outages/{first['id']}"))["relapsed_by"] == [second["id"]]


def test_notes_and_internal_systems_are_for_those_who_may_see_them(
    tccu: Api, ctsu: Api, admin: Api, auditor: Api, public: Api
) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(internal_systems=["cip", "across"])), 201)
    path = f"/v1/outages/{outage['id']}"
    shown(tccu.post(f"{path}/notes", {"text": "Network team called."}), 201)
    for api in (tccu, ctsu, admin, auditor):
        answer = api.get(path)
        seen = shown(answer)
        assert seen["internal_systems"] == ["across", "cip"]
        assert [note["text"] for note in seen["notes"]] == ["Network team called."]
        assert answer.headers["cache-control"] == "private, no-store"
        assert "Authorization" in answer.headers["vary"]
    for told in (public.get(path), public.get("/v1/outages"), public.get("/v1/bulletins/1")):
        text = compact(shown(told))
        assert not [
            word for word in ("internal_systems", "notes", "Network", "across", "a-tccu") if word in text
        ]


def test_a_wrong_token_is_refused_even_where_none_is_needed(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    headers = {"Authorization": "Bearer outage_live_wrong"}
    answer = public.get(f"/v1/outages/{outage['id']}", headers=headers)
    problem(answer, 401, "token_required")


def test_an_outage_is_never_answered_as_unchanged_since_the_clock_changes_it(
    clock: VirtualClock, tccu: Api, public: Api
) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    path = f"/v1/outages/{outage['id']}"
    tag = public.get(path).headers["etag"]
    clock.set(at("2026-11-29 02:00"))
    answer = public.get(path, headers={"If-None-Match": tag})
    assert shown(answer)["state"] == "open"
    assert answer.headers["etag"] == tag, "only operators' acts change the version"


def test_head_answers_as_get_does_without_a_body(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    answer = public.request("HEAD", f"/v1/outages/{outage['id']}")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    assert answer.content == b""


@pytest.mark.parametrize("wrong", ["99", "0", "-1", "x", "1.0", "9" * 5000, "1%00", "9223372036854775808"])
def test_an_id_that_cannot_be_is_an_outage_that_does_not_exist(wrong: str, public: Api) -> None:
    problem(public.get(f"/v1/outages/{wrong}"), 404, "not_found")


def test_the_states_of_a_list_follow_the_clock(clock: VirtualClock, tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", scheduled({"system": "cers"})), 201)
    shown(
        tccu.post("/v1/outages", scheduled({"system": "edi"}, planned_end_at="2026-11-29T03:00:00-05:00")),
        201,
    )
    gone = shown(tccu.post("/v1/outages", scheduled({"system": "ccp"})), 201)
    shown(tccu.act(gone, "cancel", news()))
    over = shown(tccu.post("/v1/outages", unscheduled({"system": "swi"})), 201)
    shown(tccu.act(over, "resolve", news()))
    shown(tccu.post("/v1/outages", unscheduled({"system": "emanifest"})), 201)

    def numbers(query: str) -> list[str]:
        found = all_items(public, f"/v1/outages?limit=1&{query}")
        return [item["number"][-1] for item in found]

    assert numbers("") == ["5", "4", "3", "2", "1"]
    assert numbers("state=scheduled") == ["2", "1"]
    assert numbers("state=open") == ["5"]
    clock.set(at("2026-11-29 03:14"))
    assert numbers("state=scheduled") == []
    assert numbers("state=open") == ["5", "2", "1"]
    clock.set(at("2026-11-29 03:15"))
    assert numbers("state=open") == ["5", "1"]
    assert numbers("state=overrun") == ["2"]
    assert numbers("state=overrun&state=cancelled") == ["3", "2"]
    assert numbers("state=resolved") == ["4"]
    assert numbers("state=open&system=cers&system=swi") == ["1"]


def test_a_list_shows_the_same_states_as_its_items(clock: VirtualClock, tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", scheduled()), 201)
    for moment in ("2026-11-29 01:59", "2026-11-29 02:00", "2026-11-29 06:14", "2026-11-29 06:15"):
        clock.set(at(moment))
        [item] = shown(public.get("/v1/outages"))["items"]
        assert [each["id"] for each in all_items(public, f"/v1/outages?state={item['state']}")] == [
            item["id"]
        ]


def test_a_list_can_begin_at_the_last_change(clock: VirtualClock, tccu: Api, public: Api) -> None:
    first = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(minutes=30))
    shown(tccu.post("/v1/outages", unscheduled({"system": "swi"})), 201)
    since = {"since": "2026-11-26T10:30:00-05:00"}
    assert [item["id"] for item in shown(public.get("/v1/outages", params=since))["items"]] == [2]
    shown(tccu.act(first, "updates", news()))
    assert [item["id"] for item in shown(public.get("/v1/outages", params=since))["items"]] == [2, 1]


def test_an_empty_cursor_is_that_of_the_first_page(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    page = shown(public.get("/v1/outages?cursor=&limit=1"))
    assert ([item["id"] for item in page["items"]], page["next"]) == ([1], None)


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_every_outage_is_on_exactly_one_page(limit: int, tccu: Api, public: Api) -> None:
    for system in ("edi", "cers", "swi", "ccp"):
        shown(tccu.post("/v1/outages", unscheduled({"system": system})), 201)
    assert [item["id"] for item in all_items(public, f"/v1/outages?limit={limit}")] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        (f"limit={'9' * 5000}", "limit"),
        ("state=closed", "state.0"),
        ("system=EDI", "system.0"),
        ("since=2026-11-26T10:00:00", "since"),
        ("since=1764169200", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("cursor=x", "cursor"),
        ("cursor=YWZ0ZXI6LTE", "cursor"),
        ("cursor=%00", "cursor"),
    ],
)
def test_a_wrong_query_names_its_parameter(query: str, field: str, public: Api) -> None:
    answer = public.get(f"/v1/outages?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
