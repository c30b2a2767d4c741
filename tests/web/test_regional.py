"""`/v1/regional-recipients`: the internal list of regional operations, for administrators alone (R12)."""

import pytest

from tests.web.client import Api, compact, problem, shown

PATH = "/v1/regional-recipients"
REGION = {"email": "region@example.org", "language": "fr"}


def test_administrators_add_list_and_remove_mailboxes(admin: Api) -> None:
    added = shown(admin.post(PATH, REGION), 201)
    assert (added["email"], added["language"]) == ("region@example.org", "fr")
    assert shown(admin.get(PATH))["items"] == [added]
    problem(admin.post(PATH, REGION), 409, "already_listed")
    assert admin.request("DELETE", f"{PATH}/{added['id']}").status_code == 204
    assert shown(admin.get(PATH))["items"] == []
    problem(admin.request("DELETE", f"{PATH}/{added['id']}"), 404, "not_found")


def test_they_are_not_among_the_subscribers(admin: Api) -> None:
    shown(admin.post(PATH, REGION), 201)
    assert shown(admin.get("/v1/subscribers"))["items"] == []
    assert "region@" not in admin.get("/v1/subscribers/export").text


@pytest.mark.parametrize("email", ["no address", "a@b", "=?utf-8?q?x?=@example.org", "\x00@b.ca"])
def test_what_is_no_address_is_refused(admin: Api, email: str) -> None:
    told = problem(admin.post(PATH, {"email": email}), 422, "invalid_input")
    assert "example.org" not in compact(told)
