"""A preview in words: what would go out to whom, and what would be so afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outage_service.content import load_content
from outage_service.content.warnings import warning_text
from outage_service.domain.bulletins import ImpactFacts
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.outages import ContingencyState, Outage, OutageState
from outage_service.domain.parity import parity_hints
from outage_service.domain.systems import Condition, HelpLine
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.current import current_facts
from outage_service.rendering.sections import Section, section
from outage_service.rendering.times import minutes_behind
from outage_service.rendering.words import Words
from outage_service.services.previews import Preview
from outage_service.web.pages.site import fill

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SystemSaid:
    """What a system suffers after the act, in short; `condition` chooses the badge."""

    name: str
    condition: str
    text: str


@dataclass(frozen=True, slots=True)
class LineSaid:
    """What a help line would say."""

    code: HelpLine
    text: Bilingual


@dataclass(frozen=True, slots=True)
class PreviewShown:
    """What the page shows of a preview; `effect` and `crossing` are keys of its texts."""

    seen: Preview
    said: Section
    kind: str
    audience: str
    systems: tuple[SystemSaid, ...]
    effect: str
    crossing: str | None
    next_due: str
    warnings: tuple[str, ...]
    hints: tuple[str, ...]
    lines: tuple[LineSaid, ...]


def shown_preview(
    seen: Preview, language: Language, texts: Texts, *, calendar: BusinessCalendar, base_url: str
) -> PreviewShown:
    """Returns the preview in words of `language`."""
    content = load_content()
    words = Words(content, language)
    facts = current_facts(seen.after, seen.message, content, now=seen.at, calendar=calendar)
    return PreviewShown(
        seen=seen,
        said=section(facts, content, language, base_url=base_url),
        kind=words.pick(content.wording.kinds[seen.kind].name),
        audience=_audience(seen.after, words),
        systems=tuple(_system(impact, seen.after, words) for impact in facts.impacts),
        effect=_effect(seen),
        crossing=_crossing(seen),
        next_due=words.on(seen.after.next_due_at) if seen.after.next_due_at else texts["no_next"],
        warnings=tuple(words.pick(warning_text(code)) for code in seen.warnings),
        hints=hints_in_words(seen.message, texts),
        lines=tuple(LineSaid(line, message.text) for line, message in seen.lines.items()),
    )


def hints_in_words(message: Bilingual | None, texts: Texts) -> tuple[str, ...]:
    """Returns where the two languages seem to differ; nothing blocks."""
    if message is None:
        return ()
    terms = [(term.en, term.fr) for term in load_content().glossary]
    return tuple(
        fill(
            texts[f"parity_{hint.code}"],
            english=_listed(hint.english, texts),
            french=_listed(hint.french, texts),
        )
        for hint in parity_hints(message, terms)
    )


def _listed(found: Sequence[str], texts: Texts) -> str:
    return ", ".join(found) or texts["parity_nothing"]


def _system(impact: ImpactFacts, outage: Outage, words: Words) -> SystemSaid:
    name = words.heading(words.content.systems[impact.system].full.plain)
    if outage.is_closed or impact.restored_at is not None:
        label = "withdrawn" if outage.cancelled_at or impact.was_withdrawn else "restored"
        return SystemSaid(name, "normal", words.label(label))
    parts = [words.of(words.content.wording.conditions, impact.condition)]
    if impact.direction is not None:
        parts.append(words.of(words.content.wording.directions, impact.direction).lower())
    if impact.behind is not None:
        parts.append(minutes_behind(impact.behind))
    badge = "scheduled" if outage.is_scheduled else impact.condition
    return SystemSaid(name, badge, ", ".join(parts))


def _audience(outage: Outage, words: Words) -> str:
    kinds = words.content.wording.subscription_kinds
    names = [words.pick(kinds[kind]) for kind in kinds if kind in outage.kinds_ever]
    return words.joined(names)


def _effect(seen: Preview) -> str:
    before = seen.before.contingency_at(seen.at).applies if seen.before else False
    after = seen.after.contingency_at(seen.at)
    if after.state is ContingencyState.REMAINS_IN_EFFECT:
        return "effect_remain"
    if after.applies:
        return "effect_in_effect" if before else "effect_invoked"
    if before:
        return "effect_revoked"
    is_ahead = seen.after.state_at(seen.at) is OutageState.SCHEDULED
    return "effect_from_start" if is_ahead else "effect_none"


def _crossing(seen: Preview) -> str | None:
    """Returns whether figures make something else of it than what was stated, or than it was (R36)."""
    after = seen.after
    if after.is_closed or after.is_scheduled:
        return None
    if seen.before is None:
        stated = {impact.stated for impact in after.active_impacts}
        return "crossing_stated" if after.condition not in stated else None
    if seen.before.condition is after.condition:
        return None
    return "crossing_up" if after.condition is Condition.OUTAGE else "crossing_down"
