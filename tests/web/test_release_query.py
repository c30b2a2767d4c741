"""`POST /v1/forms/release-query`: numbers in, a PDF out, each wrong line named (R91–R99)."""

import asyncio
import threading
from typing import Any

import pytest

from outage_service.domain.release_numbers import NUMBERS_AT_MOST, Symbology
from outage_service.rendering.documents.barcodes import read_pages
from outage_service.web.printing import AT_ONCE, WAITING_AT_MOST, Press
from outage_service.web.problems import Refusal
from tests.web.client import Api, problem

PATH = "/v1/forms/release-query"


def a_query(*numbers: object, **fields: object) -> dict[str, Any]:
    return {
        "language": "en",
        "symbology": "code128",
        "release_office": "453",
        "client": {"name": "Example Customs Brokers", "id": "12345", "contact": "A. Person 519-555-0100"},
        "numbers": list(numbers) or ["12345001495785", "12345-001495786", "ABCD123456"],
        **fields,
    }


def test_the_public_gets_a_pdf_of_its_numbers(public: Api) -> None:
    answer = public.post(PATH, a_query())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert "release-query.pdf" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert read_pages(answer.content, Symbology.CODE128) == ["12345001495785", "12345001495786", "ABCD123456"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_form_tells_its_language(public: Api, language: str) -> None:
    answer = public.post(PATH, a_query(language=language))
    assert answer.headers["content-language"] == f"{language}-CA"


def test_code_39_is_made_when_asked_for_and_code_128_otherwise(public: Api) -> None:
    asked = public.post(PATH, a_query(symbology="code39")).content
    assert len(read_pages(asked, Symbology.CODE39)) == 3
    assert read_pages(asked, Symbology.CODE128) == []
    unasked = a_query()
    del unasked["symbology"]
    assert len(read_pages(public.post(PATH, unasked).content, Symbology.CODE128)) == 3


def test_every_wrong_line_is_named_by_its_number_value_and_reason(public: Api) -> None:
    answer = public.post(PATH, a_query("12345001495785", " ", "12345 001495785", "ABCD123456", "abcd123456"))
    told = problem(answer, 422, "wrong_numbers")
    assert [(each["line"], each["value"], each["reason"]) for each in told["errors"]] == [
        (2, " ", "blank"),
        (3, "12345 001495785", "inner_space"),
        (5, "abcd123456", "duplicate"),
    ]
    assert told["errors"][2]["detail"] == "It repeats line 4."


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"numbers": []}, "numbers", "too_short"),
        ({"numbers": ["A1234"] * (NUMBERS_AT_MOST + 1)}, "numbers", "too_long"),
        ({"numbers": [12345001495785]}, "numbers.0", "wrong_type"),
        ({"language": "de"}, "language", "unknown_value"),
        ({"symbology": "qr"}, "symbology", "unknown_value"),
        ({"release_office": "x" * 121}, "release_office", "too_long"),
        ({"release_office": "a\nb"}, "release_office", "invalid"),
        ({"release_office": "\u202e"}, "release_office", "invalid"),
        ({"client": {"name": "A", "id": "B"}}, "client.contact", "missing"),
        ({"note": "x"}, "note", "unknown_field"),
    ],
)
def test_what_is_no_query_is_refused_by_field(
    public: Api, wrong: dict[str, Any], field: str, code: str
) -> None:
    told = problem(public.post(PATH, a_query(**wrong)), 422, "invalid_input")
    assert (field, code) in [(each["field"], each["code"]) for each in told["errors"]]


@pytest.mark.parametrize(
    "number", ["\x00", "=cmd()", "\u2028", "9" * 5000, "\u202e12345", "\ud800", "٣" * 14, '"', "😀", "-" * 26]
)
def test_no_number_makes_it_fail(public: Api, number: str) -> None:
    """P20."""
    told = problem(public.post(PATH, a_query("12345001495785", number)), 422, "wrong_numbers")
    assert [each["line"] for each in told["errors"]] == [2]


def test_a_business_number_with_a_wrong_check_digit_is_warned_about_and_not_refused(public: Api) -> None:
    client = {"name": "A", "contact": "B"}
    wrong = public.post(PATH, a_query(client={**client, "id": "123456789RM0001"}))
    right = public.post(PATH, a_query(client={**client, "id": "12345 6782 RM0001"}))
    assert (wrong.status_code, right.status_code) == (200, 200)
    assert wrong.headers["outage-warning"] == "client-id-check-digit"
    assert "outage-warning" not in right.headers


def test_more_documents_than_can_be_made_soon_are_refused_at_once() -> None:
    async def crowd() -> list[object]:
        goes_on, press = threading.Event(), Press()
        work = [
            asyncio.create_task(press.run(lambda: b"%d" % goes_on.wait()))
            for _ in range(AT_ONCE + WAITING_AT_MOST)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await press.run(lambda: b"")
        assert refused.value.problem.status == 503
        goes_on.set()
        await asyncio.gather(*work)
        return [await press.run(lambda: b"again")]

    assert asyncio.run(crowd()) == [b"again"]
