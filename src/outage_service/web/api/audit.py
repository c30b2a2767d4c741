"""The audit log, for auditors and administrators: who did what when, and the end of its chain (P31)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from outage_service.services import audit_log
from outage_service.services.request_types import GREATEST_ID, Instant
from outage_service.storage.audit import AuditFilter, AuditRow
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.docs import problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.schemas.common import Page, Shown
from outage_service.web.security import Auditor
from outage_service.web.state import EngineOfApp

NAME_LONGEST = 320
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=StrictRoute)


class AuditRowShown(Shown):
    """One act."""

    id: int
    at: AwareDatetime
    actor: str = Field(
        description="A user of the console, the name of a token, or a name of the service's own: `clock`, "
        "`subscriber` (the holder of a link), `bounces` (what came back), `command line` (`console` in rows "
        "of earlier releases)."
    )
    action: str = Field(examples=["initial"])
    outage: int | None = Field(description="The id of the outage that it concerns.")
    detail: dict[str, Any] = Field(description="Ids and figures, never an address.")
    position: int | None = Field(description="Its place in the chain; null until it is chained.")
    digest: str | None = Field(description="SHA-256 of the digest before and of this row.")

    @classmethod
    def of(cls, row: AuditRow) -> "AuditRowShown":
        """Returns a row as answered."""
        return cls(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            outage=row.outage_id,
            detail=row.detail,
            position=row.position,
            digest=row.digest,
        )


class HeadShown(Shown):
    """The end of the chain."""

    position: int = Field(description="How many rows are chained.")
    digest: str = Field(examples=["0" * 64])


@router.get("/head", operation_id="get_audit_head", responses=problems(401, 403))
def get_head(_: Auditor, engine: EngineOfApp) -> HeadShown:
    """The end of the audit chain. Kept elsewhere, it vouches for every row so far (P31)."""
    with engine.db.read() as tx:
        head = audit_log.find_head(tx)
    return HeadShown(position=head.position, digest=head.digest)


@router.get("", operation_id="list_audit", responses=problems(401, 403, 422))
def list_audit(
    _: Auditor,
    engine: EngineOfApp,
    page: PageAsked,
    actor: Annotated[
        str | None, Query(max_length=NAME_LONGEST, pattern=PRINTABLE, description="Who acted.")
    ] = None,
    action: Annotated[
        str | None, Query(max_length=32, pattern=PRINTABLE, description="What was done.")
    ] = None,
    outage: Annotated[int | None, Query(ge=1, le=GREATEST_ID, description="The id of an outage.")] = None,
    since: Annotated[Instant | None, Query(description="Then or later.")] = None,
    until: Annotated[Instant | None, Query(description="Earlier.")] = None,
) -> Page[AuditRowShown]:
    """What was done, newest first: one row in the transaction of each act, chained (P31)."""
    wanted = AuditFilter(actor, action, outage, since, until)
    with engine.db.read() as tx:
        found = audit_log.list_rows(tx, wanted, before_id=page.after, limit=page.one_more)
    items, last = page.cut(found)
    return Page(items=[AuditRowShown.of(row) for row in items], next=cursor_after(last.id) if last else None)
