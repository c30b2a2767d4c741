"""Forms that clients fill in during an outage: what they send, and the document they get. Nothing is kept."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Annotated

import structlog
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StrictStr
from stdnum.ca import bn

from outage_service.domain.release_numbers import (
    NUMBERS_AT_MOST,
    ReleaseNumber,
    Symbology,
    read_numbers,
)
from outage_service.domain.texts import Language
from outage_service.rendering.documents.release_query import ReleaseQuery, UnreadableForm, release_query
from outage_service.services.request_types import Body, Text

log = structlog.get_logger(__name__)

LINE_LONGEST = 120
_BUSINESS_NUMBER = re.compile(r"\d{9}[A-Z]{2}\d{4}", re.ASCII)
_EXAMPLE: JsonValue = {
    "language": "en",
    "symbology": "code128",
    "release_office": "453",
    "client": {"name": "Example Customs Brokers", "id": "12345", "contact": "A. Person 519-555-0100"},
    "numbers": ["12345001495785", "12345-001495786", "ABCD123456"],
}


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be one line")
    return text


Line = Annotated[Text, Field(max_length=LINE_LONGEST), AfterValidator(_one_line)]
"""What fits on a line of a form."""
LanguageName = Annotated[Language, Field(strict=False)]
SymbologyName = Annotated[Symbology, Field(strict=False)]


class ClientBody(Body):
    """Who asks (R91)."""

    name: Line
    id: Line
    contact: Line = Field(description="Who answers for it, with a telephone number.")


class ReleaseQueryBody(Body):
    """What stands on a Multiple Import Shipment Release Query form (R91, R92)."""

    model_config = ConfigDict(title="ReleaseQuery", json_schema_extra={"examples": [_EXAMPLE]})

    language: LanguageName = Field(description="The language of the form.")
    symbology: SymbologyName = Symbology.CODE128
    release_office: Line
    client: ClientBody
    numbers: Annotated[list[StrictStr], Field(min_length=1, max_length=NUMBERS_AT_MOST)] = Field(
        description="Transaction numbers (14 digits, hyphens as you like) and cargo control numbers."
    )

    def query(self) -> ReleaseQuery:
        """Returns what is asked.

        Raises:
            WrongNumbers: see `read_numbers`; a number's line is its place in the list, from 1.
        """
        return self.query_for(read_numbers(enumerate(self.numbers, 1)))

    def query_for(self, numbers: tuple[ReleaseNumber, ...]) -> ReleaseQuery:
        """Returns what is asked of `numbers`, which were read already."""
        return ReleaseQuery(
            language=self.language,
            symbology=self.symbology,
            release_office=self.release_office,
            client_name=self.client.name,
            client_id=self.client.id,
            client_contact=self.client.contact,
            numbers=numbers,
        )


def print_release_query(query: ReleaseQuery) -> bytes:
    """Returns the form, every barcode of which was read back (R95); it keeps a core busy for a second or two.

    Raises:
        UnreadableForm: a barcode does not read as its number; it is logged, for that is our fault.
        DocumentsUnavailable: the extra `pdf` is not installed.
    """
    try:
        return release_query(query)
    except UnreadableForm:
        log.exception("release_query_unreadable", symbology=query.symbology, numbers=len(query.numbers))
        raise


def is_doubtful_id(client_id: str) -> bool:
    """Returns whether a client's identification has the form of a BN15 and fails its check digit.

    That is a reason to look again, never to refuse: other identifications are in use, too.
    """
    compact = client_id.replace(" ", "").upper()
    return bool(_BUSINESS_NUMBER.fullmatch(compact)) and not bn.is_valid(compact)


def lines_of_text(text: str) -> list[tuple[int, str]]:
    """Returns the lines of a pasted list that say something, each with its number from 1."""
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def lines_of_csv(content: bytes) -> list[tuple[int, str]]:
    """Returns the first filled cell of each row of a CSV file, with the row's line; a header is passed over.

    What is no CSV (a spreadsheet's own file) gives lines that no number is.
    """
    text = content.decode("utf-8-sig", errors="replace").replace("\0", "\ufffd")
    rows = list(_cells(text))
    has_header = bool(rows) and not any(character.isdigit() for character in rows[0][1])
    return rows[1:] if has_header else rows


def _cells(text: str) -> Iterator[tuple[int, str]]:
    # A list separated by semicolons is what spreadsheets write where the comma is the decimal mark.
    delimiter = ";" if text.count(";") > text.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        if filled := next((cell for cell in row if cell.strip()), None):
            yield reader.line_num, filled
