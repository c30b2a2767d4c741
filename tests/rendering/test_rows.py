"""The tables of a bulletin: systems, deadlines, help lines, earlier bulletins (R7, R18, R20, R34–R54)."""

from dataclasses import replace

import pytest

from outage_service.domain.bulletins import BulletinKind, Chapter
from outage_service.domain.systems import Direction, InternalSystem, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.rows import EARLIER_AT_MOST, EARLIER_LENGTH
from tests.builders import (
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    bulletin_facts,
    cancelled,
    resolved,
    updated,
)
from tests.rendering.reading import BASE_URL, COMPOSER, CONTENT, flat, parts, spaced
from tests.rendering.stories import NEWS, OPEN, STORIES

every_story = pytest.mark.parametrize("story", STORIES)


@pytest.mark.parametrize(
    ("story", "english"),
    [
        ("initial", "what you send is received, held in a queue and processed once EDI is back"),
        ("delay", "received and queued, then processed and answered later than usual"),
        ("delay that counts as an outage", "60 minutes behind or more, which counts as an outage"),
        ("outage with minutes behind", "information submitted through it is not received"),
        ("advance", "Information submitted through the portal is not received by the CBSA"),
        ("CCP alone", "nothing can be submitted through it"),
        ("CAD/API alone", "CAD/API is not operational."),
        ("all six, mixed", "The CBSA does not receive new messages from clients"),
        ("all six, mixed", "The CBSA cannot retrieve what is submitted through the portal"),
    ],
)
def test_a_bulletin_says_what_becomes_of_data_sent_meanwhile(story: str, english: str) -> None:
    """R37–R43, of CERS R41; mistake of real bulletins: nothing on whether data is queued or rejected."""
    assert english in flat(STORIES[story])


def test_an_outage_that_was_stated_is_never_told_as_a_queue() -> None:
    """R40: minutes behind do not make a delay of it, so nothing is said to be received."""
    said = [part.systems[0].rows for part in parts(STORIES["outage with minutes behind"])]
    english, french = ({row.label: spaced(row.value) for row in rows} for rows in said)
    assert (english["Condition"], english["Behind by"]) == ("Outage", "90 min")
    assert "information submitted through it is not received" in english["Data sent meanwhile"]
    assert "waits its turn" not in english["Data sent meanwhile"]
    assert any("les renseignements qui y sont soumis ne sont pas reçus" in text for text in french.values())
    assert not any("attendent leur tour" in text for text in french.values())


@every_story
def test_what_was_restored_has_no_effect_any_more(story: str) -> None:
    english, _ = parts(STORIES[story])
    for card in english.systems:
        labels = {row.label: row.value for row in card.rows}
        is_down = (
            labels.get("Condition") not in {"Restored", "No longer part of this outage"}
            and "Condition" in labels
        )
        assert ("Data sent meanwhile" in labels) is is_down


def test_a_system_shows_how_far_it_is_behind_and_in_which_direction() -> None:
    facts = bulletin_facts(an_outage(a_delay(System.EDI, 45, Direction.INBOUND)))
    rows = {row.label: spaced(row.value) for row in parts(facts)[0].systems[0].rows}
    assert (rows["Condition"], rows["Behind by"], rows["Direction"]) == (
        "Delay in processing",
        "45 min",
        "Inbound",
    )
    assert rows["Start Date / Time"] == "2026-11-26 10:00 (ET)"
    assert rows["End Date / Time"] == "Ongoing"
    assert rows["Clients Affected"].startswith("Clients who exchange messages")


def test_both_ends_of_a_planned_window_are_shown_as_planned() -> None:
    rows = {row.label: row.value for row in parts(STORIES["advance"])[1].systems[0].rows}
    assert rows["Date / heure de début prévues"] == "2026-11-29 02:00 (HE)"
    assert rows["Date / heure de fin prévues"] == "2026-11-29 06:00 (HE)"


def test_the_cut_off_is_printed_before_a_scheduled_start() -> None:
    """R45, across the change to daylight time: start 03:30 EDT, cut-off 00:30 EST."""
    start, end = at("2027-03-14 03:30"), at("2027-03-14 06:00")
    facts = bulletin_facts(a_scheduled_outage(start=start, end=end), BulletinKind.ADVANCE)
    rows = [part.key_rows[0] for part in parts(facts)]
    assert (rows[0].label, rows[0].value) == ("Transmit by", "Sunday, March 14, 2027, 00:30\u00a0(ET)")
    assert spaced(f"{rows[1].label} {rows[1].value}") == (
        "Transmettre au plus tard le dimanche 14 mars 2027 à 0 h 30 (HE)"
    )


def test_a_cut_off_that_has_passed_says_so() -> None:
    row = parts(STORIES["advance after the cut-off"])[0].key_rows[0]
    assert row.note == "This time has passed. Transmit as soon as you can."


def test_deadlines_are_absolute_and_labelled_due_or_recommended() -> None:
    """R51, R52, R54: the plan's own ambiguity is printed as two labelled times."""
    outage = an_outage(declared_at=at("2026-11-20 09:00"))
    over = resolved(outage, at("2026-11-20 16:00"))
    rows = [part.deadlines for part in parts(bulletin_facts(over, BulletinKind.RESOLVED, before=outage))]
    assert [spaced(f"{row.label} {row.value}") for row in rows[0]] == [
        "Paper accepted until Friday, November 20, 2026, 18:00 (ET)",
        "No penalties until Friday, November 20, 2026, 18:00 (ET)",
        "Documents recommended by Saturday, November 21, 2026, 16:00 (ET)",
        "Documents due by Wednesday, November 25, 2026, 13:00 (ET)",
    ]
    assert [spaced(f"{row.label} {row.value}") for row in rows[1]] == [
        "Papier accepté jusqu’au vendredi 20 novembre 2026 à 18 h (HE)",
        "Aucune sanction jusqu’au vendredi 20 novembre 2026 à 18 h (HE)",
        "Transmission des documents recommandée d’ici le samedi 21 novembre 2026 à 16 h (HE)",
        "Transmission des documents exigée d’ici le mercredi 25 novembre 2026 à 13 h (HE)",
    ]


def test_a_deadline_in_the_repeated_hour_is_one_instant() -> None:
    """Restored 2027-11-07 01:15 EDT: two hours later it is 02:15 EST; the restoration itself says EDT."""
    outage = an_outage(declared_at=at("2027-11-07 00:30"))
    over = resolved(outage, at("2027-11-07 01:15"))
    text = flat(bulletin_facts(over, BulletinKind.RESOLVED, before=outage))
    assert "Paper accepted until Sunday, November 7, 2027, 02:15 (ET)" in text
    assert "resolved on Sunday, November 7, 2027, 01:15 (EDT)" in text


@pytest.mark.parametrize(
    "story",
    [
        "resolved, procedures remain",
        "delay resolved",
        "cancelled",
        *(name for name, facts in OPEN.items() if not facts.reliefs),
    ],
)
def test_no_deadline_is_printed_while_none_runs(story: str) -> None:
    """R6, R54"""
    assert parts(STORIES[story])[0].deadlines == ()


def test_an_estimate_is_printed_only_once_it_is_given() -> None:
    """R18"""
    told, before = parts(STORIES["update"])[0], parts(STORIES["initial"])[0]
    assert told.key_rows[1].label == "Estimated resolution"
    assert told.key_rows[1].value == "Thursday, November 26, 2026, 15:00\u00a0(ET)"
    assert [row.label for row in before.key_rows] == ["Next bulletin"]
    assert all(row.label != "Estimated resolution" for row in parts(STORIES["resolved"])[0].key_rows)


@pytest.mark.parametrize(
    ("now", "is_printed"),
    [("2026-11-26 11:29", True), ("2026-11-26 11:30", False), ("2026-11-26 13:00", False)],
    ids=["still to come", "come", "passed"],
)
def test_an_estimate_that_has_passed_is_not_printed(now: str, is_printed: bool) -> None:
    """R18; a bulletin never prints a time that has passed as one to come (docs/decisions/0006)."""
    found = updated(an_outage(), at("2026-11-26 10:30"), identified=True, estimate=at("2026-11-26 11:30"))
    facts = replace(bulletin_facts(found, BulletinKind.UPDATE, before=found), issued_at=at(now))
    labels = [{row.label for row in part.key_rows} for part in parts(facts)]
    assert ["Estimated resolution" in labels[0], "Rétablissement estimé" in labels[1]] == [is_printed] * 2


@every_story
def test_internal_systems_are_never_shown(story: str) -> None:
    """R7"""
    with_all = replace(STORIES[story], internal_systems=frozenset(InternalSystem))
    bodies = COMPOSER.compose(with_all)
    secret = [text for name in CONTENT.wording.internal_systems.values() for text in (name.en, name.fr)]
    shown = bodies.mail[Language.EN].text + bodies.mail[Language.EN].html
    assert [name for name in secret if name in shown] == []


@every_story
def test_the_help_lines_of_the_systems_are_given(story: str) -> None:
    """R20: with numbers and hours, and no other line's."""
    facts = STORIES[story]
    for part in parts(facts):
        shown = [row.value for card in part.contacts for row in card.rows]
        for line, text in CONTENT.lines.items():
            assert (text.hours[part.language] in shown) is (line in facts.lines)


def test_the_latest_news_keeps_the_time_it_was_given() -> None:
    english, _ = parts(STORIES["periodic"])
    assert english.message == NEWS.en
    assert english.message_given == "As of 2026-11-26 11:30 (ET)"
    assert english.issued == "Issued 2026-11-26 13:30 (ET)"
    assert "nothing new to report since Thursday, November 26, 2026, 11:30" in " ".join(english.lead)


def test_a_relapse_leads_to_the_earlier_outage() -> None:
    english, _ = parts(STORIES["initial"])
    (link,) = english.relapses
    assert "TCC26-0007" in link.text
    assert link.url == f"{BASE_URL}/en/outages/TCC26-0007"


def test_a_later_bulletin_leads_to_the_outages_in_which_the_fault_returned() -> None:
    """The contract: linked in both bulletins."""
    facts = replace(STORIES["correction"], relapsed_by=("TCC26-0008", "TCC26-0009"))
    english, french = parts(facts)
    assert [link.text for link in english.relapses] == [
        "The fault has returned since. See TCC26-0008.",
        "The fault has returned since. See TCC26-0009.",
    ]
    assert french.relapses[0].text == "Le problème est revenu depuis. Voir TCC26-0008."
    body = COMPOSER.compose(facts).mail[Language.FR]
    for link in english.relapses:
        assert link.url in body.text.splitlines()
        assert f'href="{link.url}"' in body.html


def test_a_system_that_is_back_is_told_so_and_nothing_else() -> None:
    """R14: whoever heard of it also hears of its end; the title no longer names it."""
    english, french = parts(STORIES["one system is back"])
    assert "Service is restored for the CERS Portal." in " ".join(english.lead)
    assert "Le service est rétabli pour le portail du SCDE." in " ".join(french.lead)
    cers = next(card for card in english.systems if "CERS" in card.name)
    assert [row.value for row in cers.rows if row.label == "Condition"] == ["Restored"]


def test_a_system_that_fails_again_is_not_called_restored() -> None:
    outage = an_outage(an_impact(System.EDI), an_impact(System.CERS))
    one_back = updated(outage, at("2026-11-26 11:00"), an_impact(System.EDI))
    again = updated(one_back, at("2026-11-26 12:00"), an_impact(System.EDI), an_impact(System.CERS))
    english, _ = parts(bulletin_facts(again, BulletinKind.UPDATE, before=one_back))
    assert "restored" not in " ".join(english.lead)
    assert len(english.systems) == 2


def test_a_system_taken_off_the_plan_is_still_told_as_such_when_the_rest_is_called_off() -> None:
    """The title no longer names it; without a word it would seem to be part of what is called off."""
    planned = a_scheduled_outage(an_impact(System.CERS), an_impact(System.EMANIFEST, Direction.INBOUND))
    smaller = updated(planned, at("2026-11-27 10:00"), an_impact(System.CERS))
    facts = bulletin_facts(cancelled(smaller, at("2026-11-27 12:00")), BulletinKind.CANCELLED, before=smaller)
    english, french = ({card.name: card.rows for card in part.systems} for part in parts(facts))
    assert [row.value for row in english["eManifest Portal"] if row.label == "Condition"] == [
        "No longer part of this outage"
    ]
    assert "Ne fait plus partie de cette panne" in {
        row.value for row in french["Portail du Manifeste électronique"]
    }
    others = [name for name in english if "CERS" in name]
    assert [row.label for name in others for row in english[name] if row.label == "Condition"] == []


def test_earlier_bulletins_stand_below_newest_first() -> None:
    """The earlier text is kept below."""
    english, _ = parts(STORIES["periodic"])
    assert [(entry.heading, entry.message) for entry in english.earlier] == [
        ("Bulletin 2 – Update – 2026-11-26 11:30 (ET)", NEWS.en),
        ("Bulletin 1 – Initial notice – 2026-11-26 10:00 (ET)", NEWS.en),
    ]
    assert parts(STORIES["resolved"])[0].earlier[0].message is None


def test_a_long_history_ends_with_a_pointer_to_the_rest_in_both_languages() -> None:
    text = Bilingual("x" * (EARLIER_LENGTH // 3), "y" * 100)
    one = Chapter(1, BulletinKind.UPDATE, at("2026-11-26 10:00"), text)
    facts = replace(STORIES["update"], earlier=(one,) * 3)
    for part in parts(facts):
        assert part.is_cut
        assert len(part.earlier) == 2
    assert "Older bulletins are on the web page of this outage." in flat(facts)


def test_a_history_is_the_same_whether_all_of_it_is_known_or_what_there_is_room_for() -> None:
    """So no more is read, however long an outage goes on."""
    silent = [Chapter(n, BulletinKind.PERIODIC, at("2026-11-26 10:00"), None) for n in range(99, 0, -1)]
    whole, known = (replace(STORIES["update"], earlier=tuple(silent[:n])) for n in (99, EARLIER_AT_MOST))
    assert flat(known) == flat(whole)
    assert "Older bulletins are on the web page of this outage." in flat(known)


def test_a_history_that_has_no_room_at_all_is_pointed_to() -> None:
    one = Chapter(1, BulletinKind.UPDATE, at("2026-11-26 10:00"), Bilingual("x" * EARLIER_LENGTH, "y"))
    assert "Older bulletins are on the web page" in flat(replace(STORIES["update"], earlier=(one,)))
