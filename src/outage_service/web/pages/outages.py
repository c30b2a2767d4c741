"""Where bulletins say that an outage is found on the web: its newest bulletin, in the archive."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import RedirectResponse

from outage_service.services import queries
from outage_service.web.docs import problems
from outage_service.web.languages import FirstLanguage
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/outages", tags=["pages"], dependencies=[PUBLIC], responses=problems(404))

Number = Annotated[str, Path(pattern=r"^TCC\d{2}-\d{4,5}$", description="The number of an outage.")]


@router.get("/{number}", operation_id="show_outage", status_code=302, response_class=RedirectResponse)
def show_outage(number: Number, engine: EngineOfApp, first: FirstLanguage) -> RedirectResponse:
    """Leads to the newest bulletin of the outage, which repeats the earlier ones below."""
    with engine.db.read() as tx:
        bulletin_id = queries.newest_bulletin(tx, number)
    return RedirectResponse(
        f"/v1/bulletins/{bulletin_id}.html?lang={first}", 302, headers={"Cache-Control": "no-store"}
    )
