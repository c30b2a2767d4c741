"""Request bodies read strictly: JSON that two readers could take in two ways is refused (P20).

FastAPI reads a body before it asks who is calling. So a refused one counts as missing until the caller
is known to be allowed, and only then is told why (`refusal_of`).
"""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from outage_service.web.problems import Problem

DEEPEST = 16
"""Levels of nesting; the deepest body of the contract has four."""
_REFUSAL = "outage_service.body_refusal"
_ENCODED = Problem(
    415, "unsupported_media_type", "The body must not be compressed: leave Content-Encoding out."
)


class StrictRoute(APIRoute):
    """A route whose JSON body is read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Returns the handler, which is given a request that reads its body strictly."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


class _StrictRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401 - the framework's own signature
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            self.scope[_REFUSAL] = _ENCODED
            return None
        try:
            return read_json(await self.body())
        except NotStrictJson as error:
            self.scope[_REFUSAL] = Problem(400, error.code, str(error))
            return None


def refusal_of(connection: HTTPConnection) -> Problem | None:
    """Returns why the body could not be read, or None if it could."""
    found: Problem | None = connection.scope.get(_REFUSAL)
    return found


class NotStrictJson(ValueError):
    """The text is not JSON, or says one thing twice, or goes beyond what any body needs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_json(raw: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    """Returns the value of a JSON text in UTF-8.

    Raises:
        NotStrictJson: with the code `invalid_utf8`, `invalid_json`, `duplicate_key`, `invalid_number` or
            `too_deep`.
    """
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise NotStrictJson("invalid_utf8", "The body is not UTF-8.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise NotStrictJson("invalid_json", f"The body is not JSON (character {error.pos}).") from error
    except NotStrictJson:
        raise
    except ValueError as error:  # Python's own limit to the digits of an integer
        raise _bad_number() from error
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictJson("duplicate_key", "An object names the same member twice.")
    return found


def _refuse_constant(_: str) -> float:
    raise _bad_number()


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _bad_number()
    return number


def _bad_number() -> NotStrictJson:
    return NotStrictJson("invalid_number", "The body holds what is no number, or one too great.")


def _too_deep() -> NotStrictJson:
    return NotStrictJson("too_deep", f"The body is nested more than {DEEPEST} levels deep.")


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise _too_deep()


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
