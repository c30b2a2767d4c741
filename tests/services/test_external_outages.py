"""Clients' own outages lead to letters, to few addresses, and never to a bulletin (R26–R33)."""

import ast
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from outage_service.domain.external_outages import Amendment, ExternalOutage
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.domain.warnings import WarningCode
from outage_service.services import external_outages, regional, sending
from outage_service.services.addresses import parse_address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotPermitted, Stale
from outage_service.storage import contingency_schema
from outage_service.storage.schema import audit, bulletin, mailing, outage
from tests.builders import a_client_report
from tests.services import acts

ADMIN = Actor("admin", Role.ADMIN)
CLIENT, REGION, CYBER = "desk@example.org", "region@example.org", "cyber@example.org"
DUTY = "duty@example.org"
LONG_ENOUGH_SECONDS = 0.3


@pytest.fixture
def escalating(engine: Engine) -> Engine:
    """An engine whose setting names who deals with incidents, and that has a region to tell."""
    engine.act(lambda tx: regional.add_recipient(engine, tx, ADMIN, parse_address(REGION), Language.FR))
    acts.subscribe(engine, "ann@example.org")
    return replace(engine, escalation_email=CYBER)


def record(engine: Engine, *systems: System, actor: Actor = acts.TCCU, **fields: object) -> ExternalOutage:
    wanted = a_client_report(**{"systems": systems or (System.EDI,), **fields})
    return engine.act(lambda tx: external_outages.record(engine, tx, actor, wanted))


def amend(engine: Engine, found: ExternalOutage, amendment: Amendment) -> ExternalOutage:
    return engine.act(
        lambda tx: external_outages.amend(engine, tx, acts.TCCU, found.id, amendment, version=found.version)
    )


def sent(engine: Engine) -> dict[str, EmailMessage]:
    """Returns what would be sent now, by its one addressee."""
    worker, letters = sending.register(engine), {}
    while claims := sending.claim(engine, worker, limit=1):
        for claim in claims:
            raw = sending.render(engine, sending.prepare(engine, claim.mailing_id), claim)
            letters[claim.address] = message_from_bytes(raw, policy=policy.default)
    return letters


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_who_reported_it_gets_the_case_number_and_what_to_do(escalating: Engine) -> None:
    """R30, R31, R125."""
    found = record(escalating)
    letter = sent(escalating)[CLIENT]
    assert found.case_number == "EXT26-0001"
    assert "EXT26-0001" in letter["Subject"]
    said = text(letter)
    assert all(
        words in said for words in ("D3", "D8", "D17", "D20", "No bulletin is issued", "1-888-957-7224")
    )
    assert "Cyber Security" not in said
    assert "24 hours ahead" not in said


def test_the_regions_are_told_to_accept_paper_and_when_it_is_over(escalating: Engine) -> None:
    """R31."""
    found = record(escalating, is_provider=True)
    told = text(sent(escalating)[REGION])
    assert "Example Customs Brokers" in told
    assert "D17-1-4" in told
    assert "service provider’s systems" in told
    assert "For CBSA regional operations only" in told
    amend(escalating, found, Amendment(resolved_at=escalating.clock()))
    assert "Paper is no longer needed" in text(sent(escalating)[REGION])


def test_an_incident_is_escalated_at_once_and_told_to_no_region(escalating: Engine) -> None:
    """R32, R33."""
    record(escalating, is_incident=True)
    letters = sent(escalating)
    assert set(letters) == {CLIENT, CYBER}
    assert "EXT26-0001" in letters[CYBER]["Subject"]
    assert "gateway" not in text(letters[CYBER])
    assert "Example Customs" not in text(letters[CYBER])
    assert "Canadian Centre for Cyber Security" in text(letters[CLIENT])


def test_what_turns_out_to_be_an_incident_is_escalated_once_and_regions_hear_of_its_end(
    escalating: Engine,
) -> None:
    """R31, R32: they were told to accept paper before anybody knew, and are told of nothing but the end."""
    found = record(escalating, email=None)
    assert set(sent(escalating)) == {REGION}
    incident = amend(escalating, found, Amendment(is_incident=True))
    assert set(sent(escalating)) == {CYBER}
    more = amend(escalating, incident, Amendment("A worm."))
    assert sent(escalating) == {}
    amend(escalating, more, Amendment(resolved_at=escalating.clock()))
    letters = sent(escalating)
    assert set(letters) == {REGION}
    said = text(letters[REGION])
    assert "Paper is no longer needed" in said
    assert not any(word in said.lower() for word in ("incident", "cyber", "worm", "gateway"))


def test_no_region_hears_of_the_end_of_what_was_an_incident_from_the_first(escalating: Engine) -> None:
    """R32: of another case that has become one meanwhile, they do."""
    other = record(escalating, email=None)
    incident = record(escalating, email=None, is_incident=True)
    amend(escalating, other, Amendment(is_incident=True))
    sent(escalating)
    more = amend(escalating, incident, Amendment("More.", is_incident=True))
    amend(escalating, more, Amendment(resolved_at=escalating.clock()))
    assert sent(escalating) == {}


def test_regions_hear_that_a_scheduled_one_is_called_off(escalating: Engine) -> None:
    """R27, R31: before it begins; paper was announced from its start to its end."""
    tomorrow = escalating.clock() + timedelta(days=1)
    end = tomorrow + timedelta(hours=2)
    found = record(escalating, email=None, is_scheduled=True, starts_at=tomorrow, ends_at=end)
    sent(escalating)
    over = amend(escalating, found, Amendment(resolved_at=escalating.clock()))
    letter = sent(escalating)[REGION]
    said = text(letter)
    assert over.is_called_off
    assert "called off" in letter["Subject"]
    assert "the scheduled outage of its own systems" in said
    assert "est annulée" in said
    assert "work again" not in said
    assert external_outages.warnings_of(escalating, over, has_regions=False) == ()


def actions(engine: Engine) -> list[str]:
    with engine.db.read() as tx:
        return list(tx.execute(select(audit.c.action).order_by(audit.c.id)).scalars())


def test_without_an_address_of_its_own_an_incident_is_told_to_the_operators(engine: Engine) -> None:
    """R32."""
    watched = replace(engine, operator_email=DUTY, escalation_email="")
    incident = record(watched, is_incident=True, email=None)
    assert set(sent(watched)) == {DUTY}
    assert actions(engine) == ["external_recorded", "external_escalated"]
    assert external_outages.warnings_of(watched, incident, has_regions=True) == ()


def test_an_incident_that_nobody_can_be_told_of_is_on_record_as_such(engine: Engine) -> None:
    """R32: the operator is asked to call while it lasts."""
    nobody = replace(engine, operator_email="", escalation_email="")
    incident = record(nobody, is_incident=True, email=None)
    assert sent(nobody) == {}
    assert actions(engine) == ["external_recorded", "external_not_escalated"]
    assert external_outages.warnings_of(nobody, incident, has_regions=True) == (WarningCode.NOT_ESCALATED,)
    over = amend(nobody, incident, Amendment(resolved_at=nobody.clock()))
    assert external_outages.warnings_of(nobody, over, has_regions=False) == ()


def test_late_notice_is_asked_for_next_time(escalating: Engine) -> None:
    """R27."""
    start = escalating.clock()
    record(escalating, is_scheduled=True, starts_at=start, ends_at=start.replace(hour=23))
    assert "at least 24 hours ahead" in text(sent(escalating)[CLIENT])


def test_no_bulletin_and_no_mail_to_the_public_ever_comes_of_one(escalating: Engine) -> None:
    """R29: whatever is done with it."""
    for fields in ({}, {"is_incident": True}, {"is_provider": True}):
        found = record(escalating, *System, **fields)
        amend(escalating, found, Amendment("More.", resolved_at=escalating.clock(), is_incident=True))
    with escalating.db.read() as tx:
        counts = [
            tx.execute(select(func.count()).select_from(one)).scalar_one() for one in (bulletin, outage)
        ]
        to_many = tx.execute(select(mailing.c.id).where(mailing.c.address.is_(None))).all()
    assert (counts, to_many) == ([0, 0], [])
    assert "ann@example.org" not in sent(escalating)


def test_no_path_leads_from_one_to_a_bulletin() -> None:
    """R3, R29: the tables refer to nothing, and the use cases know nothing that issues."""
    assert not contingency_schema.external_outage.foreign_keys
    tree = ast.parse(Path(external_outages.__file__).read_bytes())
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert not [name for name in imported if "bulletin" in name or name.endswith((".outages", "schedule"))]


def test_case_numbers_count_within_the_year_and_refused_ones_use_none(engine: Engine) -> None:
    assert record(engine).case_number == "EXT26-0001"
    with pytest.raises(NotPermitted):
        record(engine, actor=acts.CTSU)
    assert record(engine, System.CAD_API, actor=acts.CTSU).case_number == "EXT26-0002"


def test_of_two_first_cases_of_a_year_at_once_both_get_a_number(engine: Engine) -> None:
    """R26: whoever comes second waits, and is not refused because nobody had counted before."""
    with ThreadPoolExecutor(1) as pool:

        def record_two(tx: Connection) -> ExternalOutage:
            first = external_outages.record(engine, tx, acts.TCCU, a_client_report())
            late.append(pool.submit(record, engine))
            wait(late, LONG_ENOUGH_SECONDS)
            return first

        late: list[Future[ExternalOutage]] = []
        first = engine.act(record_two)
    assert [first.case_number, late[0].result().case_number] == ["EXT26-0001", "EXT26-0002"]


def test_of_two_who_amend_the_same_version_one_is_told(engine: Engine) -> None:
    """P19."""
    found = record(engine)
    amend(engine, found, Amendment("More."))
    with pytest.raises(Stale):
        amend(engine, found, Amendment("Other."))
