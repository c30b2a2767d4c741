"""Since when each system suffers, in the sentences of a bulletin's lead, and when the next bulletin comes."""

from dataclasses import replace

from outage_service.domain.bulletins import BulletinFacts, BulletinKind
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Direction, InternalSystem, System
from tests.builders import (
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    bulletin_facts,
    updated,
)
from tests.rendering.reading import flat, parts, spaced
from tests.rendering.stories import THURSDAY_1350

THURSDAY_14H = at("2026-11-26 14:00")
SUNDAY_605 = at("2026-11-29 06:05")


def told(outage: Outage) -> BulletinFacts:
    return bulletin_facts(outage, BulletinKind.UPDATE, before=outage)


def leads(outage: Outage) -> tuple[str, str]:
    english, french = (spaced(" ".join(part.lead)) for part in parts(told(outage)))
    return english, french


def test_no_system_is_told_to_have_been_out_since_another_s_start() -> None:
    later = an_impact(System.CERS, started_at=THURSDAY_1350)
    english, french = leads(updated(an_outage(), THURSDAY_14H, an_impact(), later))
    assert english == (
        "An outage has affected EDI since Thursday, November 26, 2026, 10:00 (ET). "
        "An outage has also affected the CERS Portal since Thursday, November 26, 2026, 13:50 (ET)."
    )
    assert french == (
        "Une panne touche l’EDI depuis le jeudi 26 novembre 2026 à 10 h (HE). "
        "Une panne touche aussi le portail du SCDE depuis le jeudi 26 novembre 2026 à 13 h 50 (HE)."
    )


def test_no_system_is_told_to_have_been_slow_since_another_s_start() -> None:
    later = replace(a_delay(System.CERS), started_at=THURSDAY_1350)
    slow = an_outage(a_delay(System.EDI))
    english, french = leads(updated(slow, THURSDAY_14H, a_delay(System.EDI), later))
    assert english == (
        "A delay in processing has affected EDI since Thursday, November 26, 2026, 10:00 (ET). "
        "A delay in processing has also affected the CERS Portal since Thursday, November 26, 2026, "
        "13:50 (ET)."
    )
    assert french == (
        "Un retard de traitement touche l’EDI depuis le jeudi 26 novembre 2026 à 10 h (HE). "
        "Un retard de traitement touche aussi le portail du SCDE depuis le jeudi 26 novembre 2026 "
        "à 13 h 50 (HE)."
    )


def test_systems_that_failed_together_stand_in_one_sentence() -> None:
    later = an_impact(System.CERS, started_at=THURSDAY_1350)
    outage = an_outage(an_impact(System.EDI), an_impact(System.SWI))
    english, french = leads(updated(outage, THURSDAY_14H, *outage.impacts, later))
    assert "An outage has affected EDI and the Single Window Initiative since" in english
    assert "Une panne touche l’EDI et l’Initiative du guichet unique depuis" in french


def test_each_direction_of_a_system_keeps_its_own_start() -> None:
    ways = (
        an_impact(System.EDI, Direction.INBOUND),
        an_impact(System.EDI, Direction.OUTBOUND, started_at=THURSDAY_1350),
    )
    english, french = leads(an_outage(*ways, started_at=at("2026-11-26 10:00"), declared_at=THURSDAY_14H))
    assert "affected EDI (inbound) since Thursday, November 26, 2026, 10:00" in english
    assert "affected EDI (outbound) since Thursday, November 26, 2026, 13:50" in english
    assert "touche l’EDI (entrant) depuis le jeudi 26 novembre 2026 à 10 h (HE)" in french
    assert "touche aussi l’EDI (sortant) depuis le jeudi 26 novembre 2026 à 13 h 50 (HE)" in french


def test_what_stands_beside_a_full_outage_keeps_its_own_start() -> None:
    """R8"""
    five = [an_impact(system) for system in System if system is not System.SWI]
    single_window = an_impact(System.SWI, started_at=THURSDAY_1350)
    outage = an_outage(*five, internal_systems=InternalSystem)
    english, _ = leads(updated(outage, THURSDAY_14H, *five, single_window))
    assert english.endswith(
        "10:00 (ET). An outage has also affected the Single Window Initiative since Thursday, "
        "November 26, 2026, 13:50 (ET)."
    )


def test_a_system_that_fails_again_in_a_planned_window_is_not_told_the_window_s_start() -> None:
    both = (an_impact(System.CERS), an_impact(System.EMANIFEST))
    planned = a_scheduled_outage(*both)
    one_back = updated(planned, at("2026-11-29 03:00"), an_impact(System.CERS))
    english, french = leads(updated(one_back, at("2026-11-29 04:00"), *both))
    assert english == (
        "A scheduled outage of the CERS Portal began on Sunday, November 29, 2026, 02:00 (ET). "
        "It has also affected the eManifest Portal since Sunday, November 29, 2026, 04:00 (ET). "
        "It is planned to end on Sunday, November 29, 2026, 06:00 (ET)."
    )
    assert french == (
        "Une panne prévue du portail du SCDE a commencé le dimanche 29 novembre 2026 à 2 h (HE). "
        "Elle touche aussi le portail du Manifeste électronique depuis le dimanche 29 novembre 2026 "
        "à 4 h (HE). Elle doit prendre fin le dimanche 29 novembre 2026 à 6 h (HE)."
    )


def test_a_planned_end_that_has_passed_is_not_told_as_still_to_come() -> None:
    """R17: until it is overrun, the next bulletin comes at the first slot after the planned end."""
    english, french = parts(told(updated(a_scheduled_outage(), SUNDAY_605)))
    assert "It was planned to end on Sunday, November 29, 2026, 06:00" in spaced(" ".join(english.lead))
    assert [spaced(row.value) for row in english.key_rows] == ["By Sunday, November 29, 2026, 10:05 (ET)"]
    assert [spaced(row.value) for row in french.key_rows] == [
        "Au plus tard le dimanche 29 novembre 2026 à 10 h 05 (HE)"
    ]
    assert "Should it run past" not in flat(told(updated(a_scheduled_outage(), SUNDAY_605)))
