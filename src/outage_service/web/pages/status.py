"""Where the site begins: every system, every open outage, what is planned. Prepared, and served by `edge`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from outage_service.content import Content
from outage_service.domain.broadcasts import LineState
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.outages import OutageState
from outage_service.domain.status import OutageStatus, StatusFacts, SystemStatus
from outage_service.domain.systems import Direction
from outage_service.domain.texts import Language
from outage_service.rendering.current import current_facts
from outage_service.rendering.sections import Section, section
from outage_service.rendering.words import Words
from outage_service.web.pages.site import base_path, render_page

SHOWN_AT_MOST = 20
"""How many outages the page shows in full; beyond these it links to the list."""


@dataclass(frozen=True, slots=True)
class SystemShown:
    """One system in one language.

    `ways` are directions with their conditions: none where both fare alike, one where the other is normal.
    """

    code: str
    name: str
    condition: LineState
    ways: tuple[tuple[str, LineState], ...]
    number: str | None


@dataclass(frozen=True, slots=True)
class OutageShown:
    """One outage in one language: its data, and what a bulletin of this minute would say.

    `applies` is empty where it cannot be known.
    """

    status: OutageStatus
    section: Section
    applies: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """Makes the first page of the site from the state of all systems.

    Args:
        base_url: what links begin with.
    """

    content: Content
    calendar: BusinessCalendar
    base_url: str

    def __call__(self, facts: StatusFacts, *, is_stale: bool) -> Mapping[Language, str]:
        """Returns the page in each language; give `domain.status.last_known(facts)` where `is_stale`."""
        return {language: self._page(facts, language, is_stale=is_stale) for language in Language}

    def _page(self, facts: StatusFacts, language: Language, *, is_stale: bool) -> str:
        words = Words(self.content, language)
        show = partial(self._outage, facts=facts, words=words)
        upcoming = [each for each in facts.outages if each.state is OutageState.SCHEDULED]
        current = [each for each in facts.outages if each.state is not OutageState.SCHEDULED]
        return render_page(
            "status.html",
            language,
            texts="status",
            base_url=self.base_url,
            here="",
            other_url=f"{base_path(self.base_url)}/{language.other}/",
            words=words,
            as_of=facts.as_of,
            is_stale=is_stale,
            version=_version(facts, is_stale=is_stale),
            systems=[_system(each, words) for each in facts.systems],
            current=[show(each) for each in current[:SHOWN_AT_MOST]],
            upcoming=[show(each) for each in upcoming[:SHOWN_AT_MOST]],
            remaining=[show(each) for each in facts.procedures_remain[:SHOWN_AT_MOST]],
            is_cut=max(len(current), len(upcoming), len(facts.procedures_remain)) > SHOWN_AT_MOST,
        )

    def _outage(self, status: OutageStatus, *, facts: StatusFacts, words: Words) -> OutageShown:
        if facts.as_of is None:
            raise ValueError("an outage is known and the time is not")
        known = status.contingency
        said = current_facts(
            status.outage, status.message, self.content, now=facts.as_of, calendar=self.calendar
        )
        return OutageShown(
            status,
            section(said, self.content, words.language, base_url=self.base_url),
            words.of(self.content.wording.contingency, known.state) if known else "",
        )


def _system(status: SystemStatus, words: Words) -> SystemShown:
    return SystemShown(
        code=status.system,
        name=words.heading(words.content.systems[status.system].full.plain),
        condition=status.condition,
        ways=_ways(status, words),
        number=status.outage.number if status.outage else None,
    )


def _ways(status: SystemStatus, words: Words) -> tuple[tuple[str, LineState], ...]:
    """To name one direction alone is to say that the other is normal (R11)."""
    if status.inbound is status.outbound:
        return ()
    both = ((Direction.INBOUND, status.inbound), (Direction.OUTBOUND, status.outbound))
    names = words.content.wording.directions
    return tuple((words.of(names, way), how) for way, how in both if how not in (None, LineState.NORMAL))


def _version(facts: StatusFacts, *, is_stale: bool) -> str:
    """Returns what changes when there is something new to tell, and not with the time alone."""
    told = (
        is_stale,
        [(each.system, each.condition, each.inbound, each.outbound) for each in facts.systems],
        [
            (
                each.outage.number,
                each.outage.sequence,
                each.state,
                each.contingency and each.contingency.state,
            )
            for each in (*facts.outages, *facts.procedures_remain)
        ],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
