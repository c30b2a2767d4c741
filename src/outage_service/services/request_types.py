"""The types every request body is made of: what is acceptable is decided here once.

They are strict (no `1` for true, no integer for a time) and alter nothing: what passes is what was given.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    field_validator,
)
from pydantic import BaseModel as PydanticModel
from pydantic_core import CoreSchema

from outage_service.domain.letters import MAILING_LINKS
from outage_service.domain.texts import Bilingual

TEXT_LONGEST = 4_000
"""Characters of an operator's text in one language."""
NAME_LONGEST = 200
BEHIND_AT_MOST = 10_080
"""Minutes: a week."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
GREATEST_ID = 2**63 - 1
EXAMPLE_MESSAGE: JsonValue = {
    "en": "EDI messages are processed later than usual.",
    "fr": "Les messages de l’EDI sont traités plus tard que d’habitude.",
}

_ALLOWED_CONTROLS = "\n\t"
# They reorder what a reader sees against what is stored (Unicode property Bidi_Control).
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset("CZM")  # general categories of which none leaves ink of its own
# As many programs write one: to the nanosecond, say, or with an offset of hours alone.
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Body(PydanticModel):
    """A request body: an unknown member is a mistake, not something to pass over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Patch(Body):
    """Changes of a thing: what is left out, and None by default, stays as it is.

    Null would stay too, and whoever sends it means something else: it is a mistake.
    """

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, given: object) -> object:
        if given is None:
            raise ValueError("must not be null; leave it out to keep what there is")
        return given

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Returns the schema of what is taken: null is none of it."""
        schema = handler(core_schema)
        for field in handler.resolve_ref_schema(schema)["properties"].values():
            if kinds := field.pop("anyOf", None):
                [kind] = [kind for kind in kinds if kind != {"type": "null"}]
                field.update(kind | field)
                del field["default"]
        return schema


def _acceptable(text: str) -> str:
    # A lone surrogate was refused before: pydantic takes it for no string.
    for character in text:
        if reason := _why_refused(character):
            raise ValueError(f"must not contain {reason} (U+{ord(character):04X})")
    if marker := next((slot for slot in sorted(MAILING_LINKS) if slot in text), None):
        raise ValueError(f"must not contain {marker}, which stands for a reader's own link in mail")
    if all(unicodedata.category(character)[0] in _UNSEEN for character in text):
        raise ValueError("must not be blank")
    return text


def _why_refused(character: str) -> str | None:
    category = unicodedata.category(character)
    if category == "Cc" and character not in _ALLOWED_CONTROLS:
        return "a control character; lines end with a line feed alone"
    if category in {"Zl", "Zp"}:
        return "a Unicode line separator; lines end with a line feed"
    if character in _BIDI_CONTROLS:
        return "a control of writing direction"
    return "a code point that is no character" if _is_noncharacter(ord(character)) else None


def _is_noncharacter(code_point: int) -> bool:
    return code_point & 0xFFFE == 0xFFFE or 0xFDD0 <= code_point <= 0xFDEF


def _instant(given: object) -> datetime:
    """Returns an aware instant from a string with an offset or an aware datetime.

    Pydantic itself would take a number of seconds and a time without an offset.
    """
    if isinstance(given, str):
        return _in_range(_parsed(given))
    if isinstance(given, datetime):
        return _in_range(given)
    raise ValueError("must be a time as text, like 2026-11-26T10:00:00-05:00")


def _parsed(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError("must be an ISO 8601 time with an offset, like 2026-11-26T10:00:00-05:00")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError("is no day or time of the calendar") from error


def _in_range(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("must carry an offset, like 2026-11-26T10:00:00-05:00")
    # Near the ends of the calendar an offset has no UTC to go to; so the year is looked at first.
    if not EARLIEST.year <= instant.year <= LATEST.year or not EARLIEST <= instant < LATEST:
        raise ValueError("must lie between 2000 and 2100")
    return instant.astimezone(UTC)


def _day(given: object) -> date:
    """Returns a day from a string, or from the date that YAML makes of one."""
    if type(given) is date:
        day = given
    elif isinstance(given, str) and _DAY.fullmatch(given):
        try:
            day = date.fromisoformat(given)
        except ValueError as error:
            raise ValueError("is no day of the calendar") from error
    else:
        raise ValueError("must be a day as text, like 2026-11-26")
    if not EARLIEST.year <= day.year < LATEST.year:
        raise ValueError("must lie between 2000 and 2100")
    return day


def _minutes(given: object) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        # Pydantic reports a ValueError as a mistake and lets a TypeError through.
        raise ValueError("must be a number of minutes")  # noqa: TRY004
    if not 0 <= given <= BEHIND_AT_MOST:  # also where it is not a number at all
        raise ValueError(f"must be from 0 to {BEHIND_AT_MOST}")
    minutes = Decimal(str(given))
    if minutes != round(minutes, 2):
        raise ValueError("must have at most 2 decimals")
    return minutes


Text = Annotated[StrictStr, Field(min_length=1, max_length=TEXT_LONGEST), AfterValidator(_acceptable)]
"""A person's text, kept exactly as given."""
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-26T10:00:00-05:00"]}),
]
"""An instant in UTC, given with an offset."""
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-26"]}),
]
"""A day, without a time."""
Minutes = Annotated[
    Decimal,
    BeforeValidator(_minutes),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": BEHIND_AT_MOST, "multipleOf": 0.01}),
]
"""How far behind, in minutes with up to 2 decimals."""
Id = Annotated[StrictInt, Field(ge=1, le=GREATEST_ID)]


class BilingualText(Body):
    """A text for people, in both official languages; neither may be blank."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_MESSAGE]})

    en: Text
    fr: Text

    def bilingual(self) -> Bilingual:
        """Returns the text, unaltered."""
        return Bilingual(self.en, self.fr)
