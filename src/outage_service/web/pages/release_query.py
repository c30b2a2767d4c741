"""The page of the release query form: fields in, a PDF out, every mistake named by its line (R91–R99)."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import JsonValue, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.domain.release_numbers import (
    NUMBERS_AT_MOST,
    Symbology,
    WrongLine,
    WrongNumbers,
    read_numbers,
)
from outage_service.domain.texts import Language
from outage_service.rendering.documents.release_query import ReleaseQuery
from outage_service.services.release_query import (
    LINE_LONGEST,
    ClientBody,
    ReleaseQueryBody,
    is_doubtful_id,
    lines_of_csv,
    lines_of_text,
    print_release_query,
)
from outage_service.web.api.release_query import PDF, RELEASE_QUERY_FILE
from outage_service.web.docs import Responses, problem_pages
from outage_service.web.forms import ONLY_SHOW, Toggle, read_form, sends_again
from outage_service.web.pages.site import Freshness, PageLanguage, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import StateOfApp, state_of
from outage_service.web.wrong_lines import TEXTS, explained

FIELDS = ("release_office", "client_name", "client_id", "client_contact")
_FIELDS_AT_MOST = 20
_PLACES: dict[tuple[int | str, ...], str] = {
    ("release_office",): "release_office",
    ("client", "name"): "client_name",
    ("client", "id"): "client_id",
    ("client", "contact"): "client_contact",
}

_FORM_SHOWN: JsonValue = {
    "schema": {
        "type": "object",
        "properties": {
            name: {"type": "string"} for name in (*FIELDS, "symbology", "numbers", "file", "confirm_id")
        },
    },
    "example": {
        "release_office": "453",
        "client_name": "Example Customs Brokers",
        "client_id": "12345",
        "client_contact": "A. Person 519-555-0100",
        "numbers": "12345001495785\nABCD123456",
    },
}
_PDF_OR_PAGE: Responses = {
    200: {
        "description": "The form, whose every barcode was read back.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    },
    422: {
        "description": "The page again, with what is wrong in it.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    },
}

router = APIRouter(
    prefix="/{language}/forms",
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    tags=["pages"],
    responses=problem_pages(404),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as somebody filled it in. `lines` are the numbers, from the list or the file."""

    values: dict[str, str] = field(default_factory=dict)
    symbology: str = Symbology.CODE128
    numbers: str = ""
    lines: tuple[tuple[int, str], ...] = ()
    confirms_id: bool = False
    is_only_shown: bool = False


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong: by the field's id, the key of its text; and the lines that cannot be used."""

    fields: dict[str, str] = field(default_factory=dict)
    lines: tuple[WrongLine, ...] = ()


async def _filled(request: Request) -> Filled:
    form = await read_form(request, fields_at_most=_FIELDS_AT_MOST)
    try:
        file = form.get("file")
        uploaded = await file.read() if isinstance(file, UploadFile) and file.filename else None
        numbers = _text(form, "numbers")
        lines = lines_of_text(numbers) if uploaded is None else lines_of_csv(uploaded)
        return Filled(
            values={name: _text(form, name).strip() for name in FIELDS},
            symbology=_text(form, "symbology"),
            # What was read from a file is shown, so that it can be corrected in place.
            numbers=numbers if uploaded is None else _as_list(lines),
            lines=tuple(lines),
            confirms_id="confirm_id" in form,
            is_only_shown=_text(form, "go") == ONLY_SHOW,
        )
    finally:
        await form.close()


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _as_list(lines: list[tuple[int, str]]) -> str:
    """Returns the lines as a list in which each still has its number."""
    texts = dict(lines)
    return "\n".join(texts.get(number, "") for number in range(1, max(texts, default=0) + 1))


@router.get("/release-query", operation_id="show_release_query")
async def show_release_query(language: PageLanguage, request: Request) -> HTMLResponse:
    """Shows the empty form."""
    return _page(request, language, Filled(), Mistakes(), status=200)


@router.post(
    "/release-query",
    operation_id="submit_release_query",
    response_class=Response,
    responses=_PDF_OR_PAGE | problem_pages(400, 413, 501),
    openapi_extra={"requestBody": {"content": {"multipart/form-data": _FORM_SHOWN}}},
)
async def submit_release_query(
    language: PageLanguage, request: Request, state: StateOfApp, filled: Annotated[Filled, Depends(_filled)]
) -> Response:
    """Makes the PDF, or shows the form again with what is wrong in it."""
    read = _read(language, filled)
    if isinstance(read, Mistakes):
        return _page(request, language, filled, read, status=422)
    if filled.is_only_shown:
        return _page(request, language, filled, Mistakes(), status=200)
    made = await state.press.run(lambda: print_release_query(read))
    return Response(made, media_type=PDF, headers=RELEASE_QUERY_FILE)


def _read(language: Language, filled: Filled) -> ReleaseQuery | Mistakes:
    fields: dict[str, str] = {}
    try:
        body = _body(language, filled)
    except ValidationError as error:
        fields = {
            name: _why(filled, name) for each in error.errors() if (name := _PLACES.get(each["loc"][:2]))
        }
        body = None
    if is_doubtful_id(filled.values["client_id"]) and not filled.confirms_id:
        fields["client_id"] = "doubtful_id"
    if not filled.lines or len(filled.lines) > NUMBERS_AT_MOST:
        fields["numbers"] = "too_many_numbers" if filled.lines else "missing_numbers"
    try:
        numbers = read_numbers(filled.lines[:NUMBERS_AT_MOST])
    except WrongNumbers as error:
        return Mistakes({"numbers": "wrong_lines"} | fields, error.lines)
    return Mistakes(fields) if fields or body is None else body.query_for(numbers)


def _body(language: Language, filled: Filled) -> ReleaseQueryBody:
    values = filled.values
    client = {name: values[f"client_{name}"] for name in ClientBody.model_fields}
    return ReleaseQueryBody.model_validate(
        {
            "language": language,
            "symbology": Symbology.CODE39 if filled.symbology == Symbology.CODE39 else Symbology.CODE128,
            "release_office": values["release_office"],
            "client": client,
            "numbers": ["-"],  # they are read with the lines they stand on
        }
    )


def _why(filled: Filled, name: str) -> str:
    return "unusable_field" if filled.values[name] else f"missing_{name}"


def _toggle(request: Request, filled: Filled) -> Toggle | None:
    """Returns what sends the numbers as they are shown, also where a file had them."""
    sent = sends_again(request)
    if sent is None or sent.again is None:
        return None
    others = [(name, value) for name, value in sent.again if name != "numbers"]
    return Toggle([*others, ("numbers", filled.numbers)])


def _page(
    request: Request, language: Language, filled: Filled, mistakes: Mistakes, *, status: int
) -> HTMLResponse:
    return site_page(
        "release_query.html",
        language,
        request,
        texts=TEXTS,
        base_url=state_of(request).engine.base_url,
        status=status,
        freshness=Freshness.PUBLIC if request.method == "GET" else Freshness.PRIVATE,
        toggle=_toggle(request, filled),
        here="forms/release-query",
        fields=FIELDS,
        filled=filled,
        mistakes={name: mistakes.fields[name] for name in (*FIELDS, "numbers") if name in mistakes.fields},
        is_doubtful=mistakes.fields.get("client_id") == "doubtful_id",
        lines=[(wrong, explained(wrong, language)) for wrong in mistakes.lines],
        symbologies=list(Symbology),
        most=NUMBERS_AT_MOST,
        longest=LINE_LONGEST,
    )
