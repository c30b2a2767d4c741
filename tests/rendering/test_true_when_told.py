"""What could be read as more than is known: extended relief before the end (R51, R54), old news (R17)."""

from dataclasses import replace

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.systems import System
from tests.builders import (
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    bulletin_facts,
    extended,
    resolved,
    updated,
)
from tests.rendering.reading import parts, spaced
from tests.rendering.stories import STORIES

EIGHT_PM = at("2026-11-26 20:00")


def test_the_label_says_at_least_while_the_outage_goes_on() -> None:
    """R51: whoever reads only the label must not put the paper away at that time."""
    english, french = parts(STORIES["relief extended meanwhile"])
    assert english.deadlines[0].label == "EDI – Paper accepted at least until"
    assert french.deadlines[0].label == "EDI – Papier accepté au moins jusqu’au"


def test_the_label_names_the_end_once_it_is_known() -> None:
    english, _ = parts(STORIES["relief extended for all"])
    assert english.deadlines[0].label == "Paper accepted until"


def test_where_procedures_outlive_the_outage_they_may_give_more_time() -> None:
    """R6, R54: the anchor is their revocation."""
    backlog = resolved(an_outage(), at("2026-11-26 15:00"), remains_in_effect=True)
    longer = extended(backlog, at("2026-11-26 16:00"), paper=EIGHT_PM)
    english, french = parts(bulletin_facts(longer, BulletinKind.GRACE, before=backlog))
    assert english.deadlines[0].note.endswith("and longer if the outage or its procedures go on.")
    assert french.deadlines[0].note.endswith("si la panne ou ses procédures se prolongent.")
    assert "If the end of the outage or of its procedures gives more time" in " ".join(english.lead)
    assert "Si la fin de la panne ou de ses procédures donne plus de temps" in " ".join(french.lead)


def test_once_procedures_are_revoked_no_more_time_is_held_out() -> None:
    english, french = parts(STORIES["relief extended for all"])
    assert "more time" not in " ".join(english.lead)
    assert "plus de temps" not in " ".join(french.lead)


def test_news_older_than_the_outage_is_not_what_nothing_has_been_new_since() -> None:
    """R17: that a planned outage began, and has overrun, is new since it was announced."""
    english, french = (spaced(" ".join(part.lead)) for part in parts(STORIES["overrun"]))
    assert english.endswith("There has been nothing new to report since it began.")
    assert french.endswith("Il n’y a rien de nouveau à signaler depuis qu’elle a commencé.")


def test_news_given_during_a_planned_outage_keeps_its_time() -> None:
    facts = replace(STORIES["overrun"], message_at=at("2026-11-29 05:00"))
    english, french = (spaced(" ".join(part.lead)) for part in parts(facts))
    assert english.endswith("since Sunday, November 29, 2026, 05:00 (ET).")
    assert french.endswith("depuis le dimanche 29 novembre 2026 à 5 h (HE).")


def test_the_resolved_bulletin_of_a_relapse_does_not_sound_as_if_the_fault_came_back() -> None:
    """It is repeated in every bulletin of the outage, also in the one that says it is over."""
    english, french = parts(replace(STORIES["resolved"], relapse_of="TCC26-0007"))
    assert [link.text for link in (*english.relapses, *french.relapses)] == [
        "The same fault caused an earlier outage. See TCC26-0007.",
        "Le même problème a causé une panne antérieure. Voir TCC26-0007.",
    ]


def test_clients_of_a_system_taken_off_a_planned_outage_are_told_so_at_the_top() -> None:
    english, french = (spaced(" ".join(part.lead)) for part in parts(STORIES["smaller than announced"]))
    assert english.endswith("06:00 (ET). It no longer includes the eManifest Portal (inbound).")
    assert french.endswith("Elle ne comprend plus le portail du Manifeste électronique (entrant).")


def test_a_system_that_was_put_back_is_not_told_as_taken_off() -> None:
    planned = (an_impact(System.CERS), an_impact(System.EDI))
    announced = a_scheduled_outage(*planned)
    smaller = updated(announced, at("2026-11-27 10:00"), an_impact(System.CERS))
    again = updated(smaller, at("2026-11-27 11:00"), *planned)
    english, french = parts(bulletin_facts(again, BulletinKind.UPDATE, before=smaller))
    assert "no longer" not in " ".join(english.lead)
    assert "ne comprend plus" not in " ".join(french.lead)


def test_a_system_taken_off_a_planned_outage_has_no_clients_affected() -> None:
    for part in parts(STORIES["smaller than announced"]):
        withdrawn, planned = ([row.label for row in card.rows] for card in part.systems)
        assert len(withdrawn) == 2
        assert {"Clients Affected", "Clients touchés"} & set(planned)
        assert not {"Clients Affected", "Clients touchés"} & set(withdrawn)
