"""Whatever the public may read, walked from the route table: no note, no internal system, no address (R7)."""

import pytest
from fastapi import FastAPI

from outage_service.content import load_content
from outage_service.domain.systems import InternalSystem
from outage_service.domain.texts import Language
from outage_service.services.engine import Engine
from outage_service.web.security import access_rules
from tests.services.acts import subscribe
from tests.web.bodies import unscheduled
from tests.web.client import Api, shown

NOTE = "zebra-crossing-7"
ADDRESS = "quagga.reader"
VALUES = {
    "outage_id": "1",
    "bulletin_id": "1",
    "subscriber_id": "1",
    "number": "TCC26-0001",
    "line": "tccu",
}


def paths(app: FastAPI) -> list[str]:
    """Returns every path that anybody may get, in both languages, filled in."""
    found = []
    for route, access in access_rules(app.routes):
        if "GET" not in route.methods or access.needs_token:
            continue
        for language in Language if "{language}" in route.path_format else (Language.EN,):
            values = VALUES | {"language": language.value, "token": "x"}
            try:
                found.append(route.path_format.format(**values))
            except KeyError:
                continue  # the console, whose people are signed in
    return found


@pytest.fixture
def told(engine: Engine, tccu: Api) -> None:
    """An outage that depends on internal systems, a note about it, and somebody who is told of it."""
    subscribe(engine, f"{ADDRESS}@example.org")
    internal = [system.value for system in InternalSystem]
    outage = shown(tccu.post("/v1/outages", {**unscheduled(), "internal_systems": internal}), 201)
    shown(tccu.post(f"/v1/outages/{outage['id']}/notes", {"text": NOTE}), 201)


@pytest.mark.usefixtures("told")
def test_no_public_path_tells_what_is_not_for_the_public(app: FastAPI, public: Api) -> None:
    walked = paths(app)
    assert {"/en/outages/TCC26-0001", "/fr/bulletins/1", "/v1/outages/1", "/v1/bulletins/1.pdf"} <= {*walked}
    internal = load_content().wording.internal_systems[InternalSystem.CIP]
    for path in walked:
        # The plan's own procedures speak of internal systems, whichever are down.
        secrets = [NOTE, ADDRESS] if "contingency" in path else [NOTE, ADDRESS, internal.en, internal.fr]
        said = public.get(path).text
        assert not [secret for secret in secrets if secret in said], path


@pytest.mark.usefixtures("told")
def test_no_search_finds_by_what_is_not_for_the_public(public: Api) -> None:
    for words in (NOTE, ADDRESS, "CIP"):
        assert "TCC26-0001</span>" not in public.get(f"/en/outages?q={words}").text
    assert "TCC26-0001</span>" in public.get("/en/outages?q=tcc26-0001").text
