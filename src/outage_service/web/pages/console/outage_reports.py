"""The report of a period on a page: what was out, for how long, and whether bulletins came when due.

The same as `GET /v1/reports/outages`, by Eastern days; made to be printed, or saved as CSV.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from outage_service.domain.calendar import eastern
from outage_service.domain.errors import InvalidAct
from outage_service.rendering.times import minutes_behind, table_date
from outage_service.services import outage_reports
from outage_service.services.engine import Engine
from outage_service.services.outage_reports import OutageReport
from outage_service.web.api.outage_reports import csv_answer
from outage_service.web.pages.console.days import DAY, midnight
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleReader
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/{language}/console", include_in_schema=False)
Given = Annotated[str, Query(max_length=40)]
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """The first and the last day as they were typed; blank ones are those of the month so far."""

    since: str
    until: str
    form: str

    def period(self, mistakes: list[str]) -> tuple[datetime, datetime] | None:
        """Returns the first and the last instant; what cannot be used is put among the `mistakes`."""
        since = midnight(self.since, "since", mistakes)
        until = midnight(self.until, "until", mistakes, after=DAY)
        return (since, until - _MOMENT) if since and until else None


def _asked(
    engine: EngineOfApp,
    since: Given = "",
    until: Given = "",
    form: Annotated[Literal["page", "csv"], Query(alias="format")] = "page",
) -> Asked:
    today = eastern(engine.clock())
    return Asked(since or table_date(today.replace(day=1)), until or table_date(today), form)


@router.get("/reports")
def show_report(
    session: ConsoleReader, frame: PageFrame, asked: Annotated[Asked, Depends(_asked)]
) -> Response:
    """Shows the report of a period; by default of the month so far."""
    mistakes: list[str] = []
    made = _made(frame.engine, asked, mistakes)
    if made and asked.form == "csv":
        return csv_answer(made)
    return frame.page(
        "console/reports.html",
        session,
        texts="console_reports",
        here="reports",
        status=422 if mistakes else 200,
        asked=asked,
        mistakes=mistakes,
        report=made,
        length=minutes_behind,
    )


def _made(engine: Engine, asked: Asked, mistakes: list[str]) -> OutageReport | None:
    period = asked.period(mistakes)
    if period is None:
        return None
    since, until = period
    try:
        with engine.db.read() as tx:
            return outage_reports.report(engine, tx, since=since, until=until)
    except InvalidAct:
        mistakes.append("period")
        return None
