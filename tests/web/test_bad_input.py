"""P20: no input makes a 5xx. The corpus that broke a naive service, on both databases."""

import gzip
import json
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.web.app import create_app
from tests.web.bodies import MESSAGE, news, scheduled, unscheduled
from tests.web.client import Api, problem, shown
from tests.web.conftest import Callers, callers_of

JSON = {"Content-Type": "application/json"}
TOO_GREAT = "9" * 5000
TEXTS = {
    "nul": "a\x00b",
    "escape": "a\x1bb",
    "carriage return": "a\r\nb",
    "delete": "a\x7fb",
    "c1": "a\x85b",
    "high surrogate": "a\ud800b",
    "low surrogate": "\udfff",
    "bidi override": "a\u202eb",
    "bidi isolate": "a\u2066b",
    "line separator": "a\u2028b",
    "noncharacter": "a\uffffb",
    "blank": " \n\t",
    "zero width": "\u200b\u2060",
    "empty": "",
    "too long": "x" * 4001,
}
TIMES: dict[str, Any] = {
    "naive": "2026-11-26T10:00:00",
    "year 1": "0001-01-01T00:00:00+14:00",
    "year 9999": "9999-12-31T23:59:59-14:00",
    "year 1999": "1999-12-31T23:59:59Z",
    "year 2100": "2100-01-01T00:00:00Z",
    "just beyond 2100 by offset": "2099-12-31T23:59:59-14:00",
    "integer": 1764169200,
    "float": 1764169200.5,
    "numeric text": "1764169200",
    "true": True,
    "zone name": "2026-11-26T10:00:00 America/Toronto",
    "path as zone": "2026-11-26T10:00:00[../../etc/passwd]",
    "no such day": "2026-02-30T10:00:00Z",
    "hour 25": "2026-11-26T25:00:00Z",
    "offset of 99 h": "2026-11-26T10:00:00+99:00",
    "week date": "2026-W48-4T10:00:00Z",
    "other digits": "٢٠٢٦-11-26T10:00:00Z",
    "list": ["2026-11-26T10:00:00Z"],
    "empty": "",
}
NUMBERS = (
    "-1", "-0.01", "10080.01", "0.001", "1e400", "-1e400", "1e12", "1" + "0" * 12, TOO_GREAT, "NaN",
    "Infinity", "-Infinity", '"45"', "true", "[]", "{}", "0x10", "1_000",
)  # fmt: skip
IDS = ("0", "-1", str(2**63), str(2**64), TOO_GREAT, "1.0", "1e0", '"1"', "true", "[1]", "1e400")


def send(api: Api, text: str | bytes, path: str = "/v1/outages", **headers: str) -> int:
    """Posts a body as it stands and returns the status of the problem it must be refused with."""
    raw = text if isinstance(text, bytes) else text.encode()
    answer = api.request("POST", path, content=raw, headers={**JSON, **headers})
    assert 400 <= answer.status_code < 500, (text[:100], answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 20_000
    answer.json()
    return answer.status_code


def fields_of(api: Api, body: object, path: str = "/v1/outages", **headers: str) -> list[str]:
    answer = api.request("POST", path, content=json.dumps(body), headers={**JSON, **headers})
    return [error["field"] for error in problem(answer, 422, "invalid_input")["errors"]]


@pytest.fixture(scope="module")
def caller(engine_of_module: Engine) -> Callers:
    """Callers of one application for all tests here: what is refused leaves nothing behind."""
    return callers_of(create_app(engine_of_module), engine_of_module)


@pytest.fixture(scope="module")
def tccu(caller: Callers) -> Api:
    """An operator for all systems."""
    return caller(Role.TCCU)


@pytest.fixture(scope="module")
def admin(caller: Callers) -> Api:
    """An administrator."""
    return caller(Role.ADMIN)


@pytest.fixture(scope="module")
def outage(tccu: Api) -> dict[str, Any]:
    """An outage to act on."""
    return shown(tccu.post("/v1/outages", unscheduled()), 201)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_that_could_mislead_or_break_is_refused(text: str, tccu: Api, outage: dict[str, Any]) -> None:
    for language in ("en", "fr"):
        body = unscheduled(message={**MESSAGE, language: text})
        assert fields_of(tccu, body) == [f"message.{language}"]
    assert fields_of(tccu, {"text": text}, f"/v1/outages/{outage['id']}/notes") == ["text"]
    override = {"message": {**MESSAGE, "fr": text}, "expires_at": "2026-11-26T12:00:00-05:00"}
    answer = tccu.request("PUT", "/v1/broadcast/tccu/override", json=override)
    assert [e["field"] for e in problem(answer, 422, "invalid_input")["errors"]] == ["message.fr"]


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
def test_times_are_aware_text_between_2000_and_2100(time: object, tccu: Api, outage: dict[str, Any]) -> None:
    assert fields_of(tccu, unscheduled(started_at=time)) == ["started_at"]
    assert fields_of(tccu, unscheduled({"system": "edi", "started_at": time})) == ["impacts.0.started_at"]
    assert fields_of(tccu, scheduled(planned_end_at=time)) == ["planned_end_at"]
    acts = {"resolve": "restored_at", "revoke": "effective_at", "updates": "estimated_resolution_at"}
    for act, field in acts.items():
        path = f"/v1/outages/{outage['id']}/{act}"
        assert fields_of(tccu, news(**{field: time}), path, **{"If-Match": '"1"'}) == [field]
    if isinstance(time, str):
        for path in ("/v1/outages", "/v1/bulletins"):
            assert tccu.get(path, params={"since": time}).status_code == 422


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
def test_minutes_are_numbers_within_a_week(number: str, tccu: Api) -> None:
    body = json.dumps(unscheduled({"system": "edi", "condition": "delay", "behind_minutes": 7}))
    assert send(tccu, body.replace('"behind_minutes": 7', f'"behind_minutes": {number}')) in (400, 422)


@pytest.mark.parametrize("number", IDS, ids=lambda number: number[:12])
def test_ids_are_whole_numbers_of_64_bits(number: str, tccu: Api, outage: dict[str, Any]) -> None:
    body = json.dumps(unscheduled({"system": "swi"}, relapse_of=7)).replace(
        '"relapse_of": 7', f'"relapse_of": {number}'
    )
    assert send(tccu, body) in (400, 422)
    body = json.dumps(news(corrects=7)).replace('"corrects": 7', f'"corrects": {number}')
    path = f"/v1/outages/{outage['id']}/corrections"
    assert send(tccu, body, path, **{"If-Match": '"1"'}) in (400, 422)


def test_the_greatest_id_is_only_not_found(tccu: Api, outage: dict[str, Any]) -> None:
    greatest = 2**63 - 1
    problem(
        tccu.post("/v1/outages", unscheduled({"system": "swi"}, relapse_of=greatest)), 422, "relapse_unknown"
    )
    problem(tccu.act(outage, "corrections", news(corrects=greatest)), 422, "unknown_bulletin")
    for path in (
        f"/v1/outages/{greatest}",
        f"/v1/bulletins/{greatest}",
        f"/v1/bulletins/{greatest}/deliveries",
    ):
        problem(tccu.get(path), 404, "not_found")
    assert shown(tccu.get(f"/v1/bulletins?outage={greatest}"))["items"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", ""),
        (b"{", "invalid_json"),
        (b"[" * 30_000 + b"]" * 30_000, "too_deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep"),
        (b"[" * 18 + b"]" * 18, "too_deep"),
        (b"[" * 60_000, ""),
        (b'{"kind": "unscheduled", "kind": "scheduled"}', "duplicate_key"),
        (b'{"message": {"en": "a", "en": "b", "fr": "c"}}', "duplicate_key"),
        (b'{"\\u0061": 1, "a": 2}', "duplicate_key"),
        (b'{"a": NaN}', "invalid_number"),
        (b'{"a": -Infinity}', "invalid_number"),
        (b'{"a": 1e400}', "invalid_number"),
        (b'{"a": ' + TOO_GREAT.encode() + b"}", "invalid_number"),
        (b'{"a": "\xff"}', "invalid_utf8"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_utf8"),
        (json.dumps(unscheduled()).encode("utf-16"), "invalid_utf8"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b"{'kind': 1}", "invalid_json"),
        (b"{} {}", "invalid_json"),
        (b'{"a": "\t"}', "invalid_json"),
        (b"null", ""),
        (b"[]", ""),
        (b'"unscheduled"', ""),
        (b"7", ""),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else "",
)
def test_a_body_that_is_not_strictly_json_is_refused(text: bytes, code: str, tccu: Api) -> None:
    answer = tccu.request("POST", "/v1/outages", content=text, headers=JSON)
    if code:
        problem(answer, 400, code)
    else:
        assert answer.status_code in (400, 422), answer.text


def test_a_compressed_body_is_named_as_such(tccu: Api) -> None:
    """It would be told as no UTF-8, which its sender would look for in vain."""
    raw = gzip.compress(json.dumps(unscheduled()).encode())
    answer = tccu.request("POST", "/v1/outages", content=raw, headers={**JSON, "Content-Encoding": "gzip"})
    assert "compressed" in problem(answer, 415, "unsupported_media_type")["detail"]


def test_a_body_of_another_type_is_refused(tccu: Api) -> None:
    raw = json.dumps(unscheduled()).encode()
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "\xff", "json", ""):
        headers = {"Content-Type": kind.encode("latin-1")}
        answer = tccu.request("POST", "/v1/outages", content=raw, headers={**headers, **bearer(tccu)})
        problem(answer, 415, "unsupported_media_type")
    problem(tccu.request("POST", "/v1/outages", content=raw), 415, "unsupported_media_type")
    good = {"Content-Type": "application/json; charset=utf-8"}
    problem(tccu.request("POST", "/v1/outages", content=raw + b"{", headers=good), 400, "invalid_json")


def bearer(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token}"}


def test_a_body_that_is_too_large_is_refused_before_it_is_parsed(tccu: Api, public: Api) -> None:
    raw = b"[" + b" " * (64 * 1024) + b"]"
    problem(tccu.request("POST", "/v1/outages", content=raw, headers=JSON), 413, "body_too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    problem(tccu.request("POST", "/v1/outages", content=pieces(), headers=JSON), 413, "body_too_large")
    problem(public.request("POST", "/v1/subscriptions", content=raw, headers=JSON), 413, "body_too_large")
    fits = b" " * (64 * 1024 - 2) + b"{}"
    assert tccu.request("POST", "/v1/outages", content=fits, headers=JSON).status_code == 422


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"kind": "other"}, ["kind"]),
        ({"kind": 1}, ["kind"]),
        ({"kind": None}, ["kind"]),
        ({"impacts": []}, ["impacts"]),
        ({"impacts": {}}, ["impacts"]),
        ({"impacts": [{}]}, ["impacts.0.system"]),
        ({"impacts": [{"system": "edi"}] * 51}, ["impacts"]),
        ({"impacts": [{"system": "edi", "direction": "up"}]}, ["impacts.0.direction"]),
        ({"impacts": [{"system": "edi", "note": "x"}]}, ["impacts.0.note"]),
        ({"message": "text"}, ["message"]),
        ({"message": {"en": "x"}}, ["message.fr"]),
        ({"message": {"en": "x", "fr": None}}, ["message.fr"]),
        ({"message": {"en": "x", "fr": "y", "de": "z"}}, ["message.de"]),
        ({"message": {"en": 1, "fr": True}}, ["message.en", "message.fr"]),
        ({"internal_systems": ["x"]}, ["internal_systems.0"]),
        ({"internal_systems": ["cip"] * 21}, ["internal_systems"]),
        ({"number": "TCC26-9999"}, ["number"]),
        ({"\x00": 1}, ["?"]),
        ({"x" * 5000: 1}, ["?"]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_wrong_declaration_names_each_field(change: dict[str, Any], fields: list[str], tccu: Api) -> None:
    assert fields_of(tccu, {**unscheduled(), **change}) == fields


def test_true_and_false_are_no_numbers_and_numbers_no_truths(tccu: Api, outage: dict[str, Any]) -> None:
    for value in (1, 0, "true", "yes", [], {}):
        body = news(confirm_past_deadlines=value)
        path = f"/v1/outages/{outage['id']}/resolve"
        assert fields_of(tccu, body, path, **{"If-Match": '"1"'}) == ["confirm_past_deadlines"]


def test_many_mistakes_make_a_short_answer(tccu: Api) -> None:
    body = {**unscheduled(), **{f"unknown{number}": number for number in range(2000)}}
    answer = tccu.post("/v1/outages", body)
    assert len(problem(answer, 422, "invalid_input")["errors"]) == 50


def test_nothing_of_the_input_is_repeated(tccu: Api) -> None:
    secret = "zq-secret-zq"
    body = {
        "kind": secret,
        "impacts": secret,
        "message": {"en": secret * 500, "fr": secret},
        f"{secret}<": secret,
    }
    assert secret not in tccu.post("/v1/outages", body).text


ODD = (
    "%00",
    "%ff",
    "%ed%a0%80",
    "%u0000",
    "..%2f..%2fetc%2fpasswd",
    "'%20OR%201=1--",
    "%F0%9F%98%80",
    "%",
    TOO_GREAT,
    "-1",
    "1e400",
)


def odd_queries() -> Iterable[str]:
    for path, names in {
        "/v1/outages": ("state", "system", "since", "limit", "cursor", "x"),
        "/v1/bulletins": ("outage", "system", "kind", "since", "until", "limit", "cursor"),
        "/v1/subscribers": ("limit", "cursor"),
        "/v1/bulletins/1/deliveries": ("limit", "cursor"),
        "/v1/bulletins/1.html": ("lang",),
    }.items():
        yield from (f"{path}?{name}={odd}" for name in names for odd in ODD)


@pytest.mark.usefixtures("outage")
def test_odd_queries_are_refused_or_passed_over(admin: Api) -> None:
    statuses = {query: admin.get(query).status_code for query in odd_queries()}
    assert {query: status for query, status in statuses.items() if status not in (200, 422)} == {}


@pytest.mark.usefixtures("outage")
def test_odd_paths_are_not_found(admin: Api) -> None:
    places = (
        "/v1/outages/{}", "/v1/bulletins/{}", "/v1/bulletins/{}.html", "/v1/subscribers/{}", "/v1/{}", "/{}",
        "/v1/bulletins/{}/deliveries", "/subscriptions/{}/manage", "/static/{}",
    )  # fmt: skip
    paths = [place.format(odd) for place in places for odd in ODD]
    statuses = {path: admin.get(path).status_code for path in paths}
    assert {path: status for path, status in statuses.items() if status != 404} == {}


def test_odd_headers_are_refused_or_passed_over(admin: Api, tccu: Api, outage: dict[str, Any]) -> None:
    odd = [b"", b"\xff\xfe", b"a" * 5000, b"*", b'"', b'W/"', b",,,", b"\x01", b"q=;q=;;,,", b"1;q=1e400"]
    for value in odd:
        for name in (
            "Accept",
            "Accept-Language",
            "If-None-Match",
            "Range",
            "Accept-Encoding",
            "Cookie",
            "Origin",
        ):
            headers = {"Authorization": f"Bearer {admin.token}".encode(), name: value}
            assert admin.request("GET", "/v1/bulletins/1.html", headers=headers).status_code in (200, 304)
        headers = {"Authorization": f"Bearer {tccu.token}".encode(), "If-Match": value}
        answer = tccu.request("POST", f"/v1/outages/{outage['id']}/cancel", json=news(), headers=headers)
        assert answer.status_code == 412


@pytest.mark.parametrize(
    ("name", "value"),
    [("Accept-Language", "en" + " " * 60_000 + "!"), ("Cookie", 'a="' + '\\"' * 30_000 + '"')],
    ids=["blanks in a language", "backslashes in a cookie"],
)
def test_a_long_header_costs_no_more_than_its_length(name: str, value: str, caller: Callers) -> None:
    """P23: anybody may send one, and while it is read nobody else is answered."""
    began = time.process_time()
    assert caller(None).get("/", headers={name: value}).status_code == 302
    assert time.process_time() - began < 1


def test_what_was_refused_left_nothing_behind(admin: Api, outage: dict[str, Any]) -> None:
    assert [each["id"] for each in shown(admin.get("/v1/outages"))["items"]] == [outage["id"]]
    assert len(shown(admin.get("/v1/bulletins"))["items"]) == 1
    assert shown(admin.get(f"/v1/outages/{outage['id']}"))["notes"] == []
