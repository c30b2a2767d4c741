"""One bulletin in one language, in words: the layouts, HTML and plain, show it and add nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from outage_service.content import Content
from outage_service.domain.bulletins import BulletinFacts
from outage_service.domain.texts import Language
from outage_service.rendering.phases import Status, actions_for, status_of
from outage_service.rendering.prose import Prose
from outage_service.rendering.rows import (
    Card,
    Entry,
    Row,
    deadline_rows,
    earlier_entries,
    help_card,
    key_rows,
    system_cards,
)
from outage_service.rendering.titles import title
from outage_service.rendering.words import Words


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence and the address it leads to."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """Everything one language's part shows. `message` and the messages of `earlier` are operators' own."""

    language: Language
    number: str
    kind: str
    status: Status
    status_text: str
    title: str
    issued: str
    lead: tuple[str, ...]
    key_rows: tuple[Row, ...]
    ongoing: tuple[str, ...]
    relapses: tuple[Link, ...]
    message: str
    message_given: str
    systems: tuple[Card, ...]
    procedures: tuple[str, ...]
    deadlines: tuple[Row, ...]
    actions: tuple[str, ...]
    contacts: tuple[Card, ...]
    earlier: tuple[Entry, ...]
    is_cut: bool
    outage_page: Link

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts in the order of their use: once it is over, what to do stands before what it was."""
        first, last = ("procedures", "deadlines", "actions"), ("contacts", "earlier")
        if self.status in (Status.RESOLVED, Status.BACKLOG, Status.CANCELLED):
            return ("news", *first, "systems", *last)
        return ("news", "systems", *first, *last)


def section(facts: BulletinFacts, content: Content, language: Language, *, base_url: str) -> Section:
    """Returns the bulletin's part in `language`."""
    words = Words(content, language)
    prose = Prose(facts, words)
    status = status_of(facts)
    entries, is_cut = earlier_entries(facts.earlier, words)
    return Section(
        language=language,
        number=facts.number,
        kind=_kind(facts, words),
        status=status,
        status_text=words.label(f"status_{status}"),
        title=words.pick(title(facts, content)),
        issued=words.label("issued", time=words.stamp(facts.issued_at)),
        lead=prose.part("lead"),
        key_rows=key_rows(facts, words, prose.part("next")),
        ongoing=prose.part("ongoing"),
        relapses=tuple(_relapses(facts, words, base_url)),
        message=facts.message[language],
        message_given=words.label("given", time=words.stamp(facts.message_at)),
        systems=system_cards(facts, words),
        procedures=prose.part("procedures"),
        deadlines=deadline_rows(facts, words),
        actions=_actions(facts, words, base_url),
        contacts=tuple(help_card(line, words) for line in facts.lines),
        earlier=entries,
        is_cut=is_cut,
        outage_page=Link(words.label("outage_page"), outage_url(base_url, language, facts.number)),
    )


def outage_url(base_url: str, language: Language, number: str) -> str:
    """Returns the address of an outage's public page."""
    return f"{base_url.rstrip('/')}/{language}/outages/{number}"


def contingency_url(base_url: str, language: Language) -> str:
    """Returns the address of the page that tells each role what to do."""
    return f"{base_url.rstrip('/')}/{language}/contingency"


def _actions(facts: BulletinFacts, words: Words, base_url: str) -> tuple[str, ...]:
    page = contingency_url(base_url, words.language)
    return tuple(
        words.pick(action.text).format(contingency=page) for action in actions_for(facts, words.content)
    )


def _kind(facts: BulletinFacts, words: Words) -> str:
    name = words.pick(words.content.wording.kinds[facts.kind].name)
    return f"{words.label('bulletin_number', sequence=facts.sequence)} – {name}"


def _relapses(facts: BulletinFacts, words: Words, base_url: str) -> Iterator[Link]:
    """Yields links to the outage whose fault returned in this one, and to those in which it did later."""
    if facts.relapse_of is not None:
        url = outage_url(base_url, words.language, facts.relapse_of)
        yield Link(words.label("relapse", number=facts.relapse_of), url)
    for number in facts.relapsed_by:
        url = outage_url(base_url, words.language, number)
        yield Link(words.label("relapsed_by", number=number), url)
