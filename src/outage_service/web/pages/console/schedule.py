"""What is planned, by the month, with the reminders that will go out."""

import re
from datetime import date

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from outage_service.content.warnings import warning_text
from outage_service.domain.calendar import eastern
from outage_service.domain.roles import OPERATORS
from outage_service.services.schedule import next_month, previous_month, read_month
from outage_service.web.pages.console.desk import ActsDesk
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleReader

router = APIRouter(prefix="/{language}/console", include_in_schema=False)
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@router.get("/schedule")
def show_schedule(session: ConsoleReader, frame: PageFrame, month: str = "") -> HTMLResponse:
    """Shows a month, `2026-11`; what is no month is the present one."""
    desk = ActsDesk.of(session, frame)
    first = _first_of(month) or eastern(frame.engine.clock()).date().replace(day=1)
    with frame.engine.db.read() as tx:
        shown = read_month(frame.engine, tx, first)
    return desk.show(
        "schedule.html",
        here="schedule",
        month=shown,
        before=previous_month(first),
        after=next_month(first),
        today=eastern(frame.engine.clock()).date(),
        warning_text=warning_text,
        may_declare=session.actor.role in OPERATORS,
    )


def _first_of(month: str) -> date | None:
    found = _MONTH.fullmatch(month)
    return date(int(found[1]), int(found[2]), 1) if found else None
