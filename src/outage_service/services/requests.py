"""What operators send, checked strictly: the bodies of the REST API, which drill scenarios share.

Each body gives the domain's value of itself. Rules that need the state of an outage are the domain's.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from outage_service.domain.broadcasts import Override
from outage_service.domain.calendar import cut_to_minute
from outage_service.domain.grace import Extension
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import Impact, OutageKind
from outage_service.domain.systems import Condition, Direction, InternalSystem, System, in_catalogue_order
from outage_service.services.messages import MessageBody
from outage_service.services.request_types import (
    EXAMPLE_MESSAGE,
    BilingualText,
    Body,
    Id,
    Instant,
    Minutes,
    Text,
)

IMPACTS_AT_MOST = 50
INTERNAL_SYSTEMS_AT_MOST = 20

# JSON has no enumerations: their members come as text.
SystemName = Annotated[System, Field(strict=False)]
DirectionName = Annotated[Direction, Field(strict=False)]
ConditionName = Annotated[Condition, Field(strict=False)]
InternalName = Annotated[InternalSystem, Field(strict=False)]
KindName = Annotated[OutageKind, Field(strict=False)]


class ImpactBody(Body):
    """What one system suffers. Leave `direction` out for a system that has none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"system": "edi", "direction": "both", "condition": "delay", "behind_minutes": 45}]
        }
    )

    system: SystemName
    direction: DirectionName | None = Field(
        None, description="Default: both, where the system has directions."
    )
    condition: ConditionName = Field(
        Condition.OUTAGE,
        description="A stated outage stays one. To send back, with its start, what was answered of a delay "
        "that counts as an outage is no such statement; leave behind_minutes out to make it one.",
    )
    behind_minutes: Minutes | None = Field(
        None, description="How far behind; at the threshold of EDI or eManifest a delay counts as an outage."
    )
    started_at: Instant | None = Field(
        None,
        description="Default: the start of the outage. Until that has come, a scheduled one's systems have "
        "no times of their own.",
    )
    restored_at: Instant | None = Field(
        None,
        description="Since when it works again. Default: the restoration of the outage. "
        "Another end than the one on record, with the same start or none, takes its place.",
    )

    def impact(self) -> Impact:
        """Returns the impact as stated; `behind` is in whole seconds, as it is kept."""
        behind = None
        if self.behind_minutes is not None:
            behind = timedelta(seconds=round(self.behind_minutes * 60))
        return Impact(self.system, self.direction, self.condition, behind, self.started_at, self.restored_at)


Impacts = Annotated[list[ImpactBody], Field(min_length=1, max_length=IMPACTS_AT_MOST)]


class DeclareBody(MessageBody):
    """Declares an outage or delay, or announces a scheduled outage."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "unscheduled",
                    "impacts": [
                        {"system": "edi", "direction": "both", "condition": "delay", "behind_minutes": 45}
                    ],
                    "started_at": "2026-11-26T10:00:00-05:00",
                    "message": EXAMPLE_MESSAGE,
                },
                {
                    "kind": "unscheduled",
                    "impacts": [{"system": "edi", "condition": "delay", "behind_minutes": 45}],
                    "template": "edi_delay",
                    "fields": {"behind_minutes": 45},
                },
                {
                    "kind": "scheduled",
                    "impacts": [{"system": "cers"}, {"system": "emanifest", "direction": "inbound"}],
                    "planned_start_at": "2026-11-29T02:00:00-05:00",
                    "planned_end_at": "2026-11-29T06:00:00-05:00",
                    "message": {"en": "Yearly maintenance.", "fr": "Entretien annuel."},
                },
            ]
        }
    )

    kind: KindName
    impacts: Impacts
    started_at: Instant | None = Field(None, description="Unscheduled only; default now, never future.")
    planned_start_at: Instant | None = Field(None, description="Scheduled only, and required there.")
    planned_end_at: Instant | None = Field(None, description="Scheduled only, and required there.")
    internal_systems: Annotated[list[InternalName], Field(max_length=INTERNAL_SYSTEMS_AT_MOST)] = Field(
        default_factory=list, description="Internal systems that are down too; only operators see them."
    )
    relapse_of: Id | None = Field(None, description="The id of the resolved outage whose fault has returned.")

    def declaration(self) -> Declaration:
        """Returns what is declared."""
        return Declaration(
            kind=self.kind,
            impacts=tuple(each.impact() for each in self.impacts),
            started_at=self.started_at,
            planned_start_at=self.planned_start_at,
            planned_end_at=self.planned_end_at,
            internal_systems=frozenset(self.internal_systems),
            relapse_of=self.relapse_of,
        )


class UpdateBody(MessageBody):
    """News of an outage, sent at once. What is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"message": EXAMPLE_MESSAGE, "impacts": [{"system": "edi", "direction": "inbound"}]},
                {
                    "message": {"en": "The cause is known.", "fr": "La cause est connue."},
                    "problem_identified": True,
                    "estimated_resolution_at": "2026-11-26T15:30:00-05:00",
                },
            ]
        }
    )

    impacts: Impacts | None = Field(
        None, description="The complete new list; a system or direction missing is restored now."
    )
    planned_start_at: Instant | None = None
    planned_end_at: Instant | None = None
    problem_identified: bool | None = None
    estimated_resolution_at: Instant | None = Field(
        None, description="Refused before the problem is identified."
    )

    def news(self) -> News:
        """Returns what changes."""
        return News(
            impacts=tuple(each.impact() for each in self.impacts) if self.impacts is not None else None,
            planned_start_at=self.planned_start_at,
            planned_end_at=self.planned_end_at,
            problem_identified=self.problem_identified,
            estimated_resolution_at=self.estimated_resolution_at,
        )


class ResolveBody(MessageBody):
    """Resolves an outage; procedures end with it unless they are to remain in effect."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message": {"en": "Service is restored.", "fr": "Le service est rétabli."},
                    "restored_at": "2026-11-26T15:20:00-05:00",
                }
            ]
        }
    )

    restored_at: Instant | None = Field(
        None, description="Default now, never future, nor before the end of a system that is back."
    )
    contingency: Literal["revoked", "remains_in_effect"] = "revoked"
    confirm_past_deadlines: bool = Field(
        False, description="Set to resolve although paper would no longer be accepted."
    )

    @property
    def remains_in_effect(self) -> bool:
        """Whether the procedures stay in effect after the fault."""
        return self.contingency == "remains_in_effect"


class RevokeBody(MessageBody):
    """Revokes contingency procedures with a bulletin of its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"message": {"en": "The backlog is cleared.", "fr": "L’arriéré est résorbé."}}]
        }
    )

    effective_at: Instant | None = Field(None, description="Default now, never future.")
    confirm_past_deadlines: bool = Field(
        False, description="Set to revoke although paper would no longer be accepted."
    )


class CancelBody(MessageBody):
    """Calls off a scheduled outage before its start."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"message": {"en": "The work is put off.", "fr": "Les travaux sont reportés."}}]
        }
    )


class CorrectionBody(MessageBody):
    """Corrects a bulletin that was sent; deadlines follow a corrected `restored_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"corrects": 2, "message": {"en": "It began at 9:50.", "fr": "Elle a commencé à 9 h 50."}}
            ]
        }
    )

    corrects: Id = Field(description="The id of the bulletin that was wrong.")
    restored_at: Instant | None = None


class GraceBody(MessageBody):
    """Extends relief for some systems of an outage: paper, or penalties, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "systems": ["edi"],
                    "paper_accepted_until": "2026-11-26T20:00:00-05:00",
                    "penalty_relief_until": "2026-11-26T20:00:00-05:00",
                    "message": {"en": "The queue is long.", "fr": "La file d’attente est longue."},
                }
            ]
        }
    )

    systems: Annotated[list[SystemName], Field(min_length=1, max_length=len(System))] = Field(
        description="Systems of the outage; the others keep what is in force for them."
    )
    paper_accepted_until: Instant | None = Field(None, description="Later than what is in force (R51).")
    penalty_relief_until: Instant | None = Field(None, description="Later than what is in force (R54).")

    def extension(self) -> Extension:
        """Returns what is granted, to the minute that is printed."""
        return Extension(
            in_catalogue_order(self.systems),
            *(
                until and cut_to_minute(until)
                for until in (self.paper_accepted_until, self.penalty_relief_until)
            ),
        )


class NoteBody(Body):
    """An internal note in one language; it sends nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Network team called."}]})

    text: Text


class OverrideBody(Body):
    """An operator's own text for a telephone line."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message": {
                        "en": "We are closed for a fire drill.",
                        "fr": "Nous sommes fermés en raison d’un exercice d’incendie.",
                    },
                    "expires_at": "2026-11-26T12:00:00-05:00",
                }
            ]
        }
    )

    message: BilingualText
    expires_at: Instant = Field(description="At most 24 hours ahead.")

    def override(self) -> Override:
        """Returns the text with its end."""
        return Override(self.message.bilingual(), self.expires_at)
