"""The status as JSON objects, and as the page that outlives the service (P21)."""

from dataclasses import replace
from typing import Any

import pytest

from outage_service.content import load_content
from outage_service.domain.broadcasts import line_facts
from outage_service.domain.status import StatusFacts, last_known, status_of, unknown_status
from outage_service.domain.systems import Direction, HelpLine, System
from outage_service.domain.texts import Bilingual
from outage_service.rendering.broadcasts import last_known_message
from outage_service.rendering.status import last_known_page, status_object
from tests.builders import a_delay, a_scheduled_outage, an_impact, an_outage, at, resolved

NOW = at("2026-11-26 10:20")
NEWS = Bilingual("It is being looked into.", "On y travaille.")


def told_of(facts: StatusFacts, *, is_stale: bool = False) -> dict[str, Any]:
    return status_object(facts, is_stale=is_stale)


def test_an_open_outage_is_told_of_its_system_and_on_its_own() -> None:
    outage = replace(an_outage(an_impact(System.EDI, Direction.INBOUND)), id=7)
    told = told_of(status_of([outage], NOW, messages={7: NEWS}))
    assert told["stale"] is False
    assert told["systems"][0] == {
        "code": "edi",
        "condition": "outage",
        "inbound": "outage",
        "outbound": "normal",
        "outage": 7,
        "outage_number": "TCC26-0001",
    }
    assert told["outages"] == [
        {
            "id": 7,
            "number": "TCC26-0001",
            "kind": "unscheduled",
            "state": "open",
            "condition": "outage",
            "impacts": [
                {"system": "edi", "direction": "inbound", "condition": "outage", "behind_minutes": None}
            ],
            "contingency": "invoked",
            "started_at": "2026-11-26T15:00:00Z",
            "planned_start_at": None,
            "planned_end_at": None,
            "next_bulletin_due_at": "2026-11-26T17:00:00Z",
            "message": {"en": NEWS.en, "fr": NEWS.fr},
        }
    ]


def test_minutes_behind_are_told_also_where_they_are_none() -> None:
    told = told_of(status_of([an_outage(a_delay(System.EDI, 0))], NOW))
    assert told["outages"][0]["impacts"][0]["behind_minutes"] == 0


@pytest.mark.parametrize(("minutes", "told"), [(75, "75"), (7.5, "7.5"), (440 / 60, "7.33")])
def test_whole_minutes_behind_are_whole_numbers(minutes: float, told: str) -> None:
    """As `/v1/outages` shows them."""
    shown = told_of(status_of([an_outage(a_delay(System.EDI, minutes))], NOW))
    assert str(shown["outages"][0]["impacts"][0]["behind_minutes"]) == told


def test_a_scheduled_outage_tells_its_window() -> None:
    told = told_of(status_of([a_scheduled_outage()], NOW))
    outage = told["outages"][0]
    assert (outage["state"], outage["planned_start_at"], outage["planned_end_at"]) == (
        "scheduled",
        "2026-11-29T07:00:00Z",
        "2026-11-29T11:00:00Z",
    )


@pytest.mark.parametrize("is_stale", [False, True], ids=["fresh", "old"])
def test_a_resolved_outage_whose_procedures_remain_is_told_apart_from_open_ones(is_stale: bool) -> None:
    """R6."""
    facts = status_of([resolved(an_outage(), NOW, remains_in_effect=True)], NOW)
    told = told_of(last_known(facts) if is_stale else facts, is_stale=is_stale)
    assert told["outages"] == []
    (kept,) = told["procedures_remain"]
    assert (kept["number"], kept["state"], kept["contingency"], kept["next_bulletin_due_at"]) == (
        "TCC26-0001",
        "resolved",
        "remains_in_effect",
        None,
    )


def test_what_is_old_tells_nothing_as_normal() -> None:
    """P21."""
    stale = told_of(last_known(status_of([an_outage()], NOW)), is_stale=True)
    unknown = told_of(unknown_status(), is_stale=True)
    assert stale["stale"] is True
    assert [system["condition"] for system in stale["systems"]] == ["outage", *["unknown"] * 5]
    assert {system["condition"] for system in unknown["systems"]} == {"unknown"}


def test_what_is_old_says_of_no_outage_that_its_procedures_are_not_in_effect() -> None:
    """R5, P21: by now the planned start may have invoked them; nor is a bulletin promised."""
    outages = [an_outage(), replace(a_scheduled_outage(number="TCC26-0002"), id=2)]
    facts = status_of(outages, NOW)
    fresh, old = told_of(facts), told_of(last_known(facts), is_stale=True)
    assert [told["contingency"] for told in fresh["outages"]] == ["invoked", "not_invoked"]
    assert [told["contingency"] for told in old["outages"]] == ["invoked", None]
    assert all(told["next_bulletin_due_at"] for told in fresh["outages"])
    assert not any(told["next_bulletin_due_at"] for told in old["outages"])


def test_the_page_that_outlives_the_service_has_both_languages_and_no_normal() -> None:
    """P21; WCAG 3.1.2: each half names its language."""
    messages = [last_known_message(line_facts(line, [], now=NOW), load_content()) for line in HelpLine]
    page = last_known_page(messages)
    assert page.index('<section lang="en-CA">') < page.index('<section lang="fr-CA">')
    assert all(message.text.en in page and message.text.fr in page for message in messages)
    assert "normal" not in page.lower()
