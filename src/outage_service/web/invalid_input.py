"""What is wrong with a request's input, field by field. Nothing of it is repeated: it may not even print."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from outage_service.web.json_body import refusal_of
from outage_service.web.problems import FieldError, Problem

ERRORS_AT_MOST = 50
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
# Pydantic's names are its own; these are ours, and stay.
_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "enum": "unknown_value",
    "literal_error": "unknown_value",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "int_parsing_size": "out_of_range",
}
_PARTS = {"query", "header", "path", "body", "cookie"}


def invalid_input(request: Request, error: RequestValidationError) -> Problem:
    """Returns 422 with every field at fault; 400, 404 or 415 where there is no such input to speak of."""
    if refusal := refusal_of(request):
        return refusal
    if isinstance(error.body, bytes):
        return Problem(
            415, "unsupported_media_type", "The body must be JSON, with Content-Type: application/json."
        )
    found: Sequence[Mapping[str, Any]] = error.errors()
    if all(each["loc"][:1] == ("path",) for each in found):
        return Problem(404, "not_found", "There is nothing here.")
    errors = tuple(_field_error(each) for each in found[:ERRORS_AT_MOST])
    return Problem(422, "invalid_input", "Some of the input cannot be used; see errors.", errors)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    kind = str(error["type"])
    code = _CODES.get(kind) or ("wrong_type" if kind.endswith(("_type", "_parsing")) else "invalid")
    detail = str(error["msg"]).removeprefix("Value error, ")
    return FieldError(_field(error["loc"]), code, detail[:1].upper() + detail[1:].removesuffix(".") + ".")


def _field(place: Sequence[Any]) -> str:
    parts = place[1:] if place and place[0] in _PARTS else place
    return ".".join(_part(part) for part in parts) or "body"


def _part(part: object) -> str:
    if isinstance(part, int):
        return str(part)
    # An unknown member's name is input, too.
    return part if isinstance(part, str) and _PLAIN_NAME.fullmatch(part) else "?"
