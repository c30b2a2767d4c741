"""The board: what is open, how its bulletin fares, what is wrong, and no more work than there is news."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.edge.publish import Publisher
from outage_service.rendering.letters import AlertKind
from outage_service.services import external_outages
from outage_service.services.board import Trouble
from outage_service.services.engine import Engine
from outage_service.services.pulse import Pulse
from outage_service.storage import DatabaseError, workers
from outage_service.storage.alerts import clear_alert, raise_alert
from outage_service.web.app import create_app
from outage_service.web.texts import texts_in
from tests.builders import SUNDAY_6H, a_client_report, a_delay, an_impact
from tests.desk import Desk, a_desk
from tests.services.acts import TCCU, announce, declare, resolve, subscribe, update
from tests.storage.rows import all_claims, end
from tests.support.read_only import read_only
from tests.web.client import Api

OF_ITS_OWN = {
    AlertKind.OVERDUE,  # the card of its outage tells
    AlertKind.OVERRUN,
    AlertKind.REGIONAL_LETTER_LOST,  # they name a mailbox or a case
    AlertKind.CASE_LETTER_LOST,
    AlertKind.ESCALATION_LOST,
}
SEEN = {"Outage-Poll": "1"}


@pytest.fixture(autouse=True)
def _somebody_sends(engine: Engine) -> None:
    """A sender lives: what is wrong otherwise is what a test makes wrong."""
    engine.db.write(lambda tx: workers.register_worker(tx, "one", host="here"))


def board(desk: Desk, language: str = "en") -> str:
    answer = desk.get(f"/{language}/console/")
    assert answer.status_code == 200
    return answer.text


def test_an_empty_board_says_that_all_is_quiet(tccu_desk: Desk) -> None:
    assert "No outages" in board(tccu_desk)
    assert "Aucune panne" in board(tccu_desk, "fr")
    assert "Look into this" not in board(tccu_desk)


@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind not in OF_ITS_OWN])
def test_whatever_operators_are_mailed_of_stands_on_the_board(
    kind: AlertKind, engine: Engine, tccu_desk: Desk
) -> None:
    """P22."""
    engine.db.write(lambda tx: raise_alert(tx, (kind.value, ""), now=engine.clock()))
    assert "Look into this" in board(tccu_desk)


def test_whatever_can_be_wrong_has_its_words() -> None:
    told = texts_in("console_board", Language.FR)
    assert {f"trouble_{each}" for each in Trouble} <= set(told)


def test_every_outage_in_effect_is_shown_what_is_open_first(tccu_desk: Desk, engine: Engine) -> None:
    announce(engine, an_impact(System.SWI))
    declare(engine, a_delay(System.CERS))
    resolve(engine, declare(engine, an_impact(System.EDI)), remains_in_effect=True)
    resolve(engine, declare(engine, an_impact(System.CCP)))
    text = board(tccu_desk)
    order = [text.find(f'<h3 id="TCC26-000{number}"') for number in (2, 1, 3)]
    assert -1 not in order
    assert order == sorted(order)
    assert 'id="TCC26-0004"' not in text


def test_the_next_bulletin_is_counted_down_to(tccu_desk: Desk, engine: Engine, clock: VirtualClock) -> None:
    """In words for those without scripts, as an instant for the script."""
    declare(engine)
    clock.advance(timedelta(minutes=8))
    assert 'data-due="2026-11-26T17:00:00Z">in 1 h 52 min<' in board(tccu_desk).replace("\u00a0", " ")
    assert ">dans 1 h 52 min<" in board(tccu_desk, "fr").replace("\u00a0", " ")


def test_a_bulletin_that_is_late_is_told(app: FastAPI, engine: Engine, clock: VirtualClock) -> None:
    declare(engine)
    clock.advance(timedelta(hours=2, minutes=1))
    text = board(a_desk(app, engine, Role.TCCU))
    assert "TCC26-0001: a bulletin is overdue." in text
    assert "1\u00a0min late" in text


def test_a_planned_end_that_has_passed_is_told(app: FastAPI, engine: Engine, clock: VirtualClock) -> None:
    """R17."""
    announce(engine)
    clock.advance(SUNDAY_6H - clock() + timedelta(minutes=30))
    assert "TCC26-0001: the planned end has passed." in board(a_desk(app, engine, Role.TCCU))


def test_nobody_who_sends_is_told(tccu_desk: Desk, engine: Engine) -> None:
    engine.db.write(lambda tx: workers.sign_off(tx, "one"))
    assert "No sender is at work." in board(tccu_desk)


def test_a_database_that_takes_no_writes_is_told_and_no_missing_sender(
    tccu_desk: Desk, engine: Engine
) -> None:
    """P22: to start a sender would not help."""
    engine.db.write(lambda tx: workers.sign_off(tx, "one"))
    with read_only(engine), pytest.raises(DatabaseError):
        Pulse(engine).beat()
    assert "The database takes no writes." in board(tccu_desk)
    assert "No sender is at work." not in board(tccu_desk)
    assert "La base de données n’accepte aucune écriture." in board(tccu_desk, "fr")
    Pulse(engine).beat()
    assert "The database takes no writes." not in board(tccu_desk)


def test_files_that_cannot_be_written_are_told_until_they_can(engine: Engine, tmp_path: Path) -> None:
    """P22: what the web server shows while the service is down would grow old unnoticed."""
    in_the_way = tmp_path / "public"
    in_the_way.write_text("a file, not a folder")
    publisher = Publisher(in_the_way, "desk")
    publishing = replace(engine, publisher=publisher)
    app = create_app(publishing)
    desk, api = a_desk(app, publishing, Role.TCCU), Api(app)
    assert not publisher.publish({"index.html": b""})
    assert "The files that the web server shows while this service is down cannot be written" in board(desk)
    assert "ne peuvent pas être écrits et vieillissent" in board(desk, "fr")
    assert "outage_published 0.0" in api.get("/metrics").text
    in_the_way.unlink()
    assert publisher.publish({"index.html": b""})
    assert "Look into this" not in board(desk)
    assert "outage_published 1.0" in api.get("/metrics").text


def test_what_operators_are_alerted_of_stands_here_until_it_is_over(tccu_desk: Desk, engine: Engine) -> None:
    """P22."""
    events = [("relay_paused", ""), ("heartbeat_lost", "mail-2"), ("overrun", "TCC26-0009")]
    events += [("clock_differs", "mail-3"), ("alert_letter_lost", "")]
    events.append(("database_clock_differs", ""))
    for event in events:
        engine.db.write(lambda tx, event=event: raise_alert(tx, event, now=engine.clock()))
    text = board(tccu_desk)
    assert "The mail relay cannot be used." in text
    assert "The host mail-2 has stopped without a word." in text
    assert "The clock of the host mail-3 differs from those of the other hosts." in text
    assert "L’horloge de l’hôte mail-3 diffère de celles des autres hôtes." in board(tccu_desk, "fr")
    assert "An alert to the operators’ mailbox was not delivered." in text
    assert "The clock of the database differs from those of the hosts." in text
    assert "TCC26-0009" not in text
    for event in events:
        engine.db.write(lambda tx, event=event: clear_alert(tx, event, now=engine.clock()))
    assert "Look into this" not in board(tccu_desk)


def test_the_region_that_did_not_get_its_message_is_named(
    tccu_desk: Desk, admin_desk: Desk, auditor_desk: Desk, engine: Engine
) -> None:
    """P22, R12: whoever has to call it may not read the list; auditors see no contacts."""
    admin_desk.submit("/en/console/regional", {"email": "region@example.org", "first": "fr"})
    engine.db.write(lambda tx: raise_alert(tx, ("regional_letter_lost", "1"), now=engine.clock()))
    assert "A region did not get its message (region@example.org)." in board(tccu_desk)
    assert "Une région n’a pas reçu son message (region@example.org)." in board(tccu_desk, "fr")
    assert "A region did not get its message (…)." in board(auditor_desk)


def test_a_case_whose_letter_is_lost_is_named_to_whoever_may_read_it(
    tccu_desk: Desk, ctsu_desk: Desk, engine: Engine
) -> None:
    """P22, R32."""
    incident = a_client_report(is_incident=True)
    engine.act(lambda tx: external_outages.record(engine, tx, TCCU, incident))
    for kind in ("case_letter_lost", "escalation_lost"):
        engine.db.write(lambda tx, kind=kind: raise_alert(tx, (kind, "1"), now=engine.clock()))
    text = board(tccu_desk)
    assert "The client of case EXT26-0001 did not get the confirmation." in text
    assert "The notice of the cybersecurity incident of case EXT26-0001 was not delivered." in text
    assert "L’avis de l’incident de cybersécurité du dossier EXT26-0001" in board(tccu_desk, "fr")
    assert "EXT26-0001" not in board(ctsu_desk)


def test_how_far_the_newest_bulletin_has_come_is_shown(tccu_desk: Desk, engine: Engine) -> None:
    for name in ("ann", "bob", "eve"):
        subscribe(engine, f"{name}@example.org")
    declare(engine)
    accepted, failed, _ = all_claims(engine.db)
    end(engine.db, [accepted], DeliveryState.ACCEPTED)
    end(engine.db, [failed], DeliveryState.FAILED)
    text = board(tccu_desk)
    assert "1 delivered" in text
    assert "1 not reached" in text
    assert "1 to come" in text
    assert "TCC26-0001: the newest bulletin did not reach everybody (not reached: 1)." in text


def test_an_operator_is_offered_to_act_on_their_own_systems_alone(
    tccu_desk: Desk, ctsu_desk: Desk, engine: Engine
) -> None:
    """R5."""
    declare(engine, an_impact(System.EDI))
    declare(engine, an_impact(System.CCP))
    for desk, numbers in ((tccu_desk, {1, 2}), (ctsu_desk, {2})):
        text = board(desk)
        assert {n for n in (1, 2) if f"Act on TCC26-000{n}" in text} == numbers


def test_a_script_gets_a_page_only_when_there_is_news(
    tccu_desk: Desk, engine: Engine, clock: VirtualClock
) -> None:
    done = declare(engine)
    tag = tccu_desk.get("/en/console/").headers["etag"]
    clock.advance(timedelta(minutes=1))
    again = tccu_desk.get("/en/console/", headers={**SEEN, "If-None-Match": tag})
    assert (again.status_code, again.headers["etag"], again.text) == (304, tag, "")
    assert tccu_desk.get("/fr/console/", headers={"If-None-Match": tag}).status_code == 200
    update(engine, done)
    assert tccu_desk.get("/en/console/", headers={"If-None-Match": tag}).status_code == 200
