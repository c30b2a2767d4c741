"""What all answers are made of."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from outage_service.domain.texts import Bilingual

T = TypeVar("T")


class Shown(BaseModel):
    """An answer or a part of one. Instants are in UTC, as ISO 8601 with `Z`."""

    model_config = ConfigDict(frozen=True)


class BilingualShown(Shown):
    """A text in both official languages."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"en": "EDI is slow.", "fr": "L’EDI est lent."}]}
    )

    en: str
    fr: str

    @classmethod
    def of(cls, text: Bilingual) -> "BilingualShown":
        """Returns the text as answered."""
        return cls(en=text.en, fr=text.fr)


class Page(Shown, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class FieldErrorShown(Shown):
    """What is wrong with one field."""

    field: str = Field(examples=["impacts.0.direction"])
    code: str = Field(examples=["no_direction"])
    detail: str


class ProblemShown(Shown):
    """A refusal (RFC 9457). `code` never changes; `detail` is for people."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        title="Problem",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Conflict",
                    "status": 409,
                    "code": "already_declared",
                    "detail": "TCC26-0001 is unresolved and covers the same system: update it instead.",
                    "outage": {"id": 1, "number": "TCC26-0001", "href": "/v1/outages/1"},
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldErrorShown] = []
