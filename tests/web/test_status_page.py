"""The first page of the site: what it says when it knows, and what it says when it cannot (R11, P21)."""

import re
from datetime import timedelta

import pytest

from outage_service.content import load_content
from outage_service.domain.outages import Outage
from outage_service.domain.status import StatusFacts, last_known, status_of, unknown_status
from outage_service.domain.systems import Direction, System
from outage_service.domain.texts import Language
from outage_service.web.pages.status import SHOWN_AT_MOST, HomePage
from tests.builders import (
    LITERAL,
    MESSAGE,
    SUNDAY_2H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    resolved,
    updated,
)

HOME = HomePage(load_content(), LITERAL, "https://outages.example.org/service")
NOW = THURSDAY_10H + timedelta(minutes=20)
LONGEST = 100_000
"""Bytes of a first page."""


def known(*outages: Outage) -> StatusFacts:
    return status_of(outages, NOW, messages={outage.id: MESSAGE for outage in outages})


def page(facts: StatusFacts, language: Language = Language.EN, *, is_stale: bool = False) -> str:
    return HOME(last_known(facts) if is_stale else facts, is_stale=is_stale)[language]


def badges(html: str) -> list[str]:
    """Returns the conditions of the systems, in order."""
    return re.findall(r'system--(\w+)"', html)


@pytest.mark.parametrize("language", list(Language))
def test_a_quiet_day_says_so_of_each_system(language: Language) -> None:
    html = page(known(), language)
    assert badges(html) == ["normal"] * 6
    assert f'<html lang="{language}">' in html
    assert ("No outage and no delay" if language is Language.EN else "Aucune panne ni aucun retard") in html
    assert '<time datetime="2026-11-26T15:20:00Z">' in html


def test_an_open_outage_is_told_with_its_news_and_the_next_bulletin() -> None:
    html = page(known(an_outage()))
    assert badges(html) == ["outage", *["normal"] * 5]
    for said in (
        MESSAGE.en,
        "TCC26-0001",
        "By Thursday, November 26, 2026, 12:00",
        "In effect",
        load_content().wording.assume_ongoing.en,
    ):
        assert said in html
    assert 'href="/service/en/outages/TCC26-0001"' in html
    assert 'href="/service/fr/"' in html


def test_one_direction_is_named() -> None:
    assert "Inbound</span>" in page(known(an_outage(an_impact(direction=Direction.INBOUND))))
    assert "Outbound</span>" in page(known(an_outage(a_delay(direction=Direction.OUTBOUND))))
    assert "Inbound" not in page(known(an_outage()))


@pytest.mark.parametrize(
    ("language", "inbound", "outbound"),
    [
        (Language.EN, "Inbound: Outage", "Outbound: Delay in processing"),
        (Language.FR, "Entrant\u00a0: Panne", "Sortant\u00a0: Retard de traitement"),
    ],
)
def test_both_directions_are_named_where_they_fare_differently(
    language: Language, inbound: str, outbound: str
) -> None:
    """R11: to name the worse alone would say that the other is normal."""
    impacts = (an_impact(direction=Direction.INBOUND), a_delay(direction=Direction.OUTBOUND))
    html = page(known(an_outage(*impacts)), language)
    assert f"<li>{inbound}</li>" in html
    assert f"<li>{outbound}</li>" in html


def test_once_old_the_other_direction_is_said_to_be_unknown() -> None:
    html = page(known(an_outage(an_impact(direction=Direction.INBOUND))), is_stale=True)
    assert "<li>Outbound: Cannot be known</li>" in html


def test_a_scheduled_outage_is_announced_with_its_cut_off() -> None:
    """R45; R22: what has not begun leaves its system as it is."""
    html = page(known(a_scheduled_outage(an_impact(System.CERS))), Language.FR)
    assert badges(html) == ["normal"] * 6
    assert "Transmettre au plus tard le" in html
    assert "dimanche 29 novembre 2026 à 0\u00a0h" in html


def test_what_is_planned_alone_is_no_open_outage() -> None:
    assert "No outage and no delay is open" in page(known(a_scheduled_outage(start=SUNDAY_2H)))


def test_a_fault_whose_procedures_remain_is_still_shown() -> None:
    """R6."""
    html = page(known(resolved(an_outage(), THURSDAY_10H + timedelta(minutes=10), remains_in_effect=True)))
    assert "RESOLVED – PROCEDURES REMAIN" in html
    assert "Remain in effect" in html


@pytest.mark.parametrize("language", list(Language))
def test_an_old_page_never_says_normal_and_warns_loudly(language: Language) -> None:
    """P21, R11: what was out stays out, and what worked cannot be known."""
    for facts, conditions in (
        (known(an_outage()), ["outage", *["unknown"] * 5]),
        (unknown_status(), ["unknown"] * 6),
    ):
        html = page(facts, language, is_stale=True)
        assert badges(html) == conditions
        assert "normal" not in html.lower()
        assert "notice--danger" in html
        assert "No outage and no delay" not in html


def test_an_old_page_promises_nothing_that_time_can_make_untrue() -> None:
    """P21: it may be read the day after; a cut-off with its date stays true (R45)."""
    out = updated(an_outage(), NOW, identified=True, estimate=NOW + timedelta(hours=2))
    fresh, old = page(known(out)), page(known(out), is_stale=True)
    promised = ("Next bulletin", "Estimated resolution")
    assert [label in fresh for label in promised] == [True, True]
    assert [label in old for label in promised] == [False, False]
    planned = page(known(a_scheduled_outage()), is_stale=True)
    assert "Sunday, November 29, 2026, 00:00" in planned
    assert "Next bulletin" not in planned


@pytest.mark.parametrize(
    ("language", "asserted", "announced"),
    [
        (
            Language.EN,
            ("Not invoked", "Scheduled outages</h2>"),
            ("Announced from the planned start", "Scheduled outages that were announced", "Last announced:"),
        ),
        (
            Language.FR,
            ("Non activées", "Pannes prévues</h2>"),
            (
                "Annoncées à compter du début prévu",
                "Pannes prévues qui étaient annoncées",
                "Dernière annonce",
            ),
        ),
    ],
)
def test_an_old_page_tells_nobody_to_stay_off_paper_once_a_planned_outage_begins(
    language: Language, asserted: tuple[str, ...], announced: tuple[str, ...]
) -> None:
    """R5, P21: the planned start invokes procedures with no further act."""
    facts = known(a_scheduled_outage())
    fresh, old = page(facts, language), page(facts, language, is_stale=True)
    assert [said in fresh for said in (*asserted, *announced)] == [True] * 2 + [False] * 3
    assert [said in old for said in (*asserted, *announced)] == [False] * 2 + [True] * 3
    assert f'href="/service/{language}/contingency"' in old


def test_an_old_page_puts_procedures_in_the_past() -> None:
    """R6: they may have been revoked since, and those of a delay may have been invoked."""
    remaining = resolved(an_outage(), THURSDAY_10H + timedelta(minutes=10), remains_in_effect=True)
    of_remaining = page(known(remaining), is_stale=True)
    assert "Were to remain in effect" in of_remaining
    assert "procedures were to remain in effect</h2>" in of_remaining
    assert "<dd>Remain in effect" not in of_remaining
    of_outage = page(known(an_outage()), is_stale=True)
    assert "<dd>Were in effect" in of_outage
    assert "Outages and delays that were announced</h2>" in of_outage
    assert "<dt>Contingency procedures</dt>" not in page(known(an_outage(a_delay())), is_stale=True)


def test_its_version_changes_with_the_facts_and_not_with_the_time() -> None:
    def version(facts: StatusFacts, *, is_stale: bool = False) -> str:
        return re.findall(r'data-version="(\w+)"', page(facts, is_stale=is_stale))[0]

    outage = an_outage()
    assert version(known(outage)) == version(status_of([outage], NOW + timedelta(minutes=1)))
    assert version(known(outage)) != version(known())
    assert version(known(outage)) != version(known(outage), is_stale=True)


def test_it_stays_small_however_much_is_wrong() -> None:
    many = [an_outage(number=f"TCC26-{number:04}") for number in range(1, 3 * SHOWN_AT_MOST)]
    for language in Language:
        html = page(known(*many), language)
        assert len(html.encode()) < LONGEST
        assert "state=overrun" in html
    requests = re.findall(r'<(?:script src|link rel="(?:stylesheet|icon)"[^>]*href)="', page(known()))
    assert 1 <= len(requests) < 9


@pytest.mark.parametrize("is_stale", [False, True], ids=["fresh", "old"])
def test_who_missed_the_end_of_an_outage_finds_its_deadlines(is_stale: bool) -> None:
    """R51–R54: nothing is open any more, and paper still has its hours."""
    for language in Language:
        assert f'href="/service/{language}/outages?state=resolved"' in page(
            known(), language, is_stale=is_stale
        )
