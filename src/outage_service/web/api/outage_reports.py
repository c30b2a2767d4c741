"""Reports for a period, for operators, administrators and auditors: the proof that the cadence was kept."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from outage_service.services import outage_reports
from outage_service.services.outage_reports import OutageReport
from outage_service.services.request_types import Instant
from outage_service.web.docs import Responses, problems
from outage_service.web.schemas.outage_reports import OutageReportShown
from outage_service.web.security import Reader
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/v1/reports", tags=["reports"])

CSV = "text/csv"
_PRIVATE = {"Cache-Control": "private, no-store"}
_CSV_SHOWN: Responses = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}
Form = Annotated[Literal["json", "csv"], Query(alias="format", description="CSV has a row an outage.")]


@router.get(
    "/outages",
    operation_id="report_outages",
    response_model=OutageReportShown,
    responses=_CSV_SHOWN | problems(401, 403, 422),
)
def report_outages(
    bearer: Reader,  # noqa: ARG001 - the rule of who may call
    engine: EngineOfApp,
    since: Annotated[Instant, Query(description="The first instant of the period.")],
    until: Annotated[Instant, Query(description="The last; at most 400 days later.")],
    form: Form = "json",
) -> Response:
    """Outages told of in a period: durations, bulletins due against those sent, missed due times, lateness.

    A due time counts as kept when a bulletin followed within 5 minutes; news before it replaces it.
    """
    with engine.db.read() as tx:
        made = outage_reports.report(engine, tx, since=since, until=until)
    if form == "csv":
        return csv_answer(made)
    document = OutageReportShown.of(made).model_dump_json()
    return Response(document, headers=_PRIVATE, media_type="application/json")


def csv_answer(made: OutageReport) -> Response:
    """Returns a report as a file to keep."""
    headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="outages.csv"'}
    return Response(outage_reports.as_csv(made), headers=headers, media_type=CSV)
