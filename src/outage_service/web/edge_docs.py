"""OpenAPI entries of what is answered in front of the application (see `edge`): status and broadcasts."""

from typing import Any

from outage_service.domain.broadcasts import BroadcastFormat, BroadcastLanguage
from outage_service.domain.systems import HelpLine

_SPOKEN_TYPES = {
    BroadcastFormat.TXT: "text/plain",
    BroadcastFormat.SSML: "application/ssml+xml",
    BroadcastFormat.VXML: "application/voicexml+xml",
    BroadcastFormat.TWIML: "text/xml",
}
_STATUS_EXAMPLE = {
    "as_of": "2026-11-26T15:20:04Z",
    "age_seconds": 1,
    "stale": False,
    "systems": [
        {"code": "edi", "condition": "outage", "inbound": "outage", "outbound": "outage", "outage": 1},
        {"code": "swi", "condition": "normal", "inbound": None, "outbound": None, "outage": None},
    ],
    "outages": [],
    "procedures_remain": [],
}
_LINE_EXAMPLE = {
    "as_of": "2026-11-26T15:20:04Z",
    "age_seconds": 1,
    "line": "tccu",
    "state": "outage",
    "text": {"en": "An outage has affected EDI …", "fr": "L’EDI est en panne …"},
    "stale": False,
    "override": False,
}


def edge_paths() -> dict[str, Any]:
    """Returns the path items of `GET /v1/status` and of the help lines' messages."""
    return {
        "/v1/status": {"get": _status()},
        "/v1/broadcast/{line}/{language}.{format}": {"get": _broadcast()},
    }


def _status() -> dict[str, Any]:
    return {
        "tags": ["status"],
        "operationId": "get_status",
        "summary": "Get Status",
        "description": (
            "Every system: what cannot be known is `unknown`, never `normal` (R11). Where `stale`, all is as "
            "it was at `as_of`; the `contingency` of an outage is null unless procedures were in effect, and "
            "its `next_bulletin_due_at` is null."
        ),
        "responses": {"200": _json("The state, and how old it is.", _STATUS_EXAMPLE), "304": _UNCHANGED},
    }


_UNCHANGED = {"description": "It is as the caller has it (`If-None-Match`)."}


def _broadcast() -> dict[str, Any]:
    spoken = {kind: {"schema": {"type": "string"}} for kind in _SPOKEN_TYPES.values()}
    content = _json("", _LINE_EXAMPLE)["content"] | spoken
    sentence = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "tags": ["broadcast"],
        "operationId": "get_broadcast",
        "summary": "Get Broadcast",
        "description": "The message of a help line: always 200 and speakable, whatever is broken (R20–R25).",
        "parameters": [
            _variable("line", HelpLine),
            _variable("language", BroadcastLanguage),
            _variable("format", BroadcastFormat),
        ],
        "responses": {
            "200": {"description": "What the line says.", "content": content},
            "304": _UNCHANGED,
            "404": {"description": "No such line or format, said in a sentence.", "content": sentence},
        },
    }


def _json(description: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"description": description, "content": content}


def _variable(name: str, values: type[HelpLine | BroadcastLanguage | BroadcastFormat]) -> dict[str, Any]:
    schema = {"type": "string", "enum": [value.value for value in values]}
    return {"name": name, "in": "path", "required": True, "schema": schema}
