"""The list of addresses that are written to no more, for administrators."""

import pytest

from outage_service.services.engine import Engine
from tests.services.acts import subscribe
from tests.web.client import Api, all_items, problem, shown

PATH = "/v1/suppressions"


def suppress(admin: Api, email: str) -> dict[str, object]:
    return shown(admin.post(PATH, {"email": email}), 201)


def test_an_administrator_puts_an_address_on_the_list_and_takes_it_off(engine: Engine, admin: Api) -> None:
    """P14: its subscriber is suppressed, and active again."""
    person = subscribe(engine, "gone@example.org")
    entry = suppress(admin, "Gone@EXAMPLE.org")
    assert entry == {
        "id": 1,
        "email": "Gone@example.org",
        "reason": "by_hand",
        "status": None,
        "since": "2026-11-26T15:00:00Z",
    }
    assert shown(admin.get(f"/v1/subscribers/{person}"))["state"] == "suppressed"
    assert admin.request("DELETE", f"{PATH}/1").status_code == 204
    assert shown(admin.get(f"/v1/subscribers/{person}"))["state"] == "active"
    problem(admin.request("DELETE", f"{PATH}/1"), 404, "not_found")


def test_one_that_is_on_the_list_is_named(admin: Api) -> None:
    suppress(admin, "gone@example.org")
    refused = problem(admin.post(PATH, {"email": "gone@example.org"}), 409, "already_suppressed")
    assert refused["suppression"] == 1


def test_the_list_comes_in_pages_newest_first(admin: Api) -> None:
    for number in range(5):
        suppress(admin, f"p{number}@example.org")
    first = shown(admin.get(f"{PATH}?limit=2"))
    assert [one["id"] for one in first["items"]] == [5, 4]
    assert [one["id"] for one in all_items(admin, f"{PATH}?limit=2")] == [5, 4, 3, 2, 1]


def test_an_address_is_looked_for_whatever_its_case_and_also_once_it_was_erased(
    engine: Engine, admin: Api
) -> None:
    person = subscribe(engine, "gone@example.org")
    suppress(admin, "other@example.org")
    suppress(admin, "gone@example.org")
    assert admin.request("DELETE", f"/v1/subscribers/{person}").status_code == 204
    (found,) = shown(admin.get(PATH, params={"email": "GONE@example.org"}))["items"]
    assert (found["id"], found["email"]) == (2, None)
    assert shown(admin.get(PATH, params={"email": "nobody@example.org"}))["items"] == []


@pytest.mark.parametrize("email", ["", "x", "a@b", "=?utf-8?q?x?=@example.org", "é@example.org"])
def test_what_is_no_address_is_refused(email: str, admin: Api) -> None:
    problem(admin.get(PATH, params={"email": email}), 422, "invalid_input")
    problem(admin.post(PATH, {"email": email}), 422, "invalid_input")


def test_a_repeated_request_has_one_answer(admin: Api) -> None:
    """P18."""
    headers = {"Idempotency-Key": "one"}
    answers = [admin.post(PATH, {"email": "gone@example.org"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
