"""A preview as the API shows it."""

from datetime import datetime
from typing import Self

from pydantic import Field

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import ContingencyState
from outage_service.domain.systems import HelpLine
from outage_service.services.previews import Preview
from outage_service.web.schemas.common import BilingualShown, Shown
from outage_service.web.schemas.outages import (
    ContingencyShown,
    DeadlinesShown,
    ImpactShown,
    Moment,
    ReliefShown,
    WarningShown,
)


class LineSaid(Shown):
    """What a help line would say."""

    line: HelpLine
    text: BilingualShown


class PreviewShown(Shown):
    """What the act would send, and what would be so afterwards. Nothing of it has happened."""

    number: str = Field(description="Of a declaration, the number that is next now.")
    kind: BulletinKind
    subject: BilingualShown = Field(description="With either language first.")
    text: BilingualShown
    html: BilingualShown
    recipients: int = Field(description="How many subscribers it would go to.")
    impacts: list[ImpactShown]
    contingency_before: ContingencyState | None = Field(description="Null for a declaration.")
    contingency: ContingencyShown
    deadlines: DeadlinesShown
    extensions: list[ReliefShown]
    next_bulletin_due_at: datetime | None
    warnings: list[WarningShown]
    broadcast: list[LineSaid]
    version: int = Field(description="The version that the act would lead to.")

    @classmethod
    def of(cls, seen: Preview, at: Moment) -> Self:
        """Returns a preview as answered."""
        before, after = seen.before, seen.after
        return cls(
            number=after.number,
            kind=seen.kind,
            subject=BilingualShown.of(seen.subject),
            text=BilingualShown.of(seen.text),
            html=BilingualShown.of(seen.html),
            recipients=seen.recipients,
            impacts=[ImpactShown.of(impact, after) for impact in after.impacts],
            contingency_before=before.contingency_at(at.now).state if before else None,
            contingency=ContingencyShown.of(after.contingency_at(at.now)),
            deadlines=DeadlinesShown.of(after.deadlines_at(at.now, at.calendar)),
            extensions=[ReliefShown.of(relief) for relief in after.reliefs_at(at.now, at.calendar)],
            next_bulletin_due_at=after.next_due_at,
            warnings=[WarningShown.of(code) for code in seen.warnings],
            broadcast=[
                LineSaid(line=line, text=BilingualShown.of(message.text))
                for line, message in seen.lines.items()
            ],
            version=after.version,
        )
