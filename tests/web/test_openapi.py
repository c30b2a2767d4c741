"""The API describes itself, completely."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from outage_service.content import load_content
from outage_service.services.snapshot import nothing_known
from outage_service.web.app import create_app
from outage_service.web.edge_docs import edge_paths
from outage_service.web.security import access_rules
from tests.engines import an_engine
from tests.web.client import Api, shown

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    """An application: what it says of itself needs no database."""
    engine = an_engine("sqlite://")
    yield create_app(engine)
    engine.db.close()


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    """The document as it is served."""
    return shown(Api(app).get("/openapi.json"))


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_every_operation_says_what_it_is_for(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len(found) > 37
    ids = [operation["operationId"] for _, operation in found]
    assert len(set(ids)) == len(ids)
    for name, operation in found:
        assert operation["summary"], name
        assert len(operation["description"]) > 20, name
        assert operation["tags"], name


def test_what_is_answered_from_memory_is_documented_as_it_is_answered(
    document: dict[str, Any],
) -> None:
    """The contract's broadcast and status paths stand in front of the application."""
    served = nothing_known(load_content()).fresh
    path, item = next((p, i) for p, i in edge_paths().items() if "{line}" in p)
    names = [parameter["schema"]["enum"] for parameter in item["get"]["parameters"]]
    spoken = {path.format(line=a, language=b, format=c) for a, b, c in product(*names)}
    assert spoken | {"/v1/status"} == set(served)
    assert set(edge_paths()) <= set(document["paths"])


def test_every_refusal_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if name in {f"get {path}" for path in edge_paths()}:
            continue  # always answered, and never as a problem
        refusals = {
            status: answer for status, answer in operation["responses"].items() if status[0] not in "23"
        }
        assert {"default", "503"} <= set(refusals), name
        for status, answer in refusals.items():
            kinds = set(answer["content"])
            if not name.partition(" ")[2].startswith(("/v1/", "/healthz", "/readyz", "/metrics")):
                assert kinds == {"text/html"}, name  # the site: people are told on a page
                continue
            assert kinds == (
                {"application/json"}
                if (name, status) == ("get /readyz", "503")
                else {"application/problem+json"}
            ), name


def test_every_operation_with_a_token_says_so(document: dict[str, Any]) -> None:
    secured = {name for name, operation in operations(document) if operation.get("security")}
    assert "post /v1/outages" in secured
    assert "get /v1/subscribers/export" in secured
    assert "get /v1/outages" not in secured
    optional = {name for name, operation in operations(document) if {} in operation.get("security", [])}
    assert optional == {"get /v1/outages/{outage_id}", "get /healthz", "get /readyz", "get /metrics"}
    assert set(document["components"]["securitySchemes"]) == {"token"}


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, operation in operations(document):
        for kind, content in operation.get("requestBody", {"content": {}})["content"].items():
            schema = content["schema"]
            named = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
            assert "example" in content or named.get("examples"), (name, kind)


def examples_of(content: dict[str, Any], schemas: dict[str, Any]) -> list[Any]:
    """The examples of an answer: its own, or those of each schema that it may have."""
    if "example" in content:
        return [content["example"]]
    references = [each["$ref"] for each in content["schema"].get("anyOf", [content["schema"]])]
    return [example for each in references for example in schemas[each.rpartition("/")[2]]["examples"]]


def test_every_answer_in_json_has_an_example(document: dict[str, Any]) -> None:
    found = [
        (name, examples_of(content["application/json"], document["components"]["schemas"]))
        for name, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status[0] == "2" and "application/json" in (content := answer.get("content", {}))
    ]
    assert len(found) > 40
    assert all(examples for _, examples in found), found


def test_an_example_is_what_could_be_answered(app: FastAPI, document: dict[str, Any]) -> None:
    """Nothing is missing, nothing too much: read by the model of the answer, it comes out the same."""
    checked = 0
    for route, _ in access_rules(app.routes):
        if not route.include_in_schema or route.response_model is None:
            continue
        operation = document["paths"][route.path_format][min(route.methods or ()).lower()]
        content = operation["responses"][str(route.status_code or 200)]["content"].get("application/json")
        model = TypeAdapter(route.response_model)
        for example in examples_of(content, document["components"]["schemas"]) if content else ():
            read = model.validate_json(json.dumps(example))
            assert model.dump_python(read, mode="json") == example, operation["operationId"]
            checked += 1
    assert checked > 40


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= named


def test_acts_document_their_headers(document: dict[str, Any]) -> None:
    for act in ("updates", "corrections", "resolve", "revoke", "cancel"):
        operation = document["paths"][f"/v1/outages/{{outage_id}}/{act}"]["post"]
        assert {"If-Match", "Idempotency-Key"} <= {
            p["name"] for p in operation["parameters"] if p["in"] == "header"
        }
        assert {"428", "412", "409"} <= set(operation["responses"])


def test_a_version_is_required_wherever_an_act_without_one_is_refused(document: dict[str, Any]) -> None:
    """428 without it; an `Idempotency-Key` may be left out."""
    headers = {
        (name, parameter["name"]): parameter["required"]
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    }
    with_version = {name for name, header in headers if header == "If-Match"}
    assert with_version == {name for name, found in operations(document) if "428" in found["responses"]}
    assert len(with_version) == 7
    assert {header for (_, header), required in headers.items() if required} == {"If-Match"}
    assert all(headers[name, "If-Match"] for name in with_version)


def test_the_document_is_made_once(app: FastAPI) -> None:
    assert app.openapi() is app.openapi()
