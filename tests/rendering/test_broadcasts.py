"""What a help line says, in both languages (R11, R20–R25, P21)."""

from datetime import datetime, timedelta

import pytest

from outage_service.content import load_content
from outage_service.domain.broadcasts import LineState, Override, line_facts
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Direction, HelpLine, System, systems_of_line
from outage_service.domain.texts import Bilingual
from outage_service.rendering.broadcasts import (
    LineMessage,
    current_message,
    last_known_message,
    not_found_sentence,
    unknown_message,
)
from outage_service.rendering.times import NBSP
from tests.builders import (
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    resolved,
)

CONTENT = load_content()
ASSUME = CONTENT.wording.assume_ongoing
NOW = at("2026-11-26 10:20")
TIME = Bilingual(
    "This message is from 10:20 a.m. Eastern Time on Thursday, November 26.",
    f"Ce message a été établi le jeudi 26 novembre à 10{NBSP}h{NBSP}20, heure de l’Est.",
)


def said(
    line: HelpLine, *outages: Outage, now: datetime = NOW, override: Override | None = None
) -> Bilingual:
    return current_message(line_facts(line, outages, now=now, override=override), CONTENT).text


def last_known(line: HelpLine, *outages: Outage, now: datetime = NOW) -> LineMessage:
    return last_known_message(line_facts(line, outages, now=now), CONTENT)


def test_an_outage_is_told_in_the_order_a_caller_needs() -> None:
    """System, state, since when, procedures, assume ongoing, next update, time of the message."""
    text = said(HelpLine.TCCU, an_outage())
    assert text.en == (
        "An outage has affected EDI since 10:00 a.m. Eastern Time. Contingency procedures are in effect. "
        f"{ASSUME.en} The next update comes by 12 noon Eastern Time. {TIME.en}"
    )
    assert text.fr == (
        f"L’EDI est en panne depuis 10{NBSP}h, heure de l’Est. Les procédures d’urgence sont en vigueur. "
        f"{ASSUME.fr} La prochaine mise à jour suivra au plus tard à 12{NBSP}h, heure de l’Est. {TIME.fr}"
    )


def test_a_line_with_nothing_open_names_what_is_normal() -> None:
    """R22: never a bare "all systems"."""
    text = said(HelpLine.TCCU)
    assert text.en == (
        "EDI, the eManifest Portal, the CERS Portal and the Single Window Initiative are functioning "
        f"normally. Contingency procedures are not in effect. {TIME.en}"
    )
    assert text.fr == (
        "L’EDI, le portail du Manifeste électronique, le portail du SCDE et l’Initiative du guichet unique "
        f"fonctionnent normalement. Les procédures d’urgence ne sont pas en vigueur. {TIME.fr}"
    )


@pytest.mark.parametrize(
    ("line", "english", "french"),
    [
        (HelpLine.CTSU, "CAD/API is functioning normally.", "La DDC/API fonctionne normalement."),
        (
            HelpLine.CCSH,
            "The CARM Client Portal is functioning normally.",
            "Le portail client de la GCRA fonctionne normalement.",
        ),
    ],
)
def test_a_single_system_takes_the_singular(line: HelpLine, english: str, french: str) -> None:
    text = said(line, an_outage(an_impact(System.EDI)))
    assert (text.en.startswith(english), text.fr.startswith(french)) == (True, True)


def test_a_delay_below_the_threshold_is_told_without_procedures() -> None:
    """R5, R21."""
    text = said(HelpLine.TCCU, an_outage(a_delay(System.EDI, 20)))
    assert "EDI has had a delay in processing since" in text.en
    assert "L’EDI accuse un retard de traitement depuis" in text.fr
    assert "Contingency procedures are not in effect." in text.en
    assert "Les procédures d’urgence ne sont pas en vigueur." in text.fr
    assert ASSUME.en in text.en


def test_one_direction_is_told_as_such() -> None:
    text = said(HelpLine.TCCU, an_outage(an_impact(System.EMANIFEST, Direction.OUTBOUND)))
    assert text.en.startswith(
        "An outage has affected the eManifest Portal, for outgoing messages only, since"
    )
    assert text.fr.startswith(
        "Le portail du Manifeste électronique est en panne, pour les messages sortants seulement, depuis"
    )


def test_the_worst_is_told_first() -> None:
    outage = an_outage(a_delay(System.EDI, 5), an_impact(System.CERS))
    text = said(HelpLine.TCCU, outage)
    assert text.en.index("An outage has affected the CERS Portal") < text.en.index("EDI has had a delay")


def test_an_outage_is_told_before_a_delay_that_began_earlier() -> None:
    early = at("2026-11-26 09:00")
    delay = an_outage(a_delay(System.CERS), declared_at=early, number="TCC26-0002")
    text = said(HelpLine.TCCU, delay, an_outage())
    assert text.en.index("An outage has affected EDI") < text.en.index("The CERS Portal has had a delay")


def test_procedures_in_effect_for_some_systems_name_them() -> None:
    out, delayed = an_outage(an_impact(System.CERS)), an_outage(a_delay(System.EDI, 5), number="TCC26-0002")
    text = said(HelpLine.TCCU, out, delayed)
    assert "Contingency procedures are in effect for the CERS Portal only." in text.en
    assert "Les procédures d’urgence sont en vigueur pour le portail du SCDE seulement." in text.fr


def test_a_date_is_told_where_it_is_not_the_message_s_own() -> None:
    text = said(HelpLine.TCCU, an_outage(declared_at=at("2026-11-25 22:15")))
    assert "since 10:15 p.m. Eastern Time on Wednesday, November 25." in text.en
    assert f"depuis le mercredi 25 novembre à 22{NBSP}h{NBSP}15, heure de l’Est." in text.fr


def test_an_update_that_is_overdue_is_not_promised_for_a_time_that_has_passed() -> None:
    text = said(HelpLine.TCCU, an_outage(), now=at("2026-11-26 12:30"))
    assert "The next update comes shortly." in text.en
    assert "La prochaine mise à jour suivra sous peu." in text.fr


@pytest.mark.parametrize("delayed_at", ["2026-11-26 08:30", "2026-11-26 09:30"])
def test_of_several_outages_the_update_that_comes_first_is_told(delayed_at: str) -> None:
    """R15, R16: 10:00 + 2 h for the outage, 4 h for the delay."""
    delay = an_outage(a_delay(System.CERS), declared_at=at(delayed_at), number="TCC26-0002")
    text = said(HelpLine.TCCU, an_outage(), delay)
    assert "The next update comes by 12 noon Eastern Time." in text.en
    assert said(HelpLine.TCCU, delay, an_outage()) == text


def test_a_scheduled_outage_is_announced_while_all_is_normal() -> None:
    """R22."""
    text = said(HelpLine.TCCU, a_scheduled_outage(an_impact(System.CERS)))
    assert "are functioning normally." in text.en
    assert (
        "A scheduled outage is announced for the CERS Portal, from 2:00 a.m. Eastern Time on Sunday, "
        "November 29 to 6:00 a.m. Eastern Time."
    ) in text.en
    assert (
        f"Une panne prévue est annoncée pour le portail du SCDE{NBSP}: début le dimanche 29 novembre "
        f"à 2{NBSP}h, heure de l’Est; fin à 6{NBSP}h, heure de l’Est."
    ) in text.fr


@pytest.mark.parametrize(
    ("now", "english", "french"),
    [
        (
            "2026-11-29 03:00",
            "; this scheduled outage is planned to end at 6:00 a.m.",
            "dont la fin est annoncée pour 6",
        ),
        (
            "2026-11-29 06:15",
            "; this scheduled outage has run past its planned end, 6:00 a.m.",
            "au-delà de la fin annoncée, soit 6",
        ),
    ],
    ids=["under way", "overrun"],
)
def test_a_scheduled_outage_that_has_begun_tells_its_planned_end(now: str, english: str, french: str) -> None:
    """R11, R17: a planned end that has passed ends nothing."""
    text = said(HelpLine.TCCU, a_scheduled_outage(an_impact(System.CERS)), now=at(now))
    assert english in text.en
    assert french in text.fr
    assert ASSUME.en in text.en


def test_procedures_that_remain_in_effect_are_told_although_all_is_normal() -> None:
    """R6."""
    text = said(HelpLine.TCCU, resolved(an_outage(), NOW, remains_in_effect=True))
    assert "Contingency procedures remain in effect for EDI until a bulletin revokes them." in text.en
    assert (
        "Les procédures d’urgence restent en vigueur pour l’EDI jusqu’à ce qu’un bulletin les désactive."
        in text.fr
    )


def test_procedures_that_remain_are_told_also_while_something_else_is_open() -> None:
    """R6: a delay of another system calls for none."""
    kept = resolved(an_outage(), NOW, remains_in_effect=True)
    text = said(HelpLine.TCCU, kept, an_outage(a_delay(System.CERS), number="TCC26-0002"))
    assert "Contingency procedures are in effect for EDI only." in text.en
    assert "Les procédures d’urgence sont en vigueur pour l’EDI seulement." in text.fr


def test_a_scheduled_outage_is_announced_also_while_something_else_is_open() -> None:
    """R22: in the same text."""
    planned = a_scheduled_outage(an_impact(System.CERS), number="TCC26-0002")
    text = said(HelpLine.TCCU, an_outage(), planned)
    assert "A scheduled outage is announced for the CERS Portal" in text.en
    assert "Une panne prévue est annoncée pour le portail du SCDE" in text.fr


def test_a_ccp_outage_changes_neither_of_the_other_lines() -> None:
    """R20."""
    outage = an_outage(an_impact(System.CCP))
    assert said(HelpLine.TCCU, outage) == said(HelpLine.TCCU)
    assert said(HelpLine.CTSU, outage) == said(HelpLine.CTSU)
    assert said(HelpLine.CCSH, outage) != said(HelpLine.CCSH)


def test_too_much_to_tell_names_the_systems_and_refers_to_the_bulletins() -> None:
    outages = [
        an_outage(an_impact(system), declared_at=at(f"2026-11-2{day} 09:41"), number=f"TCC26-000{day}")
        for day, system in enumerate(systems_of_line(HelpLine.TCCU), start=1)
    ]
    text = said(HelpLine.TCCU, *outages)
    assert text.en.startswith(
        "An outage or a delay affects EDI, eManifest, CERS and SWI. Details are in the e-mail"
    )
    assert text.fr.startswith(
        f"Une panne ou un retard est en cours{NBSP}: EDI, Manifeste électronique, SCDE et IGU."
    )
    assert ASSUME.en in text.en


def test_the_hour_told_twice_in_autumn_is_told_apart_without_the_forbidden_word() -> None:
    """R22: French calls it "heure normale"."""
    text = said(
        HelpLine.TCCU, an_outage(declared_at=at("2026-11-01 01:30", fold=1)), now=at("2026-11-01 02:30")
    )
    assert "1:30 a.m. Eastern Standard Time" in text.en
    assert f"1{NBSP}h{NBSP}30, heure d’hiver de l’Est" in text.fr


OWN = Bilingual("Press 1 for <news> & more.", "Faites le 1 pour des <nouvelles> et plus.")


def overriding(message: Bilingual = OWN) -> Override:
    return Override(message, expires_at=NOW + timedelta(hours=1))


def test_an_override_is_said_as_it_was_written() -> None:
    """R23."""
    assert said(HelpLine.TCCU, override=overriding()) == OWN


def test_an_override_always_ends_with_assume_ongoing_while_anything_is_open() -> None:
    """R11, R23."""
    text = said(HelpLine.TCCU, an_outage(), override=overriding())
    assert text == Bilingual(f"{OWN.en} {ASSUME.en}", f"{OWN.fr} {ASSUME.fr}")


@pytest.mark.parametrize(
    "message",
    [Bilingual("All is normal.", "Tout va bien."), Bilingual("e" * 590, "f")],
    ids=["it says normal", "it leaves no room"],
)
def test_an_override_that_cannot_be_said_while_something_is_open_gives_way(message: Bilingual) -> None:
    """R22."""
    text = said(HelpLine.TCCU, an_outage(), override=overriding(message))
    assert text == said(HelpLine.TCCU, an_outage())


def test_a_message_tells_whether_it_is_an_operator_s() -> None:
    with_own = line_facts(HelpLine.TCCU, [], now=NOW, override=overriding())
    without = line_facts(HelpLine.TCCU, [], now=NOW)
    assert current_message(with_own, CONTENT).is_override
    assert not current_message(without, CONTENT).is_override


def test_last_known_with_nothing_open_tells_when_that_was_and_what_to_assume() -> None:
    """P21, R11."""
    message = last_known(HelpLine.CTSU)
    assert (message.state, message.is_stale) == (LineState.UNKNOWN, True)
    assert message.text.en == (
        "At 10:20 a.m. Eastern Time on Thursday, November 26, no outage or delay in progress was announced "
        "for CAD/API. What has happened since cannot be known at the moment. Until you receive a bulletin "
        "marked RESOLVED, assume that any announced outage is ongoing."
    )
    assert message.text.fr == (
        f"Voici ce qui était annoncé le jeudi 26 novembre à 10{NBSP}h{NBSP}20, heure de l’Est{NBSP}: "
        "aucune panne ni aucun retard en cours pour la DDC/API. Ce qui s’est passé depuis ne peut être "
        "vérifié pour l’instant. Tant que vous n’avez pas reçu de bulletin portant la mention RÉSOLU, "
        "considérez que toute panne annoncée se poursuit."
    )


def test_last_known_tells_what_was_open_and_promises_no_update() -> None:
    message = last_known(HelpLine.TCCU, an_outage())
    assert message.state is LineState.OUTAGE
    assert "no outage or delay" not in message.text.en
    assert "aucune panne" not in message.text.fr
    assert "An outage has affected EDI since 10:00 a.m. Eastern Time on Thursday" in message.text.en
    assert "next update" not in message.text.en
    assert "prochaine mise à jour" not in message.text.fr


def test_last_known_tells_of_procedures_only_where_they_were_in_effect() -> None:
    """R5, R6, P21: that none were does not stay true."""
    out, slow = last_known(HelpLine.TCCU, an_outage()), last_known(HelpLine.TCCU, an_outage(a_delay()))
    kept = last_known(HelpLine.TCCU, resolved(an_outage(), NOW, remains_in_effect=True))
    assert "Contingency procedures are in effect." in out.text.en
    assert "Les procédures d’urgence sont en vigueur." in out.text.fr
    assert "Contingency procedures were to remain in effect for EDI until" in kept.text.en
    assert "Les procédures d’urgence devaient rester en vigueur pour l’EDI jusqu’à" in kept.text.fr
    assert "procedures" not in slow.text.en
    assert "procédures" not in slow.text.fr


def test_last_known_tells_what_was_to_come() -> None:
    """It may have begun since."""
    message = last_known(HelpLine.TCCU, a_scheduled_outage())
    assert message.state is LineState.UNKNOWN
    assert "A scheduled outage was announced for EDI" in message.text.en


def test_last_known_leaves_an_override_out() -> None:
    """It may have been ended since, and it may say anything."""
    facts = line_facts(HelpLine.TCCU, [], now=NOW, override=overriding())
    message = last_known_message(facts, CONTENT)
    assert not message.is_override
    assert OWN.en not in message.text.en


@pytest.mark.parametrize("line", list(HelpLine))
def test_what_was_never_known_is_told_as_such(line: HelpLine) -> None:
    """P21."""
    message = unknown_message(line, CONTENT)
    assert (message.state, message.is_stale) == (LineState.UNKNOWN, True)
    assert "cannot be known" in message.text.en
    assert "assume that any announced outage is ongoing" in message.text.en
    assert "ne peut être vérifié" in message.text.fr
    assert "considérez que toute panne annoncée se poursuit" in message.text.fr
    assert "normal" not in (message.text.en + message.text.fr).lower()


def test_a_wrong_address_is_answered_with_a_sentence_and_a_number_in_both_languages() -> None:
    """R24: the hours go with the number."""
    sentence = not_found_sentence(CONTENT)
    assert "call the Technical Commercial Client Unit at 1 8 8 8 9 5 7 7 2 2 4" in sentence
    assert (
        "appelez l’Unité des services techniques aux clients commerciaux au 1 8 8 8 9 5 7 7 2 2 4" in sentence
    )
    assert "Monday to Friday, 8 a.m. to 5 p.m. Eastern Time; emergencies only" in sentence
    assert f"de 8{NBSP}h à 17{NBSP}h, heure de l’Est; en cas d’urgence seulement" in sentence


def test_planned_ends_are_left_out_before_states_and_starts_are() -> None:
    """One maintenance of two portals, one of them inbound only: its end alone is too much for French."""
    outage = a_scheduled_outage(
        an_impact(System.CERS), an_impact(System.EMANIFEST, direction=Direction.INBOUND)
    )
    text = said(HelpLine.TCCU, outage, now=at("2026-11-29 03:00"))
    since = "2:00 a.m. Eastern Time."
    assert text.en.startswith(f"An outage has affected the CERS Portal since {since} An outage has affected ")
    assert f"the eManifest Portal, for incoming messages only, since {since} Contingency" in text.en
    assert text.fr.startswith(f"Le portail du SCDE est en panne depuis 2{NBSP}h, heure de l’Est. Le portail ")
    assert "planned" not in text.en
    assert "annoncée" not in text.fr
