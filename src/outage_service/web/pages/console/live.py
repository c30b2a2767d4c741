"""Pages of the console that keep themselves true: a tag of what they tell, and 304 where it is known."""

import hashlib
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from outage_service.web.conditional import is_unchanged


def tag_of(*told: object) -> str:
    """Returns the tag of what a page tells; the time alone is nothing new."""
    return f'"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'


def unless_seen(request: Request, tag: str, make: Callable[[], Response]) -> Response:
    """Returns the page, or 304 where the reader's script has just this."""
    if is_unchanged(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
    answer = make()
    answer.headers["ETag"] = tag
    return answer
