"""`/v1/external-outages`: recorded by operators, read by few where it is an incident (R26–R33)."""

from typing import Any

import httpx
import pytest

from outage_service.services.engine import Engine
from tests.services.acts import mail
from tests.web.client import Api, all_items, problem, shown

PATH = "/v1/external-outages"


def a_report(*systems: str, **fields: Any) -> dict[str, Any]:
    return {
        "client": "Example Customs Brokers",
        "contact": "A. Person 519-555-0100",
        "email": "desk@example.org",
        "systems": list(systems) or ["edi"],
        "description": "Their gateway has failed.",
        **fields,
    }


def patch(api: Api, one: dict[str, Any], version: int | None = None, **fields: Any) -> httpx.Response:
    headers = {"If-Match": f'"{version or one["version"]}"'}
    return api.request("PATCH", f"{PATH}/{one['id']}", json=fields, headers=headers)


def test_an_operator_records_it_and_it_is_read_as_recorded(tccu: Api, auditor: Api) -> None:
    answer = tccu.post(PATH, a_report("cad_api", "edi"))
    one = shown(answer, 201)
    assert (one["case_number"], one["unit"], one["systems"]) == ("EXT26-0001", "tccu", ["edi", "cad_api"])
    assert one["told_at"] == one["starts_at"] == "2026-11-26T15:00:00Z"
    assert answer.headers["location"] == f"{PATH}/{one['id']}"
    assert shown(tccu.get(f"{PATH}/{one['id']}")) == one
    assert shown(tccu.get(PATH))["items"] == [one]
    masked = {**one, "contact": None, "email": None}
    assert shown(auditor.get(f"{PATH}/{one['id']}")) == masked
    assert shown(auditor.get(PATH))["items"] == [masked]


def test_whom_to_call_is_for_those_who_might_call(tccu: Api, admin: Api, auditor: Api) -> None:
    """Personal data: auditors see it as little as they see subscribers' addresses."""
    tccu.post(PATH, a_report())
    for path in (PATH, f"{PATH}/1"):
        assert "519-555-0100" in admin.get(path).text
        assert "519-555-0100" not in auditor.get(path).text
        assert "desk@example.org" not in auditor.get(path).text


def test_short_notice_is_flagged_and_not_refused(tccu: Api) -> None:
    """R27."""
    window = {"starts_at": "2026-11-27T09:00:00-05:00", "ends_at": "2026-11-27T11:00:00-05:00"}
    late = shown(tccu.post(PATH, a_report(scheduled=True, **window)), 201)
    assert (late["notice_minutes"], late["short_notice"]) == (23 * 60, True)


def test_an_incident_that_nobody_is_told_of_warns_to_call(tccu: Api) -> None:
    """R32: no address is set here."""
    incident = shown(tccu.post(PATH, a_report(cybersecurity_incident=True)), 201)
    assert [each["code"] for each in incident["warnings"]] == ["not_escalated"]
    assert incident["warnings"][0]["message"]["en"].startswith(
        "Call the CBSA Cyber Security Protection Center"
    )


def test_a_report_that_no_region_hears_of_warns_until_there_is_one_or_it_is_over(
    tccu: Api, admin: Api
) -> None:
    """R12, R31: the list of regional operations is empty at first."""
    one = shown(tccu.post(PATH, a_report()), 201)
    for told in (one, shown(tccu.get(f"{PATH}/1")), shown(tccu.get(PATH))["items"][0]):
        assert [each["code"] for each in told["warnings"]] == ["no_regional_recipients"]
    over = shown(patch(tccu, one, resolved_at="2026-11-26T10:00:00-05:00"))
    assert over["warnings"] == []
    shown(admin.post("/v1/regional-recipients", {"email": "region@example.org", "language": "en"}), 201)
    assert shown(tccu.post(PATH, a_report()), 201)["warnings"] == []


def test_ctsu_sees_its_own_and_no_incident(tccu: Api, ctsu: Api, admin: Api) -> None:
    """R32: what it may not read is not found."""
    others = shown(tccu.post(PATH, a_report("edi")), 201)
    own = shown(ctsu.post(PATH, a_report("cad_api")), 201)
    incident = shown(tccu.post(PATH, a_report("cad_api", cybersecurity_incident=True)), 201)
    assert [one["id"] for one in all_items(ctsu, PATH)] == [own["id"]]
    for hidden in (others, incident):
        problem(ctsu.get(f"{PATH}/{hidden['id']}"), 404, "not_found")
        problem(patch(ctsu, hidden, description="x"), 404, "not_found")
    assert len(all_items(admin, f"{PATH}?limit=1")) == 3
    problem(ctsu.post(PATH, a_report("edi")), 403, "not_permitted")


def test_it_is_resolved_once_in_the_version_that_was_read(tccu: Api) -> None:
    one = shown(tccu.post(PATH, a_report()), 201)
    problem(tccu.request("PATCH", f"{PATH}/{one['id']}", json={}), 428, "if_match_required")
    problem(patch(tccu, one, 7, description="x"), 412, "stale")
    problem(patch(tccu, one, resolved_at="2026-11-26T11:00:00-05:00"), 422, "resolved_out_of_range")
    after = shown(patch(tccu, one, resolved_at="2026-11-26T10:00:00-05:00"))
    assert (after["resolved_at"], after["version"]) == ("2026-11-26T15:00:00Z", 2)
    problem(patch(tccu, after, description="x"), 409, "closed")
    assert shown(tccu.get(f"{PATH}?open=true"))["items"] == []
    assert len(shown(tccu.get(f"{PATH}?open=false"))["items"]) == 1


@pytest.mark.parametrize("field", ["description", "ends_at", "resolved_at", "cybersecurity_incident"])
def test_what_is_left_out_stays_and_null_is_a_mistake(tccu: Api, field: str) -> None:
    one = shown(tccu.post(PATH, a_report()), 201)
    [told] = problem(patch(tccu, one, **{field: None}), 422, "invalid_input")["errors"]
    assert (told["field"], told["detail"]) == (field, "Must not be null; leave it out to keep what there is.")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"systems": []}, "systems"),
        ({"systems": ["across"]}, "systems.0"),
        ({"email": "=?utf-8?q?x?=@example.org"}, "email"),
        ({"client": "a\nb"}, "client"),
        ({"contact": "@@TO@@ @@UNSUBSCRIBE_URL@@"}, "contact"),
        ({"told_at": "2026-11-26T10:00:00"}, "told_at"),
        ({"scheduled": 1}, "scheduled"),
    ],
)
def test_what_is_no_report_is_refused_by_field(tccu: Api, wrong: dict[str, Any], field: str) -> None:
    """P20, P28."""
    told = problem(tccu.post(PATH, a_report(**wrong)), 422, "invalid_input")
    assert field in [each["field"] for each in told["errors"]]


def test_whatever_a_client_is_called_the_letters_can_be_sent(tccu: Api, engine: Engine) -> None:
    """P28: nothing a client has said stands in a header."""
    for name in ("=?utf-8?q?x=0aX-Injected:_yes?=", "{{ 7 * 7 }} {% raw %}", "<b>😀</b> & Co", "@@TO@@"):
        shown(tccu.post(PATH, a_report(client=name)), 201)
        letters = [letter for _, letter in mail(engine)]
        assert letters
        assert all(name not in letter.partition("\r\n\r\n")[0] for letter in letters)


def test_no_public_answer_tells_of_one(tccu: Api, public: Api) -> None:
    """R29."""
    shown(tccu.post(PATH, a_report()), 201)
    assert shown(public.get("/v1/outages"))["items"] == []
    assert shown(public.get("/v1/bulletins"))["items"] == []
