"""Problem details (RFC 9457): the one shape of every refusal, with a code that never changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import JsonValue
from starlette.responses import Response

PROBLEM_TYPE = "application/problem+json"
_RENAMED = {
    413: "Content Too Large",
    422: "Unprocessable Content",
}  # RFC 9110; older Pythons have older names


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, named by its place in the input (`impacts.0.direction`)."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal. `members` are extra members, such as the outage that stands in the way."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    members: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Returns the answer; nothing in it repeats what was sent."""
        document: dict[str, JsonValue] = {
            "type": "about:blank",
            "title": _title(self.status),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.members,
        }
        if self.errors:
            document["errors"] = [{"field": e.field, "code": e.code, "detail": e.detail} for e in self.errors]
        body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
        return Response(body, self.status, dict(self.headers), PROBLEM_TYPE)


def _title(status: int) -> str:
    if status in _RENAMED:
        return _RENAMED[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


class Refusal(Exception):
    """A request this layer refuses by itself."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem
