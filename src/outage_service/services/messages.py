"""What goes out with an act: an operator's own words, or a standard text with its fields."""

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, PydanticKnownError

from outage_service.content.standard_texts import standard_texts
from outage_service.domain.texts import Bilingual
from outage_service.services.request_types import BilingualText, Body
from outage_service.services.standard_texts import compose


def _known_template(text_id: str) -> str:
    if text_id not in standard_texts():
        raise PydanticKnownError("literal_error", {"expected": "one of GET /v1/templates"})
    return text_id


TemplateId = Annotated[
    str, AfterValidator(_known_template), WithJsonSchema({"type": "string", "enum": list(standard_texts())})
]


class MessageBody(Body):
    """What goes out: an operator's own words, never altered, or a standard text with its fields."""

    message: BilingualText | None = Field(None, description="Either this or `template`.")
    template: TemplateId | None = Field(
        None, description="A standard text of `GET /v1/templates`, in place of `message`."
    )
    fields: dict[str, object] | None = Field(
        None, description="What the standard text needs.", examples=[{"behind_minutes": 45}]
    )

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if mistakes := self._mistakes():
            raise ValidationError.from_exception_data(type(self).__name__, mistakes, hide_input=True)
        self.bilingual()
        return self

    def _mistakes(self) -> list[InitErrorDetails]:
        given = self.model_fields_set
        if "template" in given and "message" in given:
            return [_mistake("template", "Give either message or template, not both")]
        if self.message is None and self.template is None:
            return [InitErrorDetails(type="missing", loc=("message",), input=None)]
        if "fields" in given and self.template is None:
            return [_mistake("fields", "Fields belong to a template")]
        return []

    def bilingual(self) -> Bilingual:
        """Returns what is said, in both languages.

        Raises:
            pydantic.ValidationError: a field of the standard text is missing, unknown or wrong.
        """
        if self.message is not None:
            return self.message.bilingual()
        try:
            return compose(self.template or "", self.fields or {})
        except ValidationError as error:
            raise _below(error, "fields") from error

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Returns the schema; it says, too, that there is one text, and that null is none."""
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        for name in MessageBody.model_fields:
            shown = described["properties"][name]
            shown |= shown.pop("anyOf")[0]
            del shown["default"]
        described["oneOf"] = [{"required": ["message"]}, {"required": ["template"]}]
        described["dependentRequired"] = {"fields": ["template"]}
        return schema


def _mistake(field: str, what: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("one_text", what), loc=(field,), input=None)


def _below(error: ValidationError, place: str) -> ValidationError:
    """Returns the same mistakes, found one level deeper."""
    mistakes: list[InitErrorDetails] = [
        InitErrorDetails(
            type=PydanticCustomError(each["type"], "{said}", {"said": each["msg"]}),
            loc=(place, *each["loc"]),
            input=None,
        )
        for each in error.errors(include_input=False, include_url=False)
    ]
    return ValidationError.from_exception_data(error.title, mistakes, hide_input=True)
