"""Versions and what a caller has seen: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, P19)."""

import hashlib
import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from outage_service.web.problems import Problem, Refusal

_ONE_STRONG_TAG = re.compile(r'"(\d{1,9})"', re.ASCII)


def etag_of(version: int) -> str:
    """Returns the tag of an outage's version."""
    return f'"{version}"'


def _seen_version(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The `ETag` of the version you read, such as `"3"`. Without it: 428; of another '
            "version, weak, several, or `*`: 412.",
            examples=['"3"'],
        ),
    ] = None,
) -> int:
    if if_match is None:
        raise Refusal(Problem(428, "if_match_required", 'Send If-Match with the ETag you read, such as "3".'))
    # The framework gives the first header of a name; several are a list (RFC 9110, 5.3), which says nothing.
    tag = _ONE_STRONG_TAG.fullmatch(", ".join(request.headers.getlist("if-match")).strip())
    if tag is None:
        raise Refusal(
            Problem(412, "if_match_unusable", 'If-Match must be one version you have read, such as "3".')
        )
    return int(tag[1])


SeenVersion = Annotated[int, Depends(_seen_version)]
"""The version an operator has read; `*` would overwrite what nobody has seen and is refused."""


def content_tag(content: bytes) -> str:
    """Returns the tag of bytes that never change."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_unchanged(tag: str, if_none_match: Iterable[str]) -> bool:
    """Returns whether the caller has `tag` already; the comparison is weak (RFC 9110, 13.1.2)."""
    return any(
        given.strip().removeprefix("W/") in (tag, "*")
        for value in if_none_match
        for given in value.split(",")
    )
