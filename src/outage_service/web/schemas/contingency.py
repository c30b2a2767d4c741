"""Contingency procedures, deadlines and the order of messages as the API shows them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import ConfigDict, Field, JsonValue, StrictStr

from outage_service.content import load_content
from outage_service.content.procedures import Paper, Procedure, Procedures, load_procedures
from outage_service.domain.contingency import (
    ClientRole,
    Deadline,
    DeadlineName,
    Flow,
    Mode,
    Obligation,
    Timeframe,
)
from outage_service.domain.message_order import (
    MESSAGES_AT_MOST,
    NOT_SENT,
    Fault,
    Finding,
    Message,
    Sent,
    Verdict,
    checklist,
    waits_for,
)
from outage_service.domain.outages import ContingencyState
from outage_service.domain.systems import System
from outage_service.rendering.agenda import label_of, note_of
from outage_service.services.contingency import OutageDeadlines
from outage_service.services.request_types import Body
from outage_service.web.schemas.common import BilingualShown, Shown

M = TypeVar("M", bound=StrEnum)
PLAN = "SOCP"
REFERENCES_AT_MOST = 50

_ORDER_ASKED: JsonValue = {
    "mode": "rail",
    "messages": [
        {"message": "conveyance", "id": "1234RAIL1", "references": ["1234CARGO1"]},
        {"message": "cargo", "id": "1234CARGO1"},
        {"message": "release", "references": ["1234CARGO1"]},
    ],
}


class PaperShown(Shown):
    """A document to present."""

    document: str = Field(examples=["exporter_form"])
    number: str | None = Field(description="The number of the form.", examples=["BSF844"])
    name: BilingualShown
    copies: int | None
    write: BilingualShown | None = Field(description="What to write on it.")

    @classmethod
    def of(cls, paper: Paper, said: Procedures) -> Self:
        """Returns a document as one procedure asks for it."""
        document = said.documents[paper.document]
        return cls(
            document=paper.document,
            number=document.number,
            name=BilingualShown.of(document.name),
            copies=paper.copies,
            write=BilingualShown.of(paper.write) if paper.write else None,
        )


class MemorandumShown(Shown):
    """A D-memorandum."""

    number: str = Field(examples=["D3-4-2"])
    title: BilingualShown


class SourceShown(Shown):
    """Where a procedure comes from: sections of the System Outage Contingency Plan."""

    document: str = Field(examples=[PLAN])
    sections: list[str]


class ProcedureShown(Shown):
    """What some clients do on paper, or afterwards, in an outage of some systems."""

    model_config = ConfigDict(frozen=True, title="Procedure")

    id: str
    phase: Timeframe
    title: BilingualShown
    steps: list[BilingualShown]
    documents: list[PaperShown]
    present_at: BilingualShown | None
    by_email: BilingualShown | None = Field(description="Where e-mail is accepted, too.")
    exceptions: list[BilingualShown]
    references: list[MemorandumShown]
    deadlines: list[DeadlineName] = Field(description="By which of an outage's deadlines.")
    systems: list[System]
    roles: list[ClientRole]
    modes: list[Mode]
    flows: list[Flow]
    rules: list[str] = Field(description="The rules it follows, as the project numbers them.")
    source: SourceShown
    is_note: bool = Field(description="To know; there is nothing to do.")
    provisional: bool = Field(description="Some of the French is our own.")
    inferred: bool = Field(description="It is how we read the plan, not its letter.")

    @classmethod
    def of(cls, procedure: Procedure, said: Procedures, modes: Iterable[Mode] = ()) -> Self:
        """Returns a procedure; of its references only those about `modes`, if any are given."""
        return cls(
            id=procedure.id,
            phase=procedure.phase,
            title=BilingualShown.of(procedure.title),
            steps=[BilingualShown.of(step) for step in procedure.steps],
            documents=[PaperShown.of(paper, said) for paper in procedure.documents],
            present_at=BilingualShown.of(said.places[procedure.place]) if procedure.place else None,
            by_email=BilingualShown.of(said.names.by_email) if procedure.by_email else None,
            exceptions=[BilingualShown.of(exception) for exception in procedure.exceptions],
            references=[
                MemorandumShown(number=number, title=BilingualShown.of(said.memoranda[number].title))
                for number in said.references_of(procedure, modes)
            ],
            deadlines=list(procedure.deadlines),
            systems=_in_order(System, procedure.systems),
            roles=_in_order(ClientRole, procedure.roles),
            modes=_in_order(Mode, procedure.modes),
            flows=_in_order(Flow, procedure.flows),
            rules=list(procedure.rules),
            source=SourceShown(document=PLAN, sections=list(procedure.source)),
            is_note=procedure.is_note,
            provisional=procedure.provisional,
            inferred=procedure.inferred,
        )


def _in_order(kind: type[M], members: frozenset[M]) -> list[M]:
    return [member for member in kind if member in members]


class ProceduresShown(Shown):
    """Procedures in the order in which they are followed."""

    items: list[ProcedureShown]


class DeadlineShown(Shown):
    """One deadline, as an absolute time."""

    name: DeadlineName
    at: datetime
    obligation: Obligation = Field(
        description="R52 gives two times for the same documents: one is `due`, the earlier one `recommended`."
    )
    systems: list[System] = Field(
        description="The systems it is for, where relief was extended for some; empty: all of the outage."
    )
    is_final: bool = Field(
        description="False while the outage goes on: in force at least until then, and longer if it goes on."
    )
    label: BilingualShown
    note: BilingualShown

    @classmethod
    def of(cls, deadline: Deadline) -> Self:
        """Returns a deadline in words."""
        labels = load_content().labels
        return cls(
            name=deadline.name,
            at=deadline.at,
            obligation=deadline.name.obligation,
            systems=list(deadline.systems),
            is_final=deadline.is_final,
            label=BilingualShown.of(labels[label_of(deadline)]),
            note=BilingualShown.of(labels[note_of(deadline)]),
        )


class DeadlinesOfOutage(Shown):
    """The deadlines of an outage that are known, soonest first."""

    outage: str
    number: str
    contingency: ContingencyState
    counted_from: datetime | None = Field(
        description="The restoration, or the revocation where procedures outlived it; null until then (R54)."
    )
    items: list[DeadlineShown]

    @classmethod
    def of(cls, found: OutageDeadlines) -> Self:
        """Returns the deadlines of an outage."""
        return cls(
            outage=f"/v1/outages/{found.outage.id}",
            number=found.outage.number,
            contingency=found.contingency.state,
            counted_from=found.counted_from,
            items=[DeadlineShown.of(deadline) for deadline in found.deadlines],
        )


class OrderedMessage(Shown):
    """A message in the order of a mode."""

    message: Message
    name: BilingualShown
    after: list[Message] = Field(description="What must have been sent before it.")
    note: BilingualShown | None
    is_sent: bool = Field(description="False where the mode has no such message by EDI.")

    @classmethod
    def of(cls, message: Message, mode: Mode, said: Procedures) -> Self:
        """Returns a message with its place in the order of `mode`."""
        text = said.messages[message]
        note = text.note(mode)
        return cls(
            message=message,
            name=BilingualShown.of(text.name),
            after=list(waits_for(message, mode)),
            note=BilingualShown.of(note) if note else None,
            is_sent=message not in NOT_SENT.get(mode, frozenset()),
        )


class MessageOrderShown(Shown):
    """The order in which a mode's import messages are sent after an outage (R110–R117)."""

    mode: Mode
    items: list[OrderedMessage]
    inferred: bool = Field(
        default=True, description="Which cell of the plan's table is for which mode is inferred."
    )

    @classmethod
    def of(cls, mode: Mode) -> Self:
        """Returns the order of a mode; what it does not have comes last."""
        said = load_procedures()
        messages = [*checklist(mode), *_in_order(Message, NOT_SENT.get(mode, frozenset()))]
        return cls(mode=mode, items=[OrderedMessage.of(message, mode, said) for message in messages])


Number = Annotated[
    StrictStr,
    Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$", examples=["1234CARGO1"]),
]


class MessageBody(Body):
    """A message of a proposed order."""

    message: Message = Field(strict=False)
    id: Number | None = Field(default=None, description="Its own number; no two messages share one.")
    references: list[Number] = Field(
        default=[],
        max_length=REFERENCES_AT_MOST,
        description="What it belongs to: its cargo, conveyance or house bill. Left out: everything.",
    )


class OrderBody(Body):
    """A proposed order of messages."""

    model_config = ConfigDict(**Body.model_config, json_schema_extra={"examples": [_ORDER_ASKED]})

    mode: Mode = Field(strict=False)
    messages: list[MessageBody] = Field(min_length=1, max_length=MESSAGES_AT_MOST)

    def sequence(self) -> list[Sent]:
        """Returns the messages as the checker takes them."""
        return [Sent(each.message, each.id, frozenset(each.references)) for each in self.messages]


class FindingShown(Shown):
    """What is wrong with one message, or worth knowing."""

    position: int = Field(description="Counted from 1.")
    message: Message
    fault: Fault = Field(
        description="`too_early`, or `not_sent` in this mode: rejected. `not_listed` is no error."
    )
    is_error: bool
    after: list[int] = Field(description="The positions it must wait for.")
    reason: BilingualShown
    rules: list[str]

    @classmethod
    def of(cls, finding: Finding, sent: Sent) -> Self:
        """Returns a finding in words."""
        return cls(
            position=finding.position,
            message=sent.message,
            fault=finding.fault,
            is_error=finding.is_error,
            after=list(finding.after),
            reason=BilingualShown.of(load_procedures().reason(finding, sent)),
            rules=list(finding.rules),
        )


class VerdictShown(Shown):
    """What becomes of a proposed order."""

    mode: Mode
    in_order: bool
    findings: list[FindingShown]
    suggested: list[int] | None = Field(
        description="The positions in an order that is accepted; null if it is fine as it stands."
    )

    @classmethod
    def of(cls, verdict: Verdict, mode: Mode, sequence: list[Sent]) -> Self:
        """Returns a verdict with its reasons in words."""
        return cls(
            mode=mode,
            in_order=verdict.is_in_order,
            findings=[FindingShown.of(each, sequence[each.position - 1]) for each in verdict.findings],
            suggested=None if verdict.order is None else list(verdict.order),
        )
