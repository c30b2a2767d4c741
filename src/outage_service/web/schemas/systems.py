"""The catalogue of systems as the API shows it."""

from datetime import datetime
from typing import Self

from pydantic import Field

from outage_service.content import Content
from outage_service.content.catalogue import HelpLineText
from outage_service.domain.broadcasts import LineState
from outage_service.domain.status import SystemStatus
from outage_service.domain.systems import CATALOGUE, Direction, HelpLine, System
from outage_service.web.schemas.common import BilingualShown, Shown


class SystemNames(Shown):
    """A system's names, from the longest to the shortest."""

    full: BilingualShown
    short: BilingualShown
    abbreviation: BilingualShown


class NumberShown(Shown):
    """A telephone number as it is dialled."""

    number: str
    reached_from: BilingualShown
    option: BilingualShown | None = Field(description="What to press afterwards.")


class HelpLineShown(Shown):
    """The help line that speaks of a system (R20, R24)."""

    code: HelpLine
    name: BilingualShown
    numbers: list[NumberShown]
    hours: BilingualShown

    @classmethod
    def of(cls, code: HelpLine, text: HelpLineText) -> Self:
        """Returns a help line."""
        return cls(
            code=code,
            name=BilingualShown.of(text.name),
            numbers=[
                NumberShown(
                    number=each.number,
                    reached_from=BilingualShown.of(each.reached_from),
                    option=BilingualShown.of(each.option) if each.option else None,
                )
                for each in text.numbers
            ],
            hours=BilingualShown.of(text.hours),
        )


class SystemShown(Shown):
    """One of the six systems (R4)."""

    code: System
    names: SystemNames
    help_line: HelpLineShown
    directions: list[Direction] = Field(description="Those an impact may have; empty where it has none.")
    condition: LineState
    inbound: LineState | None
    outbound: LineState | None
    outage: str | None = Field(
        description="The open outage behind the condition.", examples=["/v1/outages/1"]
    )

    @classmethod
    def of(cls, status: SystemStatus, content: Content) -> Self:
        """Returns a system with its present condition."""
        entry, text = CATALOGUE[status.system], content.systems[status.system]
        return cls(
            code=status.system,
            names=SystemNames(
                full=BilingualShown.of(text.full.plain),
                short=BilingualShown.of(text.short.plain),
                abbreviation=BilingualShown.of(text.abbr),
            ),
            help_line=HelpLineShown.of(entry.line, content.lines[entry.line]),
            directions=list(Direction) if entry.has_directions else [],
            condition=status.condition,
            inbound=status.inbound,
            outbound=status.outbound,
            outage=f"/v1/outages/{status.outage.id}" if status.outage else None,
        )


class SystemsShown(Shown):
    """The catalogue, as of one reading."""

    as_of: datetime
    items: list[SystemShown]
