"""Since when each system suffers, in the sentences of a help line (section 13 of the domain)."""

from datetime import datetime

from outage_service.content import load_content
from outage_service.domain.broadcasts import line_facts
from outage_service.domain.outages import Impact
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.texts import Bilingual
from outage_service.rendering.broadcasts import current_message
from outage_service.rendering.times import NBSP
from tests.builders import THURSDAY_10H, a_delay, a_scheduled_outage, an_impact, an_outage, at


def said(*impacts: Impact, now: datetime) -> Bilingual:
    outage = an_outage(*impacts, started_at=THURSDAY_10H, declared_at=now)
    return current_message(line_facts(HelpLine.TCCU, [outage], now=now), load_content()).text


def test_no_system_is_told_to_have_been_out_since_another_s_start() -> None:
    delayed, out = a_delay(System.EMANIFEST), an_impact(System.EDI, started_at=at("2026-11-26 13:55"))
    text = said(delayed, out, now=at("2026-11-26 14:00"))
    assert text.en.startswith(
        "EDI has been out of service since 1:55 p.m. Eastern Time. "
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
        "EDI and the Single Window Initiative have been out of service since 10:00 a.m. Eastern Time. "
        "The CERS Portal has been out of service since 10:15 a.m. Eastern Time."
    )
    assert text.fr.startswith(
        f"L’EDI et l’Initiative du guichet unique sont en panne depuis 10{NBSP}h, heure de l’Est. "
        f"Le portail du SCDE est en panne depuis 10{NBSP}h{NBSP}15, heure de l’Est."
    )


def test_a_scheduled_outage_of_several_systems_is_told_in_one_sentence() -> None:
    outage = a_scheduled_outage(an_impact(System.EDI), an_impact(System.SWI))
    facts = line_facts(HelpLine.TCCU, [outage], now=at("2026-11-29 03:00"))
    assert "EDI and the Single Window Initiative have been" in current_message(facts, load_content()).text.en
