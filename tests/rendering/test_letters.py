"""Letters to one person: in both languages, with nothing in them that somebody else wrote."""

from inspect import signature
from itertools import product

import pytest

from outage_service.channels.email.addresses import Sender
from outage_service.channels.email.letter import freeze
from outage_service.content import load_content
from outage_service.domain.letters import Letter, LetterSlot
from outage_service.domain.texts import Language
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.rendering.letters import AlertKind, ComposedLetter, confirmation_letter
from outage_service.rendering.plain_text import WIDTH
from tests.builders import THURSDAY_10H
from tests.content.typography import faults

COMPOSER = BulletinComposer(load_content(), "https://outages.example.org/")
EN, FR = Language.EN, Language.FR


def every_letter() -> list[ComposedLetter]:
    alerts = [
        COMPOSER.alert(kind, number="TCC26-0001", host="mail-1", is_over=is_over, first=first)
        for kind, is_over, first in product(AlertKind, (False, True), Language)
    ]
    return [COMPOSER.confirmation(first) for first in Language] + alerts


def test_the_confirmation_letter_is_the_same_for_everybody() -> None:
    """P25: it cannot carry a text to a stranger."""
    assert COMPOSER.confirmation(EN) == COMPOSER.confirmation(EN)
    assert set(signature(confirmation_letter).parameters) == {"content", "first", "test_mode"}


@pytest.mark.parametrize("first", Language)
def test_the_confirmation_link_stands_where_it_can_be_filled_in(first: Language) -> None:
    body = COMPOSER.confirmation(first).body
    assert body.text.splitlines().count(LetterSlot.CONFIRM_URL) == 2
    assert body.html.count(f'href="{LetterSlot.CONFIRM_URL}"') == 2
    assert body.html.splitlines().count(LetterSlot.CONFIRM_URL) == 2


def test_the_language_asked_for_comes_first() -> None:
    assert COMPOSER.confirmation(EN).subject == (
        "Confirm your subscription to outage bulletins / Confirmez votre abonnement aux bulletins de panne"
    )
    french = COMPOSER.confirmation(FR)
    assert french.subject.startswith("Confirmez votre abonnement")
    assert french.body.text.index("Quelqu’un") < french.body.text.index("Somebody")


@pytest.mark.parametrize(
    ("kind", "number", "subject"),
    [
        (
            AlertKind.OVERRUN,
            "TCC26-0001",
            "TCC26-0001 is past its planned end / TCC26-0001 dépasse la fin prévue",
        ),
        (
            AlertKind.OVERDUE,
            "TCC26-0001",
            "A bulletin of TCC26-0001 is overdue / Un bulletin de TCC26-0001 est en retard",
        ),
        (AlertKind.RELAY_PAUSED, None, "The mail relay is paused / Le relais de courriel est en pause"),
    ],
)
def test_an_alert_says_what_is_wrong_in_its_subject(
    kind: AlertKind, number: str | None, subject: str
) -> None:
    assert COMPOSER.alert(kind, number=number).subject == subject


def test_that_an_alert_is_over_is_told_in_its_words() -> None:
    over = COMPOSER.alert(AlertKind.OVERDUE, number="TCC26-0001", is_over=True)
    assert over.subject == (
        "Over: A bulletin of TCC26-0001 is overdue"
        " / Fin de l’alerte\u00a0: Un bulletin de TCC26-0001 est en retard"
    )
    assert "is no longer so" in over.body.text


def test_an_alert_about_a_machine_names_it() -> None:
    body = " ".join(COMPOSER.alert(AlertKind.HEARTBEAT_LOST, host="mail-1").body.text.split())
    assert "on mail-1 has given no sign of life" in body
    assert "sur mail-1, ne donne plus signe de vie" in body
    body = " ".join(COMPOSER.alert(AlertKind.CLOCK_DIFFERS, host="mail-1").body.text.split())
    assert "The clock of the host mail-1 differs by more than 5 minutes" in body
    assert "L’horloge de l’hôte mail-1 diffère de plus de 5 minutes" in body


@pytest.mark.parametrize("language", Language)
def test_an_alert_about_an_outage_leads_to_its_page_in_the_reader_s_language(language: Language) -> None:
    """R17"""
    body = COMPOSER.alert(AlertKind.OVERRUN, number="TCC26-0001").body
    assert f"https://outages.example.org/{language}/outages/TCC26-0001" in body.text.splitlines()
    assert f'href="https://outages.example.org/{language}/outages/TCC26-0001"' in body.html


def test_an_overrun_alert_advises_nothing_that_would_be_refused() -> None:
    """R17: an end that has passed cannot be moved."""
    body = " ".join(COMPOSER.alert(AlertKind.OVERRUN, number="TCC26-0001").body.text.split())
    assert "Resolve it once service is back, or issue an update with what is known." in body
    assert (
        "Déclarez-la résolue dès que le service est rétabli, "
        "ou publiez une mise à jour avec ce que l’on sait." in body
    )


def test_an_alert_about_the_service_has_no_link() -> None:
    assert "https://" not in COMPOSER.alert(AlertKind.HEARTBEAT_LOST).body.text


def test_every_letter_follows_the_rules_of_form() -> None:
    for letter in every_letter():
        assert all(len(line) <= WIDTH for line in letter.body.text.splitlines())
        assert letter.body.html.count('lang="fr"') >= 1
        assert letter.body.html.count('lang="en"') >= 1
        french = [line for line in letter.body.text.splitlines() if "é" in line]
        assert [fault for line in french for fault in faults(line)] == []


def test_every_letter_can_be_sent() -> None:
    sender = Sender.parse("outages@example.org")
    for composed in every_letter():
        is_confirmation = LetterSlot.CONFIRM_URL in composed.body.text
        links = frozenset({LetterSlot.CONFIRM_URL}) if is_confirmation else frozenset()
        letter = Letter(composed.subject, composed.body.text, composed.body.html, EN, links)
        assert freeze(letter, sender=sender, issued_at=THURSDAY_10H)


def test_test_mode_marks_letters_too() -> None:
    """P33"""
    marked = BulletinComposer(load_content(), "https://x.example", test_mode=True).confirmation(FR)
    assert marked.subject.startswith("[EXERCICE / EXERCISE] ")
    assert "EXERCICE – message d’essai" in marked.body.text
    assert "EXERCISE – test message" in marked.body.html
