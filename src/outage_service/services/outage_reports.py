"""Reports for a period: what was out, for how long, and whether bulletins kept their promises."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from outage_service.domain.errors import InvalidAct
from outage_service.domain.outage_reports import CadenceProof, prove_cadence
from outage_service.domain.outages import Outage, OutageState
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.outage_reports import outages_told_of, promises_of

PERIOD_AT_MOST = timedelta(days=400)
OUTAGES_AT_MOST = 2_000
HEADER = (
    "number", "kind", "systems", "state", "started_at", "restored_at", "duration_minutes", "bulletins", "due",
    "kept", "missed", "latest_seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportedOutage:
    """One outage of a report; `proof` is of the report's period, the rest of its whole life."""

    outage: Outage
    state: OutageState
    proof: CadenceProof

    @property
    def duration(self) -> timedelta | None:
        """How long it lasted; None while it does, and where it never took place."""
        ended = self.outage.restored_at
        return None if ended is None else ended - self.outage.started_at


@dataclass(frozen=True, slots=True)
class OutageReport:
    """The outages told of in a period, newest first."""

    since: datetime
    until: datetime
    as_of: datetime
    outages: tuple[ReportedOutage, ...]


def report(engine: Engine, tx: Connection, *, since: datetime, until: datetime) -> OutageReport:
    """Returns the report of a period, both ends included.

    Raises:
        InvalidAct: it ends before it begins, is longer than 400 days, or has more than 2,000 outages.
    """
    if not since <= until <= since + PERIOD_AT_MOST:
        raise InvalidAct("wrong_period", "A period has at most 400 days and does not go back.", field="until")
    now = engine.clock()
    found = outages_told_of(tx, since=since, until=until, limit=OUTAGES_AT_MOST + 1)
    if len(found) > OUTAGES_AT_MOST:
        raise InvalidAct(
            "wrong_period", "There are too many outages: ask for a shorter period.", field="until"
        )
    promises = promises_of(tx, [one.id for one in found])
    reported = (
        ReportedOutage(
            one, one.state_at(now), prove_cadence(promises[one.id], since=since, until=until, now=now)
        )
        for one in found
    )
    return OutageReport(since, until, now, tuple(reported))


def as_csv(made: OutageReport) -> str:
    """Returns the report as CSV, a row an outage; times in UTC. No cell holds what a person has written."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(HEADER)
    writer.writerows(_row(one) for one in made.outages)
    return file.getvalue()


def _row(one: ReportedOutage) -> list[object]:
    outage, proof = one.outage, one.proof
    return [
        outage.number,
        outage.kind.value,
        ";".join(outage.systems_ever),
        one.state.value,
        outage.started_at.isoformat(),
        outage.restored_at.isoformat() if outage.restored_at else "",
        "" if one.duration is None else round(one.duration.total_seconds() / 60),
        outage.sequence,
        proof.due,
        proof.kept,
        ";".join(at.isoformat() for at in proof.missed),
        "" if proof.latest is None else round(proof.latest.total_seconds()),
    ]
