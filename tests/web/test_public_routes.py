"""Whatever the public may read, walked from the route table: no note, no internal system, no address,
and nothing of what a client has reported (R7, R29, R32)."""

import httpx
import pytest
from fastapi import FastAPI

from outage_service.content import load_content
from outage_service.domain.systems import HelpLine, InternalSystem
from outage_service.domain.texts import Language
from outage_service.edge.asgi import EdgeApp
from outage_service.edge.holder import SnapshotHolder
from outage_service.services import records
from outage_service.services.engine import Engine
from outage_service.services.snapshot import SnapshotKeeper, nothing_known
from outage_service.web.pages.status import HomePage
from outage_service.web.route_table import IN_FRONT
from outage_service.web.security import access_rules
from tests.rendering.documents.pdf import text_of
from tests.services.acts import subscribe
from tests.web.bodies import unscheduled
from tests.web.client import Api, shown

TITLE = "EDI outage"
NOTE = "zebra-crossing-7"
ADDRESS = "quagga.reader"
REPORTED = "okapi.broker"
CLIENT = "Numbat Forwarders"
TOLD = "Their dugong relay has failed."
INCIDENT = "Somebody has got into their kiwi server."
SECRETS = (NOTE, ADDRESS, REPORTED, CLIENT, TOLD, INCIDENT)
VALUES = {
    "outage_id": "1",
    "bulletin_id": "1",
    "subscriber_id": "1",
    "number": "TCC26-0001",
    "line": "tccu",
}
EDGE = {f"/{language}/" for language in Language} | {
    "/v1/status",
    *(f"/v1/broadcast/{line}/{name}" for line in HelpLine for name in ("en.txt", "fr.ssml", "both.txt")),
}


def paths(app: FastAPI, code: str) -> list[str]:
    """Returns every path of the application that anybody may get, in both languages, filled in."""
    found = []
    for route, access in access_rules(app.routes):
        if "GET" not in route.methods or access.needs_token:
            continue
        for language in Language if "{language}" in route.path_format else (Language.EN,):
            values = VALUES | {"language": language.value, "token": "x", "code": code}
            try:
                found.append(route.path_format.format(**values))
            except KeyError:
                continue  # the console, whose people are signed in
    return found


@pytest.fixture
def code(engine: Engine, tccu: Api) -> str:
    """The code of a record: of an outage that depends on internal systems and has a note.

    Somebody is told of it, and clients have reported an outage of theirs and an incident.
    """
    subscribe(engine, f"{ADDRESS}@example.org")
    internal = [system.value for system in InternalSystem]
    outage = shown(tccu.post("/v1/outages", {**unscheduled(), "internal_systems": internal}), 201)
    shown(tccu.post(f"/v1/outages/{outage['id']}/notes", {"text": NOTE}), 201)
    report = {"client": CLIENT, "contact": REPORTED, "email": f"{REPORTED}@example.org", "systems": ["edi"]}
    for words, is_incident in ((TOLD, False), (INCIDENT, True)):
        body = {**report, "description": words, "cybersecurity_incident": is_incident}
        shown(tccu.post("/v1/external-outages", body), 201)
    with engine.db.read() as tx:
        return records.find_record(engine, tx, outage["id"]).code


def test_no_public_path_tells_what_is_not_for_the_public(app: FastAPI, public: Api, code: str) -> None:
    walked = paths(app, code)
    assert {"/en/outages/TCC26-0001", "/fr/bulletins/1", "/v1/outages/1", "/v1/bulletins/1.pdf"} <= {*walked}
    assert "TCC26-0001" in public.get(f"/fr/records/{code}").text
    assert TITLE in text_of(public.get("/v1/bulletins/1.pdf").content)
    for path in walked:
        assert not told(public.get(path), path), path


@pytest.mark.usefixtures("code")
def test_no_page_prepared_in_memory_tells_it_either(engine: Engine, app: FastAPI) -> None:
    holder = SnapshotHolder(nothing_known(load_content()))
    home = HomePage(load_content(), engine.calendar, engine.base_url)
    SnapshotKeeper(engine, load_content(), holder, home).refresh()
    edge = Api(EdgeApp(holder, app, engine.clock))
    pages = holder.current().snapshot.fresh
    assert {*pages} >= EDGE
    assert {*pages} == IN_FRONT
    for path in pages:
        answer = edge.get(path)
        assert answer.status_code == 200, path
        assert not told(answer, path), path
    assert TITLE in edge.get("/en/").text


def told(answer: httpx.Response, path: str) -> list[str]:
    """Returns which secrets an answer tells."""
    internal = load_content().wording.internal_systems[InternalSystem.CIP]
    # The plan's own procedures speak of internal systems, whichever are down.
    secrets = SECRETS if "contingency" in path else (*SECRETS, internal.en, internal.fr)
    is_pdf = answer.headers.get("content-type") == "application/pdf"
    said = text_of(answer.content) if is_pdf else answer.text
    return [secret for secret in secrets if secret in said]


@pytest.mark.usefixtures("code")
def test_no_search_finds_by_what_is_not_for_the_public(public: Api) -> None:
    for words in (*SECRETS, "CIP"):
        assert "TCC26-0001</span>" not in public.get("/en/outages", params={"q": words}).text
    assert "TCC26-0001</span>" in public.get("/en/outages?q=tcc26-0001").text
