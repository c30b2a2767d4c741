"""Reports for a period as the API shows them."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import ConfigDict, Field

from outage_service.domain.outages import OutageKind, OutageState
from outage_service.domain.systems import System
from outage_service.services.outage_reports import OutageReport, ReportedOutage
from outage_service.web.schemas.common import Shown


class ReportedOutageShown(Shown):
    """One outage, and whether its bulletins of the period came when they were due."""

    id: int
    number: str
    kind: OutageKind
    systems: list[System] = Field(description="Every system it ever had.")
    state: OutageState
    started_at: datetime
    restored_at: datetime | None
    duration_minutes: int | None = Field(description="Null while it lasts.")
    bulletins: int = Field(description="Of its whole life.")
    due: int = Field(description="Due times that came in the period.")
    kept: int = Field(description="Those that a bulletin followed within 5 minutes.")
    missed: list[datetime] = Field(description="Those that none followed in time.")
    latest_seconds: int | None = Field(description="The longest that a bulletin was late.")

    @classmethod
    def of(cls, one: ReportedOutage) -> Self:
        """Returns an outage of a report."""
        outage, proof = one.outage, one.proof
        return cls(
            id=outage.id,
            number=outage.number,
            kind=outage.kind,
            systems=list(outage.systems_ever),
            state=one.state,
            started_at=outage.started_at,
            restored_at=outage.restored_at,
            duration_minutes=_whole(one.duration, timedelta(minutes=1)),
            bulletins=outage.sequence,
            due=proof.due,
            kept=proof.kept,
            missed=list(proof.missed),
            latest_seconds=_whole(proof.latest, timedelta(seconds=1)),
        )


def _whole(span: timedelta | None, unit: timedelta) -> int | None:
    return None if span is None else round(span / unit)


class OutageReportShown(Shown):
    """The outages told of in a period, newest first, and the cadence kept or not."""

    model_config = ConfigDict(frozen=True, title="OutageReport")

    since: datetime
    until: datetime
    as_of: datetime
    due: int
    kept: int
    missed: int
    outages: list[ReportedOutageShown]

    @classmethod
    def of(cls, report: OutageReport) -> Self:
        """Returns a report as shown."""
        proofs = [one.proof for one in report.outages]
        return cls(
            since=report.since,
            until=report.until,
            as_of=report.as_of,
            due=sum(proof.due for proof in proofs),
            kept=sum(proof.kept for proof in proofs),
            missed=sum(len(proof.missed) for proof in proofs),
            outages=[ReportedOutageShown.of(one) for one in report.outages],
        )
