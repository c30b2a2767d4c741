"""Which act is to be previewed: one of the bodies of `requests`, by its name."""

from typing import Self

from pydantic import ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from outage_service.services.acting import ActBody
from outage_service.services.request_types import Body
from outage_service.services.requests import (
    CancelBody,
    CorrectionBody,
    GraceBody,
    ResolveBody,
    RevokeBody,
    UpdateBody,
)


class PreviewBody(Body):
    """One act on an outage, named, with the body that the act itself takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"update": {"template": "edi_behind", "fields": {"behind_minutes": 75}}}]
        }
    )

    update: UpdateBody | None = None
    resolve: ResolveBody | None = None
    revoke: RevokeBody | None = None
    cancel: CancelBody | None = None
    correct: CorrectionBody | None = None
    grace: GraceBody | None = None

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        if len(self.model_fields_set) != 1 or self._named() is None:
            raise PydanticCustomError("one_act", "Name one act")
        return self

    def _named(self) -> ActBody | None:
        return self.update or self.resolve or self.revoke or self.cancel or self.correct or self.grace

    def act(self) -> ActBody:
        """Returns the act."""
        named = self._named()
        if named is None:
            raise AssertionError("checked when it was read")
        return named

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Returns the schema; it says, too, that there is one act, and that null is none."""
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        described |= {"minProperties": 1, "maxProperties": 1}
        described["properties"] = {name: shown["anyOf"][0] for name, shown in described["properties"].items()}
        return schema
