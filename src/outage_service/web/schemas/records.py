"""The record of an outage as the API shows it."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, Field

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import OutageState
from outage_service.domain.records import OutageRecord
from outage_service.domain.systems import Condition, Direction, System
from outage_service.services.records import CodedRecord
from outage_service.web.schemas.common import Shown
from outage_service.web.schemas.outages import ContingencyShown, DeadlinesShown, ReliefShown


class RecordedImpactShown(Shown):
    """What one system suffered, or that it was taken off a planned outage."""

    system: System
    direction: Direction | None
    condition: Condition
    started_at: datetime | None = Field(description="Null where it was taken off before the start.")
    restored_at: datetime | None
    withdrawn_at: datetime | None = Field(
        description="When it was taken off a planned outage, before the start: it never suffered anything."
    )


class RecordedBulletinShown(Shown):
    """A bulletin that went out."""

    sequence: int
    kind: BulletinKind
    issued_at: datetime


class ChainShown(Shown):
    """Where the tamper-evident audit log tells of the newest bulletin."""

    position: int
    digest: str


class RecordShown(Shown):
    """What is on record of an outage, with the code that confirms it (R107)."""

    model_config = ConfigDict(frozen=True, title="OutageRecord")

    number: str
    sequence: int = Field(description="Of its newest bulletin.")
    state: OutageState
    as_of: datetime
    started_at: datetime
    planned_end_at: datetime | None
    restored_at: datetime | None
    cancelled_at: datetime | None
    contingency: ContingencyShown
    impacts: list[RecordedImpactShown]
    deadlines: DeadlinesShown
    extensions: list[ReliefShown]
    bulletins: list[RecordedBulletinShown]
    audit: ChainShown | None = Field(description="Null where an older release has written the row.")
    code: str = Field(examples=["TCC26-0001-2-ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"])
    verify_at: dict[str, str] = Field(
        description="The page that confirms the code, by language.",
        examples=[
            {"en": "https://outages.example.org/en/records/TCC26-0001-2-ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"}
        ],
    )

    @classmethod
    def of(cls, coded: CodedRecord, pages: dict[str, str]) -> Self:
        """Returns a record with its code."""
        record = coded.record
        return cls(
            number=record.number,
            sequence=record.sequence,
            state=record.state,
            as_of=record.as_of,
            started_at=record.started_at,
            planned_end_at=record.planned_end_at,
            restored_at=record.restored_at,
            cancelled_at=record.cancelled_at,
            contingency=ContingencyShown.of(record.contingency),
            impacts=_impacts(record),
            deadlines=DeadlinesShown.of(record.deadlines),
            extensions=[ReliefShown.of(relief) for relief in record.reliefs],
            bulletins=[
                RecordedBulletinShown(sequence=one.sequence, kind=one.kind, issued_at=one.issued_at)
                for one in record.bulletins
            ],
            audit=_chain(record),
            code=coded.code,
            verify_at=pages,
        )


def _impacts(record: OutageRecord) -> list[RecordedImpactShown]:
    return [
        RecordedImpactShown(
            system=one.system,
            direction=one.direction,
            condition=one.condition,
            started_at=None if one.was_withdrawn else one.started_at,
            restored_at=None if one.was_withdrawn else one.restored_at,
            withdrawn_at=one.restored_at if one.was_withdrawn else None,
        )
        for one in record.impacts
    ]


def _chain(record: OutageRecord) -> ChainShown | None:
    chained = record.chained
    return ChainShown(position=chained.position, digest=chained.digest) if chained else None
