"""The catalogue: `GET /v1/systems`."""

from fastapi import APIRouter

from outage_service.content import load_content
from outage_service.services import queries
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.systems import SystemShown, SystemsShown
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/systems", tags=["systems"], route_class=StrictRoute)


@router.get("", operation_id="list_systems", dependencies=[PUBLIC], responses=problems())
def list_systems(engine: EngineOfApp) -> SystemsShown:
    """The six systems with their names, help line, directions and present condition (R4, R20).

    The condition is that of open outages and delays; `normal` is said only because the database was
    asked (R11, R22).
    """
    with engine.db.read() as tx:
        status = queries.current_status(engine, tx)
    content = load_content()
    return SystemsShown(
        as_of=status.as_of or engine.clock(),
        items=[SystemShown.of(system, content) for system in status.systems],
    )
