"""Outages as they stand now, in words: what the pages of the site show between two bulletins."""

from dataclasses import dataclass, replace
from datetime import datetime

from outage_service.content import Content
from outage_service.domain.bulletins import BulletinFacts, BulletinKind, Telling, facts_of
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.outages import Outage
from outage_service.domain.texts import Bilingual
from outage_service.rendering.phases import Status, status_of
from outage_service.rendering.titles import title
from outage_service.rendering.words import Words


def current_facts(
    outage: Outage,
    message: Bilingual | None,
    content: Content,
    *,
    now: datetime,
    calendar: BusinessCalendar,
    relapse_of: str | None = None,
) -> BulletinFacts:
    """Returns what a bulletin of this minute would say, without issuing one.

    `next_due_at` stays what was promised, also once it has passed: readers may see that it is overdue.

    Args:
        message: the latest news.
    """
    telling = Telling(
        BulletinKind.UPDATE, message or content.labels["no_news"], message_at=now, relapse_of=relapse_of
    )
    facts = facts_of(outage, telling, before=outage, now=now, calendar=calendar)
    return replace(facts, issued_at=now, next_due_at=outage.next_due_at)


@dataclass(frozen=True, slots=True)
class Headline:
    """An outage on one line."""

    number: str
    status: Status
    status_text: str
    title: str


def headline(facts: BulletinFacts, words: Words) -> Headline:
    """Returns what a list shows of an outage."""
    status = status_of(facts)
    return Headline(
        facts.number, status, words.label(f"status_{status}"), words.pick(title(facts, words.content))
    )
