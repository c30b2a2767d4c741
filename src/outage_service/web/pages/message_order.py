"""The order of messages after an outage: each mode's list, and a checker without any script (R110–R117).

The form is sent by GET: a checked order has an address, and nothing of it is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content.procedures import Procedures, load_procedures
from outage_service.domain.contingency import Mode
from outage_service.domain.errors import InvalidAct
from outage_service.domain.message_order import (
    MESSAGES_AT_MOST,
    NOT_SENT,
    Message,
    Sent,
    Verdict,
    check,
    checklist,
)
from outage_service.domain.texts import Language
from outage_service.web.docs import problem_pages
from outage_service.web.pages.contingency import HERE, TEXTS, ModeAsked
from outage_service.web.pages.site import PageLanguage, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

ROWS, SPARE_ROWS = 7, 3
_REFUSED = {"repeated_id": "error_repeated_id"}
"""What the page says where the checker refuses a list; it is not asked about none, or about too many."""
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,49}", re.ASCII)

router = APIRouter(
    prefix="/{language}/contingency",
    tags=["pages"],
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A message as somebody filled it in."""

    message: str = ""
    number: str = ""
    belongs_to: str = ""

    @property
    def references(self) -> frozenset[str]:
        """The numbers it belongs to."""
        return frozenset(part for each in self.belongs_to.split(",") if (part := each.strip()))

    @property
    def is_filled(self) -> bool:
        """Whether anything was filled in."""
        return bool(self.message or self.number or self.belongs_to.strip())

    @property
    def is_known(self) -> bool:
        """Whether it says which message it is."""
        return self.message in set(Message)

    @property
    def is_usable(self) -> bool:
        """Whether its numbers can be numbers."""
        return all(_NUMBER.fullmatch(number) for number in {self.number, *self.references} - {""})

    def sent(self) -> Sent:
        """Returns the message as the checker takes it."""
        return Sent(Message(self.message), self.number or None, self.references)


@dataclass(frozen=True, slots=True)
class Step:
    """A message of a mode's order, in words."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the order, in words; `suggested` are the messages with the places they had."""

    is_in_order: bool
    findings: tuple[tuple[int, str, bool], ...]
    suggested: tuple[tuple[int, str], ...]


@router.get("/message-order", operation_id="show_message_order", responses=problem_pages(404, 422))
def show_message_order(
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    mode: ModeAsked = "",
    message: Annotated[list[str], Query(description="The messages, in the proposed order.")] = [],  # noqa: B006
    number: Annotated[list[str], Query(description="Their own numbers, blank or given.")] = [],  # noqa: B006
    belongs: Annotated[list[str], Query(description="What they belong to, numbers with commas.")] = [],  # noqa: B006
) -> HTMLResponse:
    """Shows the order of a mode, and what would be rejected of a proposed one."""
    known = Mode(mode) if mode in set(Mode) else None
    rows = _rows(message, number, belongs)
    verdict, error = _checked(known, rows) if message or rows else (None, None)
    return site_page(
        "contingency_order.html",
        language,
        request,
        texts=TEXTS,
        base_url=engine.base_url,
        here=HERE,
        status=422 if error else 200,
        error=error,
        error_at=_place(error, rows),
        mode=known or "",
        modes=[(each, load_procedures().names.modes[each][language]) for each in Mode],
        messages=[(each, load_procedures().messages[each].name[language]) for each in Message],
        rows=_shown(rows),
        order=_order(known, language) if known else (),
        not_sent=_steps(known, NOT_SENT.get(known, frozenset()), language) if known else (),
        result=_result(verdict, rows, language) if verdict else None,
    )


def _checked(mode: Mode | None, rows: list[Row]) -> tuple[Verdict | None, str | None]:
    """Returns what is to be said of a proposed order, or the key of what is wrong with it."""
    error = _error(mode, rows)
    if mode is None or error is not None:
        return None, error
    try:
        return check(mode, [row.sent() for row in rows]), None
    except InvalidAct as refused:
        return None, _REFUSED[refused.code]


def _rows(messages: Sequence[str], numbers: Sequence[str], belongs: Sequence[str]) -> list[Row]:
    """Returns the filled rows; browsers send every row, also the blank ones."""
    given = zip_longest(messages, numbers, belongs, fillvalue="")
    rows = [Row(message, number.strip(), belonging) for message, number, belonging in given]
    return [row for row in rows if row.is_filled]


def _shown(rows: Sequence[Row]) -> list[Row]:
    """Returns the rows of the form: what was filled in, as far as it may be sent, and room for more."""
    kept = rows[:MESSAGES_AT_MOST]
    return [*kept, *[Row()] * max(ROWS - len(kept), SPARE_ROWS)]


def _error(mode: Mode | None, rows: Sequence[Row]) -> str | None:
    if mode is None:
        return "error_mode"
    if not rows:
        return "error_messages"
    if len(rows) > MESSAGES_AT_MOST:
        return "error_too_long"
    if not all(row.is_known for row in rows):
        return "error_message"
    return None if all(row.is_usable for row in rows) else "error_number"


def _place(error: str | None, rows: Sequence[Row]) -> str:
    """Returns the id of what the error summary leads to."""
    if error == "error_message":
        return f"kind-{1 + [row.is_known for row in rows].index(False)}"
    return "mode" if error == "error_mode" else "messages"


def _order(mode: Mode, language: Language) -> tuple[Step, ...]:
    return _steps(mode, checklist(mode), language)


def _steps(
    mode: Mode, messages: Sequence[Message] | frozenset[Message], language: Language
) -> tuple[Step, ...]:
    said = load_procedures().messages
    notes = {message: said[message].note(mode) for message in messages}
    return tuple(
        Step(said[message].name[language], note[language] if (note := notes[message]) else "")
        for message in messages
    )


def _result(verdict: Verdict, rows: Sequence[Row], language: Language) -> Result:
    said: Procedures = load_procedures()
    return Result(
        verdict.is_in_order,
        tuple(
            (each.position, said.reason(each, rows[each.position - 1].sent())[language], each.is_error)
            for each in verdict.findings
        ),
        tuple((position, _name(rows[position - 1], said, language)) for position in verdict.order or ()),
    )


def _name(row: Row, said: Procedures, language: Language) -> str:
    name = said.messages[Message(row.message)].name[language]
    return f"{name} {row.number}".strip()
