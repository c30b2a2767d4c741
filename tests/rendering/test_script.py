"""Since when each system suffers, and what stays true when old, as a help line says it (P21)."""

from datetime import datetime

from outage_service.content import load_content
from outage_service.domain.broadcasts import line_facts
from outage_service.domain.outages import Impact, Outage
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.texts import Bilingual
from outage_service.rendering.broadcasts import current_message, last_known_message
from outage_service.rendering.times import NBSP
from tests.builders import THURSDAY_10H, a_delay, a_scheduled_outage, an_impact, an_outage, at, resolved


def said(*impacts: Impact, now: datetime) -> Bilingual:
    outage = an_outage(*impacts, started_at=THURSDAY_10H, declared_at=now)
    return current_message(line_facts(HelpLine.TCCU, [outage], now=now), load_content()).text


def test_no_system_is_told_to_have_been_out_since_another_s_start() -> None:
    delayed, out = a_delay(System.EMANIFEST), an_impact(System.EDI, started_at=at("2026-11-26 13:55"))
    text = said(delayed, out, now=at("2026-11-26 14:00"))
    assert text.en.startswith(
        "An outage has affected EDI since 1:55 p.m. Eastern Time. "
        "The eManifest Portal has had a delay in processing since 10:00 a.m. Eastern Time."
    )
    assert text.fr.startswith(
        f"L’EDI est en panne depuis 13{NBSP}h{NBSP}55, heure de l’Est. Le portail du Manifeste électronique "
        f"accuse un retard de traitement depuis 10{NBSP}h, heure de l’Est."
    )


def test_systems_out_alike_stand_together_where_they_failed_together() -> None:
    later = at("2026-11-26 10:15")
    impacts = [an_impact(System.EDI), an_impact(System.CERS, started_at=later), an_impact(System.SWI)]
    text = said(*impacts, now=at("2026-11-26 10:20"))
    assert text.en.startswith(
        "An outage has affected EDI and the Single Window Initiative since 10:00 a.m. Eastern Time. "
        "An outage has affected the CERS Portal since 10:15 a.m. Eastern Time."
    )
    assert text.fr.startswith(
        f"L’EDI et l’Initiative du guichet unique sont en panne depuis 10{NBSP}h, heure de l’Est. "
        f"Le portail du SCDE est en panne depuis 10{NBSP}h{NBSP}15, heure de l’Est."
    )


def test_a_scheduled_outage_of_several_systems_is_told_in_one_sentence() -> None:
    outage = a_scheduled_outage(an_impact(System.EDI), an_impact(System.SWI))
    facts = line_facts(HelpLine.TCCU, [outage], now=at("2026-11-29 03:00"))
    text = current_message(facts, load_content()).text.en
    assert "An outage has affected EDI and the Single Window Initiative since" in text


def test_a_delay_that_counts_as_an_outage_is_not_told_as_a_system_that_is_gone() -> None:
    """R34: what is sent is received and waits its turn."""
    text = said(a_delay(System.EDI, 75), now=at("2026-11-26 10:20"))
    assert text.en.startswith("An outage has affected EDI since 10:00 a.m. Eastern Time.")
    assert "out of service" not in text.en
    assert text.fr.startswith("L’EDI est en panne depuis")


def test_a_planned_end_that_has_passed_is_not_told_as_still_to_come() -> None:
    """R17: it is overrun only a quarter of an hour later."""
    facts = line_facts(HelpLine.TCCU, [a_scheduled_outage()], now=at("2026-11-29 06:05"))
    text = current_message(facts, load_content()).text
    assert "; this scheduled outage was planned to end at 6:00 a.m. Eastern Time." in text.en
    assert f"panne prévue dont la fin était annoncée pour 6{NBSP}h, heure de l’Est." in text.fr


def last_known(*outages: Outage, now: str) -> Bilingual:
    return last_known_message(line_facts(HelpLine.TCCU, outages, now=at(now)), load_content()).text


def test_last_known_dates_a_planned_outage_that_was_announced_for_the_same_day() -> None:
    """P21: it may be listened to the day after."""
    text = last_known(a_scheduled_outage(), now="2026-11-29 00:30")
    assert (
        "A scheduled outage was announced for EDI, from 2:00 a.m. Eastern Time on Sunday, November 29 "
        "to 6:00 a.m. Eastern Time."
    ) in text.en
    assert (
        f"Une panne prévue était annoncée pour l’EDI{NBSP}: début le dimanche 29 novembre à 2{NBSP}h, "
        f"heure de l’Est; fin à 6{NBSP}h, heure de l’Est."
    ) in text.fr


def test_last_known_dates_what_was_open() -> None:
    """P21"""
    text = last_known(an_outage(), now="2026-11-26 10:20")
    assert (
        "the following was announced. An outage has affected EDI since 10:00 a.m. Eastern Time on Thursday, "
        "November 26."
    ) in text.en
    assert f"L’EDI est en panne depuis le jeudi 26 novembre à 10{NBSP}h, heure de l’Est." in text.fr


def test_last_known_dates_the_planned_end_of_what_had_begun() -> None:
    """P21"""
    text = last_known(a_scheduled_outage(), now="2026-11-29 03:00")
    assert "planned to end at 6:00 a.m. Eastern Time on Sunday, November 29." in text.en
    assert f"annoncée pour le dimanche 29 novembre à 6{NBSP}h, heure de l’Est." in text.fr


def test_last_known_tells_what_was_to_come_in_the_past_where_there_was_too_much_of_it() -> None:
    """P21"""
    planned = [
        a_scheduled_outage(an_impact(system), number=f"TCC26-000{count}")
        for count, system in enumerate((System.EDI, System.EMANIFEST, System.CERS, System.SWI), start=1)
    ]
    text = last_known(*planned, now="2026-11-29 00:30")
    assert "Scheduled outages were announced for EDI, the eManifest Portal, the CERS Portal and" in text.en
    assert f"Des pannes prévues étaient annoncées, qui concernent{NBSP}: l’EDI, le portail" in text.fr


def test_last_known_does_not_say_of_procedures_that_they_still_remain() -> None:
    """R6, P21"""
    over = resolved(an_outage(), at("2026-11-26 10:20"), remains_in_effect=True)
    text = last_known(over, now="2026-11-26 10:30")
    assert "Contingency procedures were to remain in effect for EDI until a bulletin revokes them." in text.en
    assert (
        "Les procédures d’urgence devaient rester en vigueur pour l’EDI jusqu’à ce qu’un bulletin les "
        "désactive."
    ) in text.fr


def test_one_planned_outage_of_one_system_is_told_in_the_singular_where_there_is_no_room() -> None:
    failed = [
        an_outage(an_impact(system), declared_at=at(f"2026-11-2{day} 09:41"), number=f"TCC26-000{day}")
        for day, system in enumerate((System.EDI, System.EMANIFEST, System.CERS, System.SWI), start=1)
    ]
    planned = a_scheduled_outage(an_impact(System.EDI), number="TCC26-0005")
    facts = line_facts(HelpLine.TCCU, [*failed, planned], now=at("2026-11-26 10:20"))
    text = current_message(facts, load_content()).text
    assert "A scheduled outage is announced for EDI; details are in the e-mail bulletins." in text.en
    assert f"Une panne prévue est annoncée, qui concerne{NBSP}: EDI; les détails" in text.fr
