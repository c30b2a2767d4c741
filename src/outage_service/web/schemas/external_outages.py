"""Clients' own outages: what operators send, and what is shown (R26–R33)."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, JsonValue

from outage_service.domain.external_outages import Amendment, ExternalOutage, Report, Unit
from outage_service.domain.systems import System, in_catalogue_order
from outage_service.domain.texts import Language
from outage_service.domain.warnings import WarningCode
from outage_service.services.addresses import parse_address
from outage_service.services.release_query import Line
from outage_service.services.request_types import Body, Instant, Patch, Text
from outage_service.services.requests import SystemName
from outage_service.web.schemas.common import Shown
from outage_service.web.schemas.outages import WarningShown
from outage_service.web.schemas.subscribers import EmailAddress, LanguageName

_EXAMPLE: JsonValue = {
    "client": "Example Customs Brokers",
    "contact": "A. Person 519-555-0100",
    "email": "desk@example.org",
    "language": "en",
    "systems": ["edi"],
    "description": "Their EDI gateway has failed.",
}


class ExternalBody(Body):
    """What a client has told by telephone of an outage of its own systems."""

    model_config = ConfigDict(title="ExternalOutageReport", json_schema_extra={"examples": [_EXAMPLE]})

    client: Line
    contact: Line = Field(description="Who told, with a telephone number.")
    email: EmailAddress | None = Field(None, description="Where the confirmation goes.")
    language: LanguageName = Language.EN
    systems: Annotated[list[SystemName], Field(min_length=1, max_length=len(System))]
    description: Text
    scheduled: bool = False
    service_provider: bool = Field(
        False, description="It is the client's service provider whose systems are out."
    )
    cybersecurity_incident: bool = Field(
        False, description="Any unauthorized attempt, successful or not: escalated at once, few may read it."
    )
    told_at: Instant | None = Field(None, description="Default now, never future.")
    starts_at: Instant | None = Field(None, description="Default when it was told of; scheduled: required.")
    ends_at: Instant | None = Field(None, description="Scheduled: required.")

    def report(self) -> Report:
        """Returns what was told."""
        return Report(
            client=self.client,
            contact=self.contact,
            email=parse_address(self.email).wire if self.email is not None else None,
            language=self.language,
            systems=in_catalogue_order(self.systems),
            description=self.description,
            is_scheduled=self.scheduled,
            is_provider=self.service_provider,
            is_incident=self.cybersecurity_incident,
            told_at=self.told_at,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )


class ExternalPatch(Patch):
    """What was learned since; what is left out stays as it is."""

    model_config = ConfigDict(
        title="ExternalOutagePatch",
        json_schema_extra={"examples": [{"resolved_at": "2026-11-26T15:00:00-05:00"}]},
    )

    description: Text | None = None
    ends_at: Instant | None = None
    resolved_at: Instant | None = Field(
        None,
        description="From its start to now; one that is told of ahead, from then: so it is called off.",
    )
    cybersecurity_incident: bool = Field(False, description="It has turned out to be one; it stays one.")

    def amendment(self) -> Amendment:
        """Returns what was learned."""
        return Amendment(self.description, self.ends_at, self.resolved_at, self.cybersecurity_incident)


class ExternalShown(Shown):
    """A client's own outage. No bulletin is ever issued for one (R29)."""

    model_config = ConfigDict(frozen=True, title="ExternalOutage")

    id: int
    case_number: str = Field(examples=["EXT26-0001"])
    unit: Unit = Field(description="CTSU's where it is CAD/API alone; an incident is TCCU's.")
    client: str
    contact: str | None = Field(description="Null for auditors.")
    email: str | None = Field(description="Null for auditors.")
    language: Language
    systems: list[System]
    description: str
    scheduled: bool
    service_provider: bool
    cybersecurity_incident: bool
    told_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    resolved_at: datetime | None
    notice_minutes: int | None = Field(description="How far ahead a scheduled one was told of (R27).")
    short_notice: bool = Field(description="Less than 24 hours: flagged, never refused (R27).")
    version: int = Field(description="Also the ETag.")
    warnings: list[WarningShown] = Field(description="What the operator has to see to (R12, R31, R32).")

    @classmethod
    def of(cls, one: ExternalOutage, warnings: tuple[WarningCode, ...], *, with_contact: bool) -> Self:
        """Returns a client's outage as shown, `with_contact` to those who may see whom to call."""
        return cls(
            id=one.id,
            case_number=one.case_number,
            unit=one.unit,
            client=one.client,
            contact=one.contact if with_contact else None,
            email=one.email if with_contact else None,
            language=one.language,
            systems=list(one.systems),
            description=one.description,
            scheduled=one.is_scheduled,
            service_provider=one.is_provider,
            cybersecurity_incident=one.is_incident,
            told_at=one.told_at,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            resolved_at=one.resolved_at,
            notice_minutes=None if one.notice is None else int(one.notice.total_seconds() // 60),
            short_notice=one.is_short_notice,
            version=one.version,
            warnings=[WarningShown.of(code) for code in warnings],
        )
