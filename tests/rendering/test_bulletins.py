"""What a bulletin says, of every kind and state, in both languages (R5–R18)."""

import pytest

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import ContingencyState, OutageState
from outage_service.domain.systems import FULL_OUTAGE, InternalSystem, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.rendering.titles import titled_impacts
from tests.builders import an_impact, an_outage, at, bulletin_facts, resolved
from tests.content.typography import faults
from tests.content.walk import lacking
from tests.rendering.reading import BASE_URL, COMPOSED, CONTENT, own_words, parts, spaced
from tests.rendering.stories import CLOSED, OPEN, STORIES

every_story = pytest.mark.parametrize("story", STORIES)


def test_every_kind_has_a_story() -> None:
    assert {facts.kind for facts in STORIES.values()} == set(BulletinKind)


@every_story
def test_both_languages_say_the_same_number_of_things(story: str) -> None:
    english, french = parts(STORIES[story])
    assert len(own_words(english)) == len(own_words(french))
    assert [len(card.rows) for card in english.systems] == [len(card.rows) for card in french.systems]


@every_story
def test_both_languages_use_the_official_terms(story: str) -> None:
    """Mistake of real bulletins: French naming another procedure than English."""
    english, french = parts(STORIES[story])
    pairs = zip(own_words(english), own_words(french), strict=True)
    texts = [Bilingual(en + "-", fr + "-") for en, fr in pairs]
    assert [found for text in texts if (found := lacking(CONTENT.glossary, text))] == []


@every_story
def test_french_follows_its_typography(story: str) -> None:
    _, french = parts(STORIES[story])
    assert [fault for text in own_words(french) for fault in faults(text)] == []


@every_story
def test_title_and_body_name_the_same_systems(story: str) -> None:
    """Mistake of real bulletins: a title naming two portals and a body naming three."""
    facts = STORIES[story]
    english, _ = parts(facts)
    cards = {card.name for card in english.systems}
    assert cards == {CONTENT.systems[system].full.plain.en for system in facts.systems}
    if not facts.is_full:
        named = {s for s in System if CONTENT.systems[s].short.plain.en in english.title}
        assert named == {impact.system for impact in titled_impacts(facts)}


@pytest.mark.parametrize("story", OPEN)
def test_clients_of_an_open_outage_are_told_to_take_it_for_ongoing(story: str) -> None:
    """R11: the sentence is fixed and stands unbroken in both bodies."""
    bodies = COMPOSED[story].mail[Language.FR]
    for sentence in (CONTENT.wording.assume_ongoing.en, CONTENT.wording.assume_ongoing.fr):
        assert sentence in bodies.text.splitlines()
        assert f">{sentence}<" in bodies.html


@pytest.mark.parametrize("story", CLOSED)
def test_nobody_is_told_that_a_closed_outage_is_ongoing(story: str) -> None:
    assert CONTENT.wording.assume_ongoing.en not in COMPOSED[story].mail[Language.EN].text


def test_before_the_start_the_outage_is_ongoing_only_from_then_on() -> None:
    english, french = parts(STORIES["advance"])
    assert english.ongoing[0] == "From the planned start on:"
    assert french.ongoing[0] == "À partir du début prévu\u00a0:"
    assert parts(STORIES["in the window"])[0].ongoing == (CONTENT.wording.assume_ongoing.en,)


@pytest.mark.parametrize(
    ("story", "english", "french"),
    [
        (
            "initial",
            "By Thursday, November 26, 2026, 12:00 (ET)",
            "Au plus tard le jeudi 26 novembre 2026 à 12 h (HE)",
        ),
        (
            "delay",
            "By Thursday, November 26, 2026, 14:00 (ET)",
            "Au plus tard le jeudi 26 novembre 2026 à 14 h (HE)",
        ),
        (
            "overrun",
            "By Sunday, November 29, 2026, 14:00 (ET)",
            "Au plus tard le dimanche 29 novembre 2026 à 14 h (HE)",
        ),
        (
            "advance",
            "Reminder by Wednesday, November 25, 2026, 21:00 (ET)",
            "Rappel au plus tard le mercredi 25 novembre 2026 à 21 h (HE)",
        ),
        ("last reminder", "When the outage is resolved", "Lorsque la panne sera résolue"),
        ("in the window", "When the outage is resolved", "Lorsque la panne sera résolue"),
        ("resolved", "No further bulletin is planned", "Aucun autre bulletin n’est prévu"),
        (
            "resolved, procedures remain",
            "When contingency procedures are revoked",
            "À la désactivation des procédures d’urgence",
        ),
        ("cancelled", "No further bulletin is planned", "Aucun autre bulletin n’est prévu"),
    ],
)
def test_a_bulletin_says_when_the_next_one_comes(story: str, english: str, french: str) -> None:
    """Section 2: no peer and no real bulletin does; it is the point of a cadence."""
    said = [part.key_rows for part in parts(STORIES[story])]
    rows = [next(row for row in rows if row.label in ("Next bulletin", "Prochain bulletin")) for rows in said]
    assert [spaced(row.value) for row in rows] == [english, french]


def test_a_scheduled_outage_says_what_follows_if_it_runs_late() -> None:
    """R17"""
    row = parts(STORIES["in the window"])[0].key_rows[0]
    assert "Should it run past its planned end, by Sunday, November 29, 2026, 10:00" in spaced(row.note)


@pytest.mark.parametrize(
    ("story", "english", "french"),
    [
        (
            "initial",
            "This bulletin invokes contingency procedures. They are in effect from Thursday",
            "Le présent bulletin active les procédures d’urgence",
        ),
        (
            "update",
            "Contingency procedures remain in effect. They have been in effect since Thursday",
            "Les procédures d’urgence demeurent en vigueur",
        ),
        (
            "advance",
            "Contingency procedures are invoked with effect from the start of the outage, Sunday",
            "sont activées à compter du début de la panne, le dimanche",
        ),
        ("overrun", "Contingency procedures remain in effect", "demeurent en vigueur"),
        (
            "resolved",
            "Contingency procedures are revoked as of Thursday, November 26, 2026, 15:00",
            "sont désactivées à compter du jeudi 26 novembre 2026 à 15 h",
        ),
        (
            "resolved, procedures remain",
            "remain in effect while the backlog clears",
            "demeurent en vigueur le temps de traiter l’arriéré",
        ),
        (
            "revoked afterwards",
            "are revoked as of Thursday, November 26, 2026, 18:00",
            "sont désactivées à compter du jeudi 26 novembre 2026 à 18 h",
        ),
        (
            "correction",
            "were revoked on Thursday, November 26, 2026, 15:05",
            "ont été désactivées le jeudi 26 novembre 2026 à 15 h 05",
        ),
        (
            "delay",
            "are not invoked: this is a delay in processing, not an outage",
            "ne sont pas activées : il s’agit d’un retard de traitement et non d’une panne",
        ),
        (
            "delay resolved",
            "were not invoked, so no deadlines follow",
            "n’ont pas été activées; aucune échéance",
        ),
        (
            "back to a delay, procedures stay",
            "they apply until a bulletin revokes them",
            "elles s’appliquent jusqu’à ce qu’un bulletin les désactive",
        ),
        (
            "procedures revoked in a delay",
            "a new bulletin will invoke them",
            "un nouveau bulletin les activera",
        ),
        ("cancelled", "will not be in effect", "ne seront pas en vigueur"),
    ],
)
def test_a_bulletin_says_whether_procedures_apply(story: str, english: str, french: str) -> None:
    """R5, R6, R36"""
    said = [spaced(" ".join(part.procedures)) for part in parts(STORIES[story])]
    assert english in said[0]
    assert french in said[1]


def test_a_system_withdrawn_from_the_plan_is_not_said_to_have_ended() -> None:
    """No end before a start; it never suffered anything."""
    text = COMPOSED["smaller than announced"].page[Language.EN].text
    card = text.partition("eManifest Portal\n")[2].partition("\n\n")[0]
    assert "No longer part of this outage" in card
    assert "End Date" not in card
    assert "restored" not in text.lower()
    assert "Ne fait plus partie de cette panne" in text


def test_a_correction_names_the_bulletin_it_corrects() -> None:
    assert [part.lead[0][:50] for part in parts(STORIES["correction"])] == [
        "This bulletin corrects bulletin 4 of this outage. ",
        "Le présent bulletin corrige le bulletin 4 de cette",
    ]


@pytest.mark.parametrize(
    ("story", "status"),
    [
        ("initial", "OUTAGE"),
        ("delay", "DELAY IN PROCESSING"),
        ("advance", "SCHEDULED OUTAGE"),
        ("in the window", "OUTAGE"),
        ("overrun", "OUTAGE PAST ITS PLANNED END"),
        ("resolved", "RESOLVED"),
        ("resolved, procedures remain", "RESOLVED – PROCEDURES REMAIN"),
        ("cancelled", "CANCELLED"),
    ],
)
def test_a_bulletin_is_marked_with_where_the_outage_stands(story: str, status: str) -> None:
    assert parts(STORIES[story])[0].status_text == status


@every_story
def test_only_a_resolved_outage_is_marked_resolved(story: str) -> None:
    """R11: clients wait for that mark."""
    facts = STORIES[story]
    for part in parts(facts):
        assert ("RÉSOLU" in part.status_text or "RESOLVED" in part.status_text) is (
            facts.state is OutageState.RESOLVED
        )


def test_a_full_outage_is_called_one() -> None:
    """R8"""
    for story in ("full CBSA outage", "full CBSA outage resolved"):
        english, french = parts(STORIES[story])
        assert "ull CBSA system outage" in english.lead[0]
        assert "anne générale des systèmes de l’ASFC" in french.lead[0]


def test_a_full_outage_began_with_the_last_of_its_systems_and_the_single_window_stands_beside_it() -> None:
    """R8: EDI alone was out at 10:00; the title names the single window, so the text does too."""
    english, french = (spaced(part.lead[0]) for part in parts(STORIES["full CBSA outage by degrees"]))
    assert english == (
        "A full CBSA system outage began on Thursday, November 26, 2026, 13:50 (ET). "
        "A delay in processing has affected the Single Window Initiative since Thursday, "
        "November 26, 2026, 12:30 (ET)."
    )
    assert french == (
        "Une panne générale des systèmes de l’ASFC a commencé le jeudi 26 novembre 2026 à 13 h 50 (HE). "
        "Un retard de traitement touche l’Initiative du guichet unique depuis le jeudi "
        "26 novembre 2026 à 12 h 30 (HE)."
    )


def test_a_single_window_that_is_out_too_is_told_of_beside_a_full_outage() -> None:
    """R8: allowed, not required."""
    english, french = (spaced(part.lead[0]) for part in parts(STORIES["full CBSA outage"]))
    assert " An outage has also affected the Single Window Initiative since Thursday, " in english
    assert " Une panne touche aussi l’Initiative du guichet unique depuis le jeudi " in french


@pytest.mark.parametrize(
    ("story", "english", "french"),
    [
        (
            "full CBSA outage resolved",
            "outage, including the Single Window Initiative, was resolved on Thursday",
            "l’ASFC, y compris l’Initiative du guichet unique, a été résolue le jeudi",
        ),
        (
            "full CBSA outage by degrees resolved",
            "outage and the delay in processing of the Single Window Initiative were resolved on",
            "l’ASFC et le retard de traitement de l’Initiative du guichet unique ont été résolus le",
        ),
    ],
)
def test_the_end_of_a_full_outage_is_also_that_of_what_stood_beside_it(
    story: str, english: str, french: str
) -> None:
    """R8, R14"""
    said = [spaced(part.lead[0]) for part in parts(STORIES[story])]
    assert said[0].startswith(f"The full CBSA system {english}")
    assert said[1].startswith(f"La panne générale des systèmes de {french}")


def test_a_full_outage_without_the_single_window_does_not_name_it() -> None:
    """R8"""
    down = an_outage(*map(an_impact, sorted(FULL_OUTAGE)), internal_systems=InternalSystem)
    over = resolved(down, at("2026-11-26 12:00"))
    for facts in (bulletin_facts(down), bulletin_facts(over, BulletinKind.RESOLVED, before=down)):
        english, french = (spaced(" ".join(part.lead)) for part in parts(facts))
        assert english.count("(ET)") == french.count("(HE)") == 1
        assert "Single Window" not in english
        assert "guichet unique" not in french


@every_story
def test_the_same_facts_give_the_same_text(story: str) -> None:
    """P15"""
    assert BulletinComposer(CONTENT, BASE_URL).compose(STORIES[story]) == COMPOSED[story]


def test_procedures_of_every_state_have_a_story() -> None:
    assert {facts.contingency.state for facts in STORIES.values()} == set(ContingencyState)
