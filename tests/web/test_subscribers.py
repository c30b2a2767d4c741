"""The subscriber list, as administrators work on it."""

import threading

import pytest

from tests.web.client import Api, all_items, compact, problem, shown

ANN = {"email": "Ann@Example.org", "language": "fr", "systems": ["swi", "edi", "edi"], "kinds": ["delay"]}


def test_an_administrator_adds_reads_edits_and_erases(admin: Api) -> None:
    answer = admin.post("/v1/subscribers", ANN)
    added = shown(answer, 201)
    path = answer.headers["location"]
    assert path == "/v1/subscribers/1"
    assert added == {
        "id": 1,
        "email": "Ann@example.org",
        "language": "fr",
        "systems": ["edi", "swi"],
        "kinds": ["delay"],
        "state": "active",
        "confirmed_at": "2026-11-26T15:00:00Z",
    }
    assert shown(admin.get(path)) == added
    edited = shown(admin.request("PATCH", path, json={"systems": [], "state": "suppressed"}))
    assert edited == {**added, "systems": [], "state": "suppressed"}
    moved = shown(
        admin.request(
            "PATCH", path, json={"email": "anna@example.org", "language": "en", "kinds": ["outage"]}
        )
    )
    assert (moved["email"], moved["language"], moved["kinds"]) == ("anna@example.org", "en", ["outage"])
    assert shown(admin.request("PATCH", path, json={})) == moved
    assert admin.request("DELETE", path).status_code == 204
    for method in ("GET", "DELETE"):
        problem(admin.request(method, path), 404, "not_found")
    problem(admin.request("PATCH", path, json={}), 404, "not_found")


def test_an_address_belongs_to_one_subscriber(admin: Api) -> None:
    shown(admin.post("/v1/subscribers", ANN), 201)
    refused = problem(
        admin.post("/v1/subscribers", {**ANN, "email": "ANN@EXAMPLE.ORG"}), 409, "already_subscribed"
    )
    assert refused["subscriber"] == {"id": 1, "href": "/v1/subscribers/1"}
    shown(admin.post("/v1/subscribers", {**ANN, "email": "bob@example.org"}), 201)
    taken = {"email": "bob@example.org"}
    problem(admin.request("PATCH", "/v1/subscribers/1", json=taken), 409, "already_subscribed")
    shown(admin.request("PATCH", "/v1/subscribers/2", json=taken))


def test_of_many_who_add_one_address_at_once_one_does(admin: Api) -> None:
    statuses: list[int] = []

    def add() -> None:
        statuses.append(admin.post("/v1/subscribers", ANN).status_code)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, *[409] * 5]


def test_the_list_has_every_subscriber_once(admin: Api) -> None:
    for number in range(5):
        shown(admin.post("/v1/subscribers", {**ANN, "email": f"a{number}@example.org"}), 201)
    assert [one["id"] for one in all_items(admin, "/v1/subscribers?limit=2")] == [1, 2, 3, 4, 5]


def test_auditors_read_all_but_addresses(admin: Api, auditor: Api) -> None:
    shown(admin.post("/v1/subscribers", ANN), 201)
    for path in ("/v1/subscribers", "/v1/subscribers/1"):
        assert "@" not in compact(shown(auditor.get(path)))
    problem(auditor.get("/v1/subscribers/export"), 403, "role_not_permitted")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "x"}, "email"),
        ({"state": "gone"}, "state"),
        ({"language": 1}, "language"),
        ({"systems": [1]}, "systems.0"),
        ({"id": 7}, "id"),
        ({"email": None}, "email"),
        ({"language": None}, "language"),
        ({"systems": None, "state": "active"}, "systems"),
        ([], "body"),
        (7, "body"),
    ],
)
def test_an_edit_that_cannot_be_names_its_field(body: object, field: str, admin: Api) -> None:
    shown(admin.post("/v1/subscribers", ANN), 201)
    refused = problem(admin.request("PATCH", "/v1/subscribers/1", json=body), 422, "invalid_input")
    assert [error["field"] for error in refused["errors"]] == [field]
