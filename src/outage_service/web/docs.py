"""OpenAPI: what every operation answers besides success, and the document's own frame."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from outage_service.web.edge_docs import edge_paths
from outage_service.web.problems import PROBLEM_TYPE
from outage_service.web.schemas.common import ProblemShown
from outage_service.web.schemas.examples import add_examples
from outage_service.web.security import access_rules

Responses = dict[int | str, dict[str, Any]]

TITLE = "CBSA outage service"
DESCRIPTION = """\
Declares outages of the CBSA's commercial systems, issues their bulletins and tells their state.

* Errors are `application/problem+json` (RFC 9457) with a stable `code`; a 422 names each field in `errors`.
* Lists come in pages: follow `next` by `?cursor=` until it is null.
* Acts on an outage need `If-Match` with the `ETag` that was read.
* `POST` with a token takes an `Idempotency-Key`, so that it can be repeated safely.
* Instants are ISO 8601 with an offset; answers are in UTC. Texts for people are in English and French.

`GET /v1/status` and `GET /v1/broadcast/…` are answered from memory, in front of this application.
"""

_WHY = {
    400: "The body is not JSON, or ambiguous.",
    401: "No valid token.",
    403: "Not for this role, or not one of its systems.",
    404: "There is no such thing.",
    409: "It does not fit the present state.",
    412: "Somebody has changed it since it was read.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "Some of the input cannot be used.",
    428: "If-Match is missing.",
    429: "Too many requests of this network address.",
    501: "What makes documents is not installed.",
    503: "The database cannot be reached.",
}


def problems(*statuses: int) -> Responses:
    """Returns the refusals of an operation; 503 is always among them."""
    return {status: _problem(_WHY[status]) for status in (*statuses, 503)}


def _problem(why: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemShown"}
    return {"description": why, "content": {PROBLEM_TYPE: {"schema": schema}}}


def problem_pages(*statuses: int) -> Responses:
    """Returns the refusals of a page, which are pages."""
    content = {"text/html": {"schema": {"type": "string"}}}
    told = {status: {"description": _WHY[status], "content": content} for status in (*statuses, 503)}
    return told | {"default": {"description": "Any other refusal.", "content": content}}


ANY_PROBLEM: Responses = {"default": _problem("Any other refusal.")}
ACT = problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428)
"""What can become of an act on an outage."""


class DescribedApp(FastAPI):
    """An application whose OpenAPI document names its problems."""

    def openapi(self) -> dict[str, Any]:
        """Returns the document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _document(self)
        return self.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    _, described = models_json_schema(
        [(ProblemShown, "serialization")], ref_template="#/components/schemas/{model}"
    )
    document["components"]["schemas"] |= described["$defs"]
    add_examples(document["components"]["schemas"])
    for route, rule in access_rules(app.routes):
        for method in (route.methods or ()) if route.include_in_schema else ():
            operation = document["paths"][route.path_format][method.lower()]
            if "security" in operation and not rule.needs_token:
                operation["security"].append({})  # a token is taken, and not needed
            _require_version(operation)
    document["paths"] |= edge_paths()
    return document


def _require_version(operation: dict[str, Any]) -> None:
    """Says that an act is refused without `If-Match`: the framework takes it as optional, for a 428."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "If-Match":
            parameter["required"] = True
            parameter["schema"] = {"type": "string"}
