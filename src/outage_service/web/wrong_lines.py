"""What is wrong with the lines of a list of numbers, in words: over REST and on the page."""

from pydantic import JsonValue

from outage_service.domain.release_numbers import WrongLine, WrongNumbers
from outage_service.domain.texts import Language
from outage_service.web.problems import Problem
from outage_service.web.texts import texts_in

TEXTS = "release_query"


def explained(wrong: WrongLine, language: Language) -> str:
    """Returns why a line was refused."""
    return texts_in(TEXTS, language)[f"reason_{wrong.reason}"].format(first=wrong.first)


def wrong_numbers(error: WrongNumbers) -> Problem:
    """Returns 422 that names every line at fault, as the contract has it and as other fields are named."""
    errors: list[JsonValue] = [
        {
            "line": wrong.line,
            "value": wrong.value,
            "reason": wrong.reason,
            "field": f"numbers.{wrong.line - 1}",
            "code": wrong.reason,
            "detail": explained(wrong, Language.EN),
        }
        for wrong in error.lines
    ]
    return Problem(
        422, "wrong_numbers", "Some of the numbers cannot be used; see errors.", members={"errors": errors}
    )
