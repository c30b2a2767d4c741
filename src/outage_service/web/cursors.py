"""What every list takes: filters that may repeat; an opaque cursor marks where the next page begins."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from outage_service.services.request_types import GREATEST_ID
from outage_service.web.problems import FieldError, Problem, Refusal

T = TypeVar("T")
DEFAULT_LIMIT = 50
LIMIT_AT_MOST = 200
FILTER_AT_MOST = 20
"""How often one filter may repeat: more often than any of them has values."""
_MARK = re.compile(r"after:(\d{1,19})", re.ASCII)

Limit = Annotated[int, Query(ge=1, le=LIMIT_AT_MOST, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=64, description="`next` of the page before; nothing for the first.")
]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for: up to `limit` items beyond the id `after` (None: from the beginning)."""

    after: int | None
    limit: int

    @property
    def one_more(self) -> int:
        """How many to look for: one beyond the page tells that there is another."""
        return self.limit + 1

    def cut(self, found: Sequence[T]) -> tuple[list[T], T | None]:
        """Returns the page, and its last item where more follow."""
        page = list(found[: self.limit])
        return page, page[-1] if len(found) > self.limit else None


def _page(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> PageRequest:
    return PageRequest(_read(cursor) if cursor else None, limit)


def cursor_after(item_id: int) -> str:
    """Returns the cursor of the page that begins beyond an id."""
    return urlsafe_b64encode(f"after:{item_id}".encode()).rstrip(b"=").decode()


def _read(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        mark = _MARK.fullmatch(text)
    except (NotBase64, UnicodeError):
        mark = None
    if mark is None or int(mark[1]) > GREATEST_ID:
        detail = "This is no cursor of this list: take it from next, unaltered."
        error = FieldError("cursor", "invalid_cursor", detail)
        raise Refusal(Problem(422, "invalid_cursor", detail, (error,)))
    return int(mark[1])


PageAsked = Annotated[PageRequest, Depends(_page)]
