"""A letter that somebody has to act on and that reaches nobody is told to the operators (P22, R12, R32)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_string, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import Connection, select, update
from structlog.testing import capture_logs

from outage_service.domain.deliveries import GIVE_UP_AFTER, Attempt, Stage, Verdict
from outage_service.domain.external_outages import Amendment
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import alerts, bounces, external_outages, lost_letters, regional, sending
from outage_service.services.addresses import parse_address
from outage_service.services.engine import Engine
from outage_service.storage.alerts import open_alerts
from outage_service.storage.bounce_schema import alert
from outage_service.storage.deliveries import Claim
from tests.builders import a_client_report, an_impact
from tests.engines import an_engine
from tests.services.acts import TCCU, declare, mail, subscribe
from tests.services.refusing import DENIED, NOBODY, TAKEN, claims, one_by_one, record
from tests.support.reports import a_failure_report
from tests.support.triggers import refuse

ADMIN = Actor("admin", Role.ADMIN)
CLIENT, CYBER, DUTY = "desk@example.org", "cyber@example.org", "duty@example.org"
REGION, OTHER_REGION = "region@example.org", "other@example.org"
MINUTE = timedelta(minutes=1)
LATER = Attempt(Verdict.DEFERRED, Stage.RCPT, 452, "4.2.2 mailbox full")


@pytest.fixture
def watched(database_url: str) -> Iterator[Engine]:
    """An engine with an operators' mailbox and one for incidents, and with two regions on the list."""
    engine = replace(an_engine(database_url, operator_email=DUTY), escalation_email=CYBER)
    for address in (REGION, OTHER_REGION):
        add_region(engine, address)
    yield engine
    engine.db.close()


def add_region(engine: Engine, address: str) -> None:
    engine.act(lambda tx: regional.add_recipient(engine, tx, ADMIN, parse_address(address), Language.EN))


def a_case(engine: Engine, *, is_incident: bool = False) -> None:
    report = a_client_report(email=CLIENT, language=Language.FR, is_incident=is_incident)
    engine.act(lambda tx: external_outages.record(engine, tx, TCCU, report))


def refused(engine: Engine, *addresses: str, said: Attempt = NOBODY) -> list[Claim]:
    """Sends what there is to send; the relay refuses some of it for good."""
    some = claims(engine)
    record(engine, some, *[said if one.address in addresses else TAKEN for one in some])
    return [one for one in some if one.address in addresses]


def wrong(engine: Engine) -> set[tuple[str, str]]:
    with engine.db.read() as tx:
        return open_alerts(tx)


def a_while_ago(engine: Engine, age: timedelta) -> None:
    """Makes what was told so far be older by `age`."""

    def move(tx: Connection) -> None:
        for row in tx.execute(select(alert.c.id, alert.c.raised_at)).all():
            tx.execute(update(alert).where(alert.c.id == row.id).values(raised_at=row.raised_at - age))

    engine.db.write(move)


def told(engine: Engine) -> list[EmailMessage]:
    """Sends what there is to send and returns what the operators got."""
    letters = [message_from_string(letter, policy=policy.default) for _, letter in mail(engine)]
    return [one for one in letters if one["To"] == DUTY]


def test_operators_are_told_of_the_region_that_did_not_get_a_bulletin(watched: Engine) -> None:
    """R12: it is one of two, and the list tells which."""
    declare(watched)
    assert refused(watched, OTHER_REGION)
    assert wrong(watched) == {("regional_letter_lost", "2")}
    with watched.db.read() as tx:
        assert lost_letters.unreached_regions(tx) == {2}
    (letter,) = told(watched)
    assert str(letter["Subject"]).startswith("A region did not get its message / Une région n’a pas reçu")
    assert OTHER_REGION not in letter.as_string()


@pytest.mark.parametrize(
    ("is_incident", "lost", "kind", "subject"),
    [
        (True, CYBER, "escalation_lost", "The notice of a cybersecurity incident was not delivered"),
        (False, CLIENT, "case_letter_lost", "The client of case EXT26-0001 did not get the confirmation"),
    ],
    ids=["an escalation", "a confirmation"],
)
def test_operators_are_told_of_the_case_about_which_a_letter_is_lost(
    is_incident: bool, lost: str, kind: str, subject: str, watched: Engine
) -> None:
    """R30, R32: of an incident nobody may learn otherwise."""
    a_case(watched, is_incident=is_incident)
    assert refused(watched, lost)
    assert wrong(watched) == {(kind, "1")}
    (letter,) = told(watched)
    assert str(letter["Subject"]).startswith(subject)
    assert "EXT26-0001" in str(letter["Subject"])


def test_an_escalation_is_told_of_though_another_letter_of_the_case_was_lost_before(watched: Engine) -> None:
    """R32: it became an incident after the client could not be written to."""
    a_case(watched)
    refused(watched, CLIENT)
    assert len(told(watched)) == 1
    worse = Amendment(is_incident=True)
    watched.act(lambda tx: external_outages.amend(watched, tx, TCCU, 1, worse, version=1))
    refused(watched, CYBER)
    (letter,) = told(watched)
    assert "cybersecurity incident" in str(letter["Subject"])


def test_a_letter_that_never_could_be_handed_over_is_lost_as_well(watched: Engine) -> None:
    declare(watched)
    some = claims(watched)
    tired = [one._replace(age=GIVE_UP_AFTER) for one in some if one.address == REGION]
    record(watched, tired, LATER)
    assert wrong(watched) == {("regional_letter_lost", "1")}


def test_a_sender_that_does_not_wait_for_the_ledger_tells_of_it_too(watched: Engine) -> None:
    declare(watched)
    (one,) = [one for one in claims(watched) if one.address == REGION]
    gave_up = sending.after_attempt(one, NOBODY)
    assert sending.settling(watched, "worker", [gave_up]).result() == 1
    assert wrong(watched) == {("regional_letter_lost", "1")}


def test_a_letter_that_comes_back_is_lost_as_well(watched: Engine) -> None:
    """The relay took it, and the mailbox did not; one dead end behind a list says nothing of the others."""
    declare(watched)
    letters = [message_from_string(letter, policy=policy.default) for _, letter in mail(watched)]
    message_id = next(str(one["Message-ID"]).strip("<>") for one in letters if one["To"] == REGION)
    elsewhere = a_failure_report(message_id, to="somebody@example.org")
    watched.act(lambda tx: bounces.take(watched, tx, elsewhere))
    assert wrong(watched) == set()
    report = a_failure_report(message_id, to=REGION)
    watched.act(lambda tx: bounces.take(watched, tx, report))
    assert wrong(watched) == {("regional_letter_lost", "1")}


def test_a_mailbox_that_refuses_every_letter_is_told_of_once_and_shown_while_it_does(watched: Engine) -> None:
    declare(watched)
    refused(watched, REGION)
    assert len(told(watched)) == 1
    a_while_ago(watched, lost_letters.TOLD_FOR - MINUTE)
    declare(watched, an_impact(System.CERS))
    refused(watched, REGION)
    a_while_ago(watched, 2 * MINUTE)
    alerts.watch(watched)
    assert wrong(watched) == {("regional_letter_lost", "1")}
    assert told(watched) == []


def test_a_lost_letter_is_shown_for_a_day_and_nothing_says_that_it_is_over(watched: Engine) -> None:
    """It stays lost. What is lost later is told anew."""
    declare(watched)
    refused(watched, REGION)
    told(watched)
    a_while_ago(watched, lost_letters.TOLD_FOR + MINUTE)
    alerts.watch(watched)
    assert wrong(watched) == set()
    assert told(watched) == []
    declare(watched, an_impact(System.CERS))
    refused(watched, REGION)
    assert len(told(watched)) == 1


def test_of_many_regions_that_are_not_reached_together_one_letter_tells(watched: Engine) -> None:
    declare(watched)
    refused(watched, REGION, OTHER_REGION)
    assert wrong(watched) == {("regional_letter_lost", "1"), ("regional_letter_lost", "2")}
    assert len(told(watched)) == 1


def test_an_outcome_that_is_not_this_workers_any_more_alarms_nobody(watched: Engine) -> None:
    """P9: another worker has sent it meanwhile."""
    declare(watched)
    some = claims(watched)
    sending.rescue(watched, everything=True)
    again = sending.claim(watched, "another", limit=10)
    sending.settle(watched, "another", [sending.after_attempt(one, TAKEN) for one in again])
    record(watched, some, NOBODY)
    assert wrong(watched) == set()


def test_what_is_tried_again_after_all_is_not_told_any_longer(watched: Engine) -> None:
    """P11: the third of different addresses shows that it is the relay."""
    add_region(watched, "third@example.org")
    declare(watched)
    one_by_one(watched, claims(watched), DENIED)
    assert wrong(watched) == set()


def test_a_mailbox_that_is_put_on_the_list_has_lost_nothing_yet(watched: Engine) -> None:
    """On SQLite it gets the place of the one that was taken off."""
    declare(watched)
    refused(watched, OTHER_REGION)
    watched.act(lambda tx: regional.remove_recipient(watched, tx, ADMIN, 2))
    add_region(watched, "new@example.org")
    with watched.db.read() as tx:
        assert lost_letters.unreached_regions(tx) == set()


def test_a_mailbox_that_is_taken_off_the_list_is_shown_no_more(watched: Engine) -> None:
    declare(watched)
    refused(watched, REGION, OTHER_REGION)
    assert len(wrong(watched)) == 2
    watched.act(lambda tx: regional.remove_recipient(watched, tx, ADMIN, 1))
    alerts.watch(watched)
    assert wrong(watched) == {("regional_letter_lost", "2")}


def test_a_letter_that_is_lost_after_its_mailbox_was_taken_off_the_list_is_nobodys(watched: Engine) -> None:
    declare(watched)
    some = [one for one in claims(watched) if one.address == REGION]
    watched.act(lambda tx: regional.remove_recipient(watched, tx, ADMIN, 1))
    record(watched, some, NOBODY)
    assert wrong(watched) == set()


def test_an_alert_that_is_lost_is_shown_and_sends_no_letter_of_its_own(watched: Engine) -> None:
    declare(watched)
    refused(watched, REGION)
    with capture_logs() as log:
        assert refused(watched, DUTY)
    assert ("alert_letter_lost", "") in wrong(watched)
    assert [entry["kind"] for entry in log if entry["event"] == "alert_raised"] == ["alert_letter_lost"]
    assert told(watched) == []


def test_a_letter_that_concerns_its_reader_alone_raises_no_alert(watched: Engine) -> None:
    """A mistyped address, say: whoever asked for bulletins will ask again."""
    subscribe(watched, "nobody@example.org")
    declare(watched)
    refused(watched, "nobody@example.org")
    assert wrong(watched) == set()


def test_letters_that_a_relay_refuses_like_all_others_are_not_lost_yet(watched: Engine) -> None:
    """P11: they are tried again; the relay is what has to be looked into."""
    for number in range(3):
        add_region(watched, f"another{number}@example.org")
    declare(watched)
    record(watched, claims(watched), DENIED)
    assert wrong(watched) == set()


def test_outcomes_are_recorded_even_where_nobody_can_be_told(watched: Engine) -> None:
    """P7: one that is not recorded is sent again."""
    declare(watched)
    refuse(watched, "INSERT ON alert", when="NEW.subject = '1'")
    with capture_logs() as log:
        (lost,) = refused(watched, REGION)
    assert "lost_letters_not_told" in {entry["event"] for entry in log}
    assert lost.address not in {one.address for one in claims(watched)}
    assert wrong(watched) == set()
