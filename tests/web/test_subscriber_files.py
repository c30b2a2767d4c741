"""Subscribers from and to CSV over HTTP."""

import csv
import io

import httpx
import pytest

from outage_service.services.engine import Engine
from outage_service.services.subscriber_files import PART
from outage_service.web.api import subscriber_files
from tests.support.triggers import cease_to_refuse, refuse
from tests.web.client import Api, all_items, compact, problem, shown

CSV = {"Content-Type": "text/csv; charset=utf-8"}
HEADER = "email,language,systems,kinds\n"
GOOD = HEADER + "ann@example.org,en,,\nbob@example.org,fr,edi;swi,outage\n"
BAD = GOOD + "no address,en,,\nann@example.org,fr,,\ncy@example.org,de,,\n\ndee@example.org,en,xyz,\n"


def send(api: Api, content: str | bytes, query: str = "", **headers: str) -> httpx.Response:
    raw = content.encode() if isinstance(content, str) else content
    path = f"{subscriber_files.IMPORT_PATH}{query}"
    return api.request("POST", path, content=raw, headers={**CSV, **headers})


def test_a_file_adds_confirmed_subscribers(admin: Api) -> None:
    assert shown(send(admin, "\ufeff" + GOOD.replace("\n", "\r\n"))) == {
        "added": 2,
        "known": 0,
        "refused": [],
        "refused_count": 0,
    }
    people = all_items(admin, "/v1/subscribers")
    assert [(p["email"], p["language"], p["systems"], p["kinds"], p["state"]) for p in people] == [
        ("ann@example.org", "en", [], [], "active"),
        ("bob@example.org", "fr", ["edi", "swi"], ["outage"], "active"),
    ]


def test_one_wrong_line_refuses_the_whole_file_and_is_named_by_number(admin: Api) -> None:
    refused = problem(send(admin, BAD), 422, "bad_lines")
    assert [line["line"] for line in refused["lines"]] == [4, 5, 6, 8]
    assert refused["refused_count"] == 4
    assert "@" not in compact(refused)
    assert all_items(admin, "/v1/subscribers") == []


def test_wrong_lines_can_be_left_out(admin: Api) -> None:
    report = shown(send(admin, BAD, "?skip_bad=true"))
    assert (report["added"], report["refused_count"]) == (2, 4)
    assert [line["line"] for line in report["refused"]] == [4, 5, 6, 8]


def test_known_addresses_are_left_out_and_counted(admin: Api) -> None:
    shown(send(admin, GOOD))
    more = GOOD + "cy@example.org,en,,\n"
    assert shown(send(admin, more)) == {"added": 1, "known": 2, "refused": [], "refused_count": 0}


def test_a_repeated_import_has_one_effect(admin: Api) -> None:
    key = {"Idempotency-Key": "import-1"}
    first = send(admin, GOOD, **key)
    assert shown(first)["added"] == 2
    assert send(admin, GOOD, **key).text == first.text
    problem(send(admin, GOOD, "?skip_bad=true", **key), 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"email;language\n", CSV, 422, "wrong_header"),
        (b"", CSV, 422, "wrong_header"),
        (GOOD.encode("utf-16"), CSV, 400, "invalid_utf8"),
        (HEADER.encode() + b'"ann@example.org,en,,\n', CSV, 422, "bad_lines"),
        (HEADER.encode() + b"a\x00nn@example.org,en,,\n", CSV, 422, "bad_lines"),
        (HEADER.encode() + b"ann@example.org,en,," + b"x" * 200_000 + b"\n", CSV, 422, "bad_lines"),
        (HEADER.encode() + b"ann@example.org,en\n", CSV, 422, "bad_lines"),
        (GOOD.encode(), {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        (GOOD.encode(), {}, 415, "unsupported_media_type"),
    ],
    ids=["header", "empty", "utf-16", "open quote", "nul", "long cell", "columns", "json", "no type"],
)
def test_what_is_no_such_file_is_refused(
    content: bytes, headers: dict[str, str], status: int, code: str, admin: Api
) -> None:
    answer = admin.request("POST", subscriber_files.IMPORT_PATH, content=content, headers=headers)
    problem(answer, status, code)
    assert all_items(admin, "/v1/subscribers") == []


def test_a_file_may_be_greater_than_other_bodies_but_not_than_its_own_cap(admin: Api) -> None:
    many = HEADER + "".join(f"person-{number}@example.org,en,,\n" for number in range(3000))
    assert len(many) > 64 * 1024
    assert shown(send(admin, many))["added"] == 3000
    problem(send(admin, many.ljust(subscriber_files.FILE_AT_MOST + 1)), 413, "body_too_large")


def test_a_file_is_not_read_before_the_caller_is_known(public: Api, tccu: Api) -> None:
    problem(send(public, b"\xff"), 401, "token_required")
    problem(send(tccu, b"\xff"), 403, "role_not_permitted")


def test_what_is_exported_can_be_imported_again(admin: Api) -> None:
    shown(send(admin, GOOD + "_cy+tag@example.org,en,,\n"))
    shown(admin.request("PATCH", "/v1/subscribers/1", json={"state": "unsubscribed"}))
    answer = admin.get("/v1/subscribers/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows == [
        ["email", "language", "systems", "kinds"],
        ["bob@example.org", "fr", "edi;swi", "outage"],
        ["_cy+tag@example.org", "en", "", ""],
    ]
    report = shown(send(admin, answer.text))
    assert (report["added"], report["known"]) == (0, 2)


def test_an_export_comes_in_pieces_without_loss(admin: Api) -> None:
    many = HEADER + "".join(f"person-{number}@example.org,en,,\n" for number in range(2500))
    shown(send(admin, many))
    assert len(admin.get("/v1/subscribers/export").text.splitlines()) == 2501
    assert shown(admin.get("/v1/audit"))["items"][0]["action"] == "subscribers_exported"


def test_a_long_file_has_one_effect_however_often_it_is_sent(admin: Api) -> None:
    """P18: it is added in several transactions; one who was erased since is not brought back."""
    key = {"Idempotency-Key": "import-long"}
    many = HEADER + "".join(f"person-{number}@example.org,en,,\n" for number in range(PART + 1))
    first = send(admin, many, **key)
    assert shown(first)["added"] == PART + 1
    assert admin.request("DELETE", "/v1/subscribers/1").status_code == 204
    assert send(admin, many, **key).text == first.text
    problem(admin.get("/v1/subscribers/1"), 404, "not_found")
    problem(send(admin, many, "?skip_bad=true", **key), 422, "idempotency_key_reused")
    problem(admin.get("/v1/subscribers/1"), 404, "not_found")
    assert (shown(send(admin, many))["added"], shown(send(admin, many))["known"]) == (1, PART + 1)


@pytest.mark.parametrize("has_key", [True, False], ids=["with a key", "without"])
def test_a_long_file_that_was_cut_off_is_completed_by_sending_it_again(
    engine: Engine, admin: Api, *, has_key: bool
) -> None:
    """P18: each person once; the answer tells how many were there already; who left meanwhile stays away."""
    key = {"Idempotency-Key": "import-cut-off"} if has_key else {}
    many = (
        HEADER
        + "".join(f"person-{number}@example.org,en,,\n" for number in range(PART + 2))
        + "nobody,en,,\n"
    )
    refuse(engine, "INSERT ON subscriber", when=f"NEW.address_key = 'person-{PART + 1}@example.org'")
    assert send(admin, many, "?skip_bad=true", **key).status_code == 500
    assert admin.request("PATCH", "/v1/subscribers/1", json={"state": "unsubscribed"}).status_code == 200
    cease_to_refuse(engine)
    again = send(admin, many, "?skip_bad=true", **key)
    assert (shown(again)["added"], shown(again)["known"], shown(again)["refused_count"]) == (2, PART, 1)
    assert (send(admin, many, "?skip_bad=true", **key).text == again.text) is has_key
    people = all_items(admin, "/v1/subscribers")
    assert len({one["email"] for one in people}) == len(people) == PART + 2
    assert [one["email"] for one in people if one["state"] != "active"] == ["person-0@example.org"]
