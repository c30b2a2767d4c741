"""Whatever a help line has to tell: it fits, names its systems, and never says too much (R11, R22, P21)."""

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from outage_service.content import load_content
from outage_service.domain.broadcasts import LineEvent, LineFacts, LineImpact
from outage_service.domain.outages import OutageState
from outage_service.domain.systems import (
    CATALOGUE,
    Condition,
    Direction,
    HelpLine,
    System,
    in_catalogue_order,
    systems_of_line,
)
from outage_service.domain.texts import Language
from outage_service.rendering.broadcasts import current_message, last_known_message
from tests.builders import at

CONTENT = load_content()
ASSUME = CONTENT.wording.assume_ongoing
NOW = at("2026-11-26 10:20")
MINUTES = st.integers(-60 * 24 * 60, 60 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@st.composite
def line_events(draw: st.DrawFn, line: HelpLine, state: OutageState) -> LineEvent:
    parts = (st.sampled_from(systems_of_line(line)), st.sampled_from(Direction), st.sampled_from(Condition))
    impacts = draw(st.lists(st.tuples(*parts, MINUTES), min_size=1, max_size=8))
    return LineEvent(
        number="TCC26-0001",
        state=state,
        impacts=tuple(
            LineImpact(system, way if CATALOGUE[system].has_directions else None, condition, start)
            for system, way, condition, start in impacts
        ),
        planned_end_at=draw(st.none() | MINUTES),
        procedures_apply=draw(st.booleans()),
        next_due_at=draw(st.none() | MINUTES),
    )


@st.composite
def any_facts(draw: st.DrawFn) -> LineFacts:
    line = draw(st.sampled_from(HelpLine))
    state = draw(st.sampled_from([OutageState.OPEN, OutageState.OVERRUN]))
    return LineFacts(
        line=line,
        systems=systems_of_line(line),
        as_of=draw(MINUTES),
        events=tuple(draw(st.lists(line_events(line, state), max_size=6))),
        upcoming=tuple(draw(st.lists(line_events(line, OutageState.SCHEDULED), max_size=4))),
        procedures_remain=in_catalogue_order(draw(st.sets(st.sampled_from(systems_of_line(line))))),
    )


def named(facts: LineFacts) -> list[System]:
    open_ = [system for event in facts.events for system in event.systems]
    return open_ or list(facts.systems)


@given(any_facts())
def test_every_message_fits_and_names_its_systems_in_both_languages(facts: LineFacts) -> None:
    for message in (current_message(facts, CONTENT), last_known_message(facts, CONTENT)):
        for language in Language:
            text = message.text[language]
            assert len(text) <= 600
            assert not re.search(r"https?:|www\.|[{}]|  ", text)
            for system in named(facts):
                names = CONTENT.systems[system]
                assert names.short.plain[language] in text or names.abbr[language] in text


@given(any_facts())
def test_no_message_says_normal_while_anything_is_open_or_once_it_is_old(facts: LineFacts) -> None:
    """R11, R22, P21."""
    current = current_message(facts, CONTENT).text
    last = last_known_message(facts, CONTENT).text
    for language in Language:
        assert ("normal" in current[language].lower()) is (not facts.events)
        assert "normal" not in last[language].lower()


@given(any_facts())
def test_every_message_says_to_assume_what_is_open_to_be_ongoing(facts: LineFacts) -> None:
    """R11."""
    current = current_message(facts, CONTENT).text
    last = last_known_message(facts, CONTENT).text
    for language in Language:
        assert (ASSUME[language] in current[language]) is bool(facts.events)
    assert "assume that any announced outage is ongoing" in last.en
    assert "considérez que toute panne annoncée se poursuit" in last.fr


@given(any_facts())
def test_french_typography_holds(facts: LineFacts) -> None:
    for message in (current_message(facts, CONTENT), last_known_message(facts, CONTENT)):
        assert not re.search(r"(?<!\u00a0)[:»](?!//)|«(?!\u00a0)|['!?]|\s;|\d h\b", message.text.fr)
