"""Standard texts as the API shows them."""

from typing import Self

from pydantic import ConfigDict, Field

from outage_service.content.standard_texts import FieldKind, StandardText, Use
from outage_service.domain.systems import System
from outage_service.services.standard_texts import sample_of
from outage_service.web.schemas.common import BilingualShown, Shown


class TemplateFieldShown(Shown):
    """What must be filled in: a number of minutes, a time with offset, a date, or a text twice."""

    name: str
    type: FieldKind


class TemplateShown(Shown):
    """A standard text: send its `id` as `template`, and what it needs as `fields`."""

    model_config = ConfigDict(frozen=True, title="Template")

    id: str
    system: System | None = Field(description="Null where it fits several systems.")
    name: BilingualShown
    uses: list[Use] = Field(description="The acts it is meant for.")
    fields: list[TemplateFieldShown]
    sample: BilingualShown = Field(description="With made-up fields.")

    @classmethod
    def of(cls, text: StandardText) -> Self:
        """Returns a standard text with a sample of what it says."""
        return cls(
            id=text.id,
            system=text.system,
            name=BilingualShown.of(text.name),
            uses=list(text.uses),
            fields=[TemplateFieldShown(name=name, type=kind) for name, kind in text.fields.items()],
            sample=BilingualShown.of(sample_of(text)),
        )


class TemplatesShown(Shown):
    """Every standard text there is."""

    items: list[TemplateShown]
