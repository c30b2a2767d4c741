"""A header that may stand once and stands twice: neither of the two is chosen."""

import pytest

from tests.web.bodies import news, unscheduled
from tests.web.client import Api, problem, shown


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what is refused before one is asked."""
    return sqlite_url


@pytest.mark.parametrize("second", ['"7"', '"1"', "*"])
def test_an_act_meant_for_several_versions_is_refused(second: str, tccu: Api) -> None:
    """P19, RFC 9110, 5.3: two headers of a name are one list, and a list is refused."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    path = f"/v1/outages/{outage['id']}/updates"
    both = {"If-Match": '"1"', "if-match": second}
    problem(tccu.post(path, news(), headers=both), 412, "if_match_unusable")


@pytest.mark.parametrize("second", ["another", "one"])
def test_a_request_with_several_keys_is_refused_and_has_no_effect(
    second: str, tccu: Api, admin: Api, public: Api
) -> None:
    """P18: repeated with the other key alone it would have its effect again."""
    both = {"Idempotency-Key": "one", "idempotency-key": second}
    refused = problem(tccu.post("/v1/outages", unscheduled(), headers=both), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("Idempotency-Key", "repeated")]
    assert shown(public.get("/v1/outages"))["items"] == []
    table = {"content": "email\none@example.org\n", "headers": {**both, "Content-Type": "text/csv"}}
    problem(admin.post("/v1/subscribers/import", **table), 422, "invalid_input")
