"""The standard texts an operator can send in place of their own words."""

from typing import Annotated

from fastapi import APIRouter, Query

from outage_service.content.standard_texts import Use, standard_texts
from outage_service.domain.systems import System
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.templates import TemplateShown, TemplatesShown
from outage_service.web.security import Operator

router = APIRouter(prefix="/v1/templates", tags=["acts"], route_class=StrictRoute)


@router.get("", operation_id="list_templates", responses=problems(401, 403, 422))
def list_templates(
    bearer: Operator,  # noqa: ARG001 - the rule of access; the answer is the same for all of them
    system: Annotated[System | None, Query(description="Only texts about this system.")] = None,
    use: Annotated[Use | None, Query(description="Only texts meant for this act.")] = None,
) -> TemplatesShown:
    """Every standard text with its fields and a sample in both languages.

    Send `{"template": id, "fields": {…}}` in place of `message` with any act that issues a bulletin.
    """
    wanted = [
        text
        for text in standard_texts().values()
        if system in (None, text.system) and (use is None or use in text.uses)
    ]
    return TemplatesShown(items=[TemplateShown.of(text) for text in wanted])
