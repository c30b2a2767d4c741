"""Bulletins and their deliveries as the API shows them."""

from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict, Field

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.systems import System
from outage_service.services.queries import BulletinView, DeliveryReport
from outage_service.storage.bulletins import BulletinRecord
from outage_service.storage.delivery_reports import FailedDelivery
from outage_service.web.schemas.common import BilingualShown, Page, Shown


class BulletinLinks(Shown):
    """Where to read a bulletin, and its outage."""

    self: str
    html: str
    txt: str
    pdf: str
    outage: str


class BulletinInOutage(Shown):
    """A bulletin in the list of its outage."""

    id: int
    sequence: int = Field(description="Counts all bulletins of an outage from 1.")
    kind: BulletinKind
    issued_at: datetime = Field(description="Nominal time, cut to the minute.")
    next_due_at: datetime | None = Field(description="By when it promised the next one.")
    subject: BilingualShown = Field(
        description="`en` is the subject with English first, `fr` with French first."
    )
    corrects: int | None = Field(description="The id of the bulletin that it corrects.")
    links: BulletinLinks

    @classmethod
    def of(cls, record: BulletinRecord) -> Self:
        """Returns a bulletin."""
        return cls(**_fields(record))


def _fields(record: BulletinRecord) -> dict[str, Any]:
    path = f"/v1/bulletins/{record.id}"
    return {
        "id": record.id,
        "sequence": record.sequence,
        "kind": record.kind,
        "issued_at": record.issued_at,
        "next_due_at": record.next_due_at,
        "subject": BilingualShown.of(record.subject),
        "corrects": record.corrects_id,
        "links": BulletinLinks(
            self=path,
            html=f"{path}.html",
            txt=f"{path}.txt",
            pdf=f"{path}.pdf",
            outage=f"/v1/outages/{record.outage_id}",
        ),
    }


class BulletinShown(BulletinInOutage):
    """A bulletin of the archive."""

    model_config = ConfigDict(frozen=True, title="Bulletin")

    outage: int = Field(description="The id of its outage.")
    number: str = Field(description="The number of its outage.")
    systems: list[System] = Field(description="Every system the outage had had by then.")
    message: BilingualShown | None = Field(description="What operators said; null where the clock issued it.")
    policy_version: str = Field(description="The edition of the cadence that timed it.")

    @classmethod
    def of(cls, record: BulletinRecord) -> Self:
        """Returns a bulletin of the archive."""
        return cls(**_archived(record))


def _archived(record: BulletinRecord) -> dict[str, Any]:
    return _fields(record) | {
        "outage": record.outage_id,
        "number": record.number,
        "systems": list(record.systems),
        "message": BilingualShown.of(record.message) if record.message else None,
        "policy_version": record.policy_version,
    }


class BulletinWithOthers(BulletinShown):
    """A bulletin with the earlier and later ones of its outage, oldest first."""

    model_config = ConfigDict(frozen=True, title="BulletinWithOthers")

    earlier: list[BulletinInOutage]
    later: list[BulletinInOutage]

    @classmethod
    def of_view(cls, view: BulletinView) -> Self:
        """Returns a bulletin and the others of its outage."""
        return cls(
            **_archived(view.bulletin),
            earlier=[BulletinInOutage.of(record) for record in view.earlier],
            later=[BulletinInOutage.of(record) for record in view.later],
        )


class Lateness(Shown):
    """Seconds from the act, or the due time, to the relay's acceptance; null while there was none."""

    first_seconds: float | None
    last_seconds: float | None


class FailureShown(Shown):
    """A recipient whom the bulletin did not reach."""

    recipient: int = Field(description="The subscriber's id.")
    state: DeliveryState
    tries: int
    code: int | None = Field(description="The relay's last reply code.")
    changed_at: datetime
    email: str | None = Field(description="For administrators only; null otherwise.")
    detail: str | None = Field(
        description="The relay's last words, which may name the address: for administrators only."
    )

    @classmethod
    def of(cls, failure: FailedDelivery, *, with_address: bool) -> Self:
        """Returns a failure; the address and what may contain it only where asked for."""
        return cls(
            recipient=failure.recipient_id,
            state=failure.state,
            tries=failure.tries,
            code=failure.code,
            changed_at=failure.changed_at,
            email=failure.address if with_address else None,
            detail=failure.detail if with_address else None,
        )


class DeliveriesShown(Shown):
    """How far a bulletin has come, derived from the ledger (P13)."""

    model_config = ConfigDict(frozen=True, title="Deliveries")

    bulletin: int
    counts: dict[DeliveryState, int]
    total: int
    fanned_out: bool = Field(description="Whether every recipient has been counted.")
    superseded: bool = Field(description="Whether a newer bulletin has taken its place (P12).")
    complete: bool
    paused_at: datetime | None = Field(
        description="Since when nothing of it is sent: the relay refuses its content, or every recipient "
        "alike (P11). Resume it."
    )
    held_at: datetime | None = Field(
        description="Since when what was unsent in an older copy of the database is held (P34). "
        "`outage-service release` sends it; whoever got it before gets it again."
    )
    lateness: Lateness
    failures: Page[FailureShown]

    @classmethod
    def of(cls, report: DeliveryReport, failures: Page[FailureShown]) -> Self:
        """Returns the report with a page of its failures."""
        progress = report.progress
        return cls(
            bulletin=report.bulletin.id,
            counts=progress.counts,
            total=sum(progress.counts.values()),
            fanned_out=progress.is_fanned_out,
            superseded=progress.is_superseded,
            complete=progress.is_complete,
            paused_at=report.paused_at,
            held_at=report.held_at,
            lateness=Lateness(
                first_seconds=_seconds(report, progress.first_at),
                last_seconds=_seconds(report, progress.last_at),
            ),
            failures=failures,
        )


def _seconds(report: DeliveryReport, accepted_at: datetime | None) -> float | None:
    if accepted_at is None:
        return None
    # Two clocks, the service's and the database's: they may differ by a little.
    return max(0.0, (accepted_at - report.bulletin.created_at).total_seconds())
