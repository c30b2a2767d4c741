"""Clients' own outages at the console: recorded after a look, read by whom the service lets (R26–R33)."""

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from outage_service.domain.external_outages import ExternalOutage
from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.storage.external_outages import list_external
from outage_service.storage.schema import bulletin, mailing
from outage_service.web.app import create_app
from tests.builders import at
from tests.desk import Desk, a_desk
from tests.web.writing import form_at

PATH = "/en/console/external"
NEW = f"{PATH}/new"
FORM = {
    "client": "Example Customs Brokers",
    "contact": "A. Person",
    "telephone": "519-555-0100",
    "email": "desk@example.org",
    "language": "fr",
    "systems": ["edi"],
    "description": "Their gateway has failed.",
    "scheduled": "no",
}
SOON = {"scheduled": "yes", "starts_at": "2026-11-27T09:00", "ends_at": "2026-11-27T11:00"}
INCIDENT = {"cybersecurity_incident": "yes"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: what differs between them is tested with the services."""
    return sqlite_url


def cases(engine: Engine) -> list[ExternalOutage]:
    with engine.db.read() as tx:
        return list_external(tx, before_id=None, limit=10, only_of=None, is_open=None)


def recorded(desk: Desk, engine: Engine, **fields: Any) -> ExternalOutage:
    assert desk.submit(NEW, {**FORM, **fields, "go": "record"}).status_code == 303
    return cases(engine)[0]


def amendment(case: ExternalOutage, **fields: str) -> dict[str, str]:
    return {"version": str(case.version), "description": case.description, "ends_at": "", **fields}


def test_one_sees_what_follows_before_anything_is_recorded_or_sent(tccu_desk: Desk, engine: Engine) -> None:
    """R27, R30: the letter, and that notice was short."""
    text = tccu_desk.submit(NEW, {**FORM, **SOON, "go": "look"}).text
    assert "Votre panne est consignée" in text
    assert "<dd>23\u00a0h</dd>" in text
    assert "Short notice" in text
    assert 'name="telephone" value="519-555-0100"' in text
    assert cases(engine) == []
    back = tccu_desk.submit(NEW, {**FORM, **SOON, "go": "change"})
    assert (back.status_code, "Their gateway has failed." in back.text) == (200, True)


def test_a_form_sent_twice_records_one_case_and_sends_one_letter(tccu_desk: Desk, engine: Engine) -> None:
    """P18: a double click, a reload."""
    look = tccu_desk.submit(NEW, {**FORM, "go": "look"}).text
    key = re.search(r'name="once" value="([^"]+)"', look)
    assert key
    answers = [tccu_desk.submit(NEW, {**FORM, "go": "record", "once": key[1]}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == len(cases(engine)) == 1
    with engine.db.read() as tx:
        assert len(tx.execute(select(mailing.c.address)).all()) == 1


def test_it_is_recorded_confirmed_and_shown(tccu_desk: Desk, auditor_desk: Desk, engine: Engine) -> None:
    answer = tccu_desk.submit(NEW, {**FORM, "service_provider": "yes", "go": "record"})
    case = cases(engine)[0]
    assert answer.headers["location"] == f"{PATH}/{case.id}?done=recorded"
    assert (case.contact, case.is_provider, case.language) == ("A. Person, 519-555-0100", True, "fr")
    assert "EXT26-0001 is recorded." in tccu_desk.get(answer.headers["location"]).text
    assert "EXT26-0001" in auditor_desk.get(PATH).text
    read = auditor_desk.get(f"{PATH}/{case.id}").text
    assert "Close the case" not in read
    assert "Not shown to auditors" in read
    assert "519-555-0100" in tccu_desk.get(f"{PATH}/{case.id}").text
    assert "519-555-0100" not in read
    assert "desk@example.org" not in read
    with engine.db.read() as tx:
        assert tx.execute(select(mailing.c.address)).scalars().all() == ["desk@example.org"]
        assert tx.execute(select(func.count()).select_from(bulletin)).scalar_one() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"client": " "}, "client"),
        ({"client": "a\nb"}, "client"),
        ({"contact": ""}, "contact"),
        ({"telephone": "call me"}, "telephone"),
        ({"email": "nobody"}, "email"),
        ({"language": "de"}, "language"),
        ({"systems": []}, "systems"),
        ({"systems": ["x"]}, "systems"),
        ({"description": ""}, "description"),
        ({"told_at": "2026-11-26T10:01"}, "told_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"scheduled": "yes", "starts_at": "2026-11-28T02:00"}, "ends_at"),
        ({**SOON, "ends_at": "2026-11-27T08:00"}, "ends_at"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_wrong_is_told_at_its_field_and_the_rest_is_kept(
    wrong: dict[str, Any], field: str, tccu_desk: Desk, engine: Engine
) -> None:
    answer = tccu_desk.submit(NEW, {**FORM, **wrong, "go": "record"})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Example Customs Brokers" in answer.text or field == "client"
    assert cases(engine) == []


def test_all_mistakes_are_told_at_once_in_the_order_of_the_page(tccu_desk: Desk) -> None:
    text = tccu_desk.submit(NEW, {"go": "look", "starts_at": "soon"}).text
    wrong = ["client", "contact", "telephone", "language", "systems", "description", "starts_at"]
    assert re.findall(r'<li><a href="#(\w+)">', text) == wrong


def test_ctsu_records_and_sees_its_own(ctsu_desk: Desk, tccu_desk: Desk, engine: Engine) -> None:
    """R26: what is TCCU's is not found."""
    others = recorded(tccu_desk, engine)
    assert 'value="edi"' not in ctsu_desk.get(NEW).text
    assert ctsu_desk.submit(NEW, {**FORM, "go": "record"}).status_code == 422
    own = recorded(ctsu_desk, engine, systems=["cad_api"])
    listed = ctsu_desk.get(PATH).text
    assert own.case_number in listed
    assert others.case_number not in listed
    assert ctsu_desk.get(f"{PATH}/{others.id}").status_code == 404
    assert ctsu_desk.submit(f"{PATH}/{others.id}/resolve", amendment(others)).status_code == 404


def test_an_incident_is_no_longer_ctsu_s_to_read(ctsu_desk: Desk, engine: Engine) -> None:
    """R32: and where nobody can be told, it is asked to call."""
    own = recorded(ctsu_desk, engine, systems=["cad_api"])
    assert "Any unauthorized attempt counts" in ctsu_desk.get(f"{PATH}/{own.id}").text
    answer = ctsu_desk.submit(f"{PATH}/{own.id}", amendment(own, **INCIDENT))
    assert answer.headers["location"] == f"{PATH}?passed_on=EXT26-0001"
    text = ctsu_desk.get(answer.headers["location"]).text
    assert "It is TCCU’s now" in text
    assert "Call the CBSA Cyber Security Protection Center" in text
    assert ctsu_desk.get(f"{PATH}/{own.id}").status_code == 404


def test_an_incident_says_who_may_read_it_and_whom_to_call(tccu_desk: Desk, engine: Engine) -> None:
    """R32."""
    case = recorded(tccu_desk, engine, **INCIDENT)
    text = tccu_desk.get(f"/fr/console/external/{case.id}").text
    assert "Consultation restreinte" in text
    assert "Appelez le Centre de protection de la cybersécurité de l’ASFC" in text


def test_with_an_address_to_tell_nobody_is_asked_to_call(engine: Engine) -> None:
    told = replace(engine, operator_email="duty@example.org")
    desk = a_desk(create_app(told), told, Role.TCCU)
    text = desk.submit(NEW, {**FORM, **INCIDENT, "go": "look"}).text
    assert "Whoever deals with cybersecurity incidents, at once." in text
    assert "Call the CBSA" not in text
    case = recorded(desk, told, **INCIDENT)
    assert "Call the CBSA" not in desk.get(f"{PATH}/{case.id}").text


def test_that_regions_are_told_is_said_only_where_there_is_one(
    tccu_desk: Desk, admin_desk: Desk, engine: Engine
) -> None:
    """R12, R31: before recording, on the case, and where it is closed."""
    empty, told = "Aucune région n’en est avisée", "Les opérations régionales"
    case = recorded(tccu_desk, engine)
    french = (NEW.replace("/en/", "/fr/"), f"/fr/console/external/{case.id}")
    for text in (tccu_desk.submit(french[0], {**FORM, "go": "look"}).text, tccu_desk.get(french[1]).text):
        assert empty in text
        assert told not in text
    added = {"email": "region@example.org", "first": "fr"}
    assert admin_desk.submit("/en/console/regional", added).status_code == 303
    for text in (tccu_desk.submit(french[0], {**FORM, "go": "look"}).text, tccu_desk.get(french[1]).text):
        assert empty not in text
        assert told in text


def test_whom_closing_tells_is_said_of_what_has_become_an_incident_too(
    tccu_desk: Desk, admin_desk: Desk, engine: Engine
) -> None:
    """R31, R32: regions were told to accept paper, and of an incident from the first they never were."""
    assert admin_desk.submit("/en/console/regional", {"email": "r@example.org", "first": "fr"}).is_redirect
    told, nobody = "Regional operations are told that paper is no longer needed", "Nobody is written to"
    case = recorded(tccu_desk, engine)
    assert tccu_desk.submit(f"{PATH}/{case.id}", amendment(case, **INCIDENT)).is_redirect
    incident = recorded(tccu_desk, engine, **INCIDENT)
    assert told in tccu_desk.get(f"{PATH}/{case.id}").text
    assert nobody in tccu_desk.get(f"{PATH}/{incident.id}").text


def test_a_scheduled_one_is_called_off_before_it_begins(tccu_desk: Desk, engine: Engine) -> None:
    """R27."""
    case = recorded(tccu_desk, engine, **SOON)
    page = tccu_desk.get(f"{PATH}/{case.id}").text
    assert "The outage is called off" in page
    assert "systems work again" not in page
    assert tccu_desk.submit(f"{PATH}/{case.id}/resolve", {"version": "1"}).is_redirect
    assert "Annulée" in tccu_desk.get(f"/fr/console/external/{case.id}").text
    assert "Called off" in tccu_desk.get(PATH).text


def test_what_is_learned_is_saved_and_the_case_closed(tccu_desk: Desk, engine: Engine) -> None:
    case = recorded(tccu_desk, engine, ends_at="2026-11-26T12:00")
    same = amendment(case, description="A cable.", ends_at="2026-11-26T12:00")
    assert tccu_desk.submit(f"{PATH}/{case.id}", same).status_code == 303
    after = cases(engine)[0]
    assert (after.description, after.ends_at) == ("A cable.", case.ends_at)
    answer = tccu_desk.submit(f"{PATH}/{case.id}/resolve", {"version": str(after.version)})
    assert answer.headers["location"] == f"{PATH}/{case.id}?done=saved"
    assert cases(engine)[0].resolved_at == engine.clock()
    text = tccu_desk.get(f"{PATH}/{case.id}").text
    assert "Resolved" in text
    assert "Close the case" not in text
    late = tccu_desk.submit(f"{PATH}/{case.id}", amendment(cases(engine)[0]))
    assert (late.status_code, "The case is closed." in late.text) == (422, True)


@pytest.mark.parametrize(
    ("form", "wrong", "field"),
    [
        ("", {"ends_at": "2026-11-26T09:00"}, "ends_at"),
        ("", {"ends_at": "later"}, "ends_at"),
        ("", {"description": " "}, "description"),
        ("/resolve", {"resolved_at": "2026-11-26T09:00"}, "resolved_at"),
        ("/resolve", {"resolved_at": "x"}, "resolved_at"),
    ],
)
def test_what_cannot_have_been_is_told_at_its_field(
    form: str, wrong: dict[str, str], field: str, tccu_desk: Desk, engine: Engine
) -> None:
    case = recorded(tccu_desk, engine)
    answer = tccu_desk.submit(f"{PATH}/{case.id}{form}", amendment(case, **wrong))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert cases(engine)[0].version == 1


@pytest.mark.parametrize("version", ["7", "", "x", "9" * 30])
def test_who_saves_over_another_s_change_keeps_what_was_typed(
    version: str, tccu_desk: Desk, engine: Engine
) -> None:
    """P19."""
    case = recorded(tccu_desk, engine)
    sent = amendment(case, version=version, description="Mine, typed slowly.")
    answer = tccu_desk.submit(f"{PATH}/{case.id}", sent)
    assert answer.status_code == 409
    assert "Somebody else has changed this case" in answer.text
    assert "Mine, typed slowly." in answer.text
    assert 'name="version" value="1"' in answer.text


def form_of(desk: Desk, case: ExternalOutage, end: str = "") -> dict[str, list[str]]:
    return form_at(desk.get(f"{PATH}/{case.id}"), f"/{case.id}{end}")


def test_a_tab_opened_once_more_sets_no_time_beside_what_another_has_saved(
    tccu_desk: Desk, engine: Engine
) -> None:
    """P19: Firefox fills the page that it fetches anew, unless its form says not to."""
    case = recorded(tccu_desk, engine)
    text = tccu_desk.get(f"{PATH}/{case.id}").text
    for end in ("", "/resolve"):
        assert f'/console/external/{case.id}{end}" autocomplete="off"' in text


@pytest.mark.parametrize(
    ("end", "typed"),
    [
        ("", {"ends_at": "later"}),
        ("", {"ends_at": "2026-11-26T09:00"}),
        ("", {"go": "show"}),
        ("/resolve", {"resolved_at": "x"}),
        ("/resolve", {"resolved_at": "2026-11-26T09:00"}),
        ("/resolve", {"go": "show"}),
    ],
    ids=["no time", "no end", "shown", "no time of the end", "ended before", "end shown"],
)
def test_a_form_with_a_mistake_says_too_that_another_has_changed_the_case(
    end: str, typed: dict[str, str], tccu_desk: Desk, engine: Engine
) -> None:
    """P19: whoever sends it again has seen what the other wrote."""
    case = recorded(tccu_desk, engine)
    mine = form_of(tccu_desk, case, end)
    theirs = {**form_of(tccu_desk, case), "description": "Theirs."}
    assert tccu_desk.submit(f"{PATH}/{case.id}", theirs).status_code == 303
    back = tccu_desk.submit(f"{PATH}/{case.id}{end}", {**mine, **typed})
    assert back.status_code == 409
    assert "Somebody else has changed this case" in back.text
    fields = form_at(back, f"/{case.id}")
    assert (fields["version"], fields["description"]) == (["2"], ["Theirs."])
    assert cases(engine)[0].version == 2


def test_a_mistake_alone_is_no_change_of_another_s(tccu_desk: Desk, engine: Engine) -> None:
    case = recorded(tccu_desk, engine)
    wrong = tccu_desk.submit(f"{PATH}/{case.id}", {**form_of(tccu_desk, case), "ends_at": "later"})
    assert (wrong.status_code, "Somebody else has changed" in wrong.text) == (422, False)


def test_what_was_left_alone_follows_what_another_has_saved(tccu_desk: Desk, engine: Engine) -> None:
    """P19: an end that nobody typed is not put back, nor is a description."""
    case = recorded(tccu_desk, engine, ends_at="2026-11-26T12:00")
    mine = {**form_of(tccu_desk, case), "description": "Mine."}
    mine_too = {**form_of(tccu_desk, case), "ends_at": "2026-11-26T13:00"}
    theirs = {**form_of(tccu_desk, case), "ends_at": "2026-11-26T14:00"}
    assert tccu_desk.submit(f"{PATH}/{case.id}", theirs).status_code == 303
    back = tccu_desk.submit(f"{PATH}/{case.id}", mine)
    assert tccu_desk.submit(f"{PATH}/{case.id}", form_at(back, f"/{case.id}")).status_code == 303
    after = cases(engine)[0]
    assert (after.description, after.ends_at) == ("Mine.", at("2026-11-26 14:00"))
    back = tccu_desk.submit(f"{PATH}/{case.id}", mine_too)
    assert tccu_desk.submit(f"{PATH}/{case.id}", form_at(back, f"/{case.id}")).status_code == 303
    after = cases(engine)[0]
    assert (after.description, after.ends_at) == ("Mine.", at("2026-11-26 13:00"))


def test_what_was_typed_while_another_closed_the_case_is_still_shown(tccu_desk: Desk, engine: Engine) -> None:
    """There is no form any more that it could stand in."""
    case = recorded(tccu_desk, engine)
    mine = {**form_of(tccu_desk, case), "description": "Mine, typed slowly."}
    assert tccu_desk.submit(f"{PATH}/{case.id}/resolve", {"version": "1"}).status_code == 303
    back = tccu_desk.submit(f"{PATH}/{case.id}", mine)
    assert back.status_code == 409
    assert "Somebody else has closed this case meanwhile." in back.text
    assert "Mine, typed slowly." in back.text
    again = tccu_desk.submit(f"{PATH}/{case.id}/resolve", {"version": "1"})
    assert (again.status_code, "You had written" in again.text) == (409, False)


def test_the_end_of_a_case_may_be_in_the_hour_that_comes_twice(tccu_desk: Desk, engine: Engine) -> None:
    """Left alone it stays the second one; the page of either language says which it is."""
    case = recorded(tccu_desk, engine, ends_at="2027-11-07 01:30 EST")
    assert case.ends_at == at("2027-11-07 01:30", fold=1)
    french = tccu_desk.get(f"/fr/console/external/{case.id}")
    assert form_at(french, f"/{case.id}")["ends_at"] == ["2027-11-07 01:30 HNE"]
    same = {**form_of(tccu_desk, case), "description": "A cable."}
    assert tccu_desk.submit(f"{PATH}/{case.id}", same).status_code == 303
    assert cases(engine)[0].ends_at == case.ends_at
    either = tccu_desk.submit(f"{PATH}/{case.id}", {**same, "version": "2", "ends_at": "2027-11-07T01:45"})
    assert either.status_code == 422
    assert "Expected end: clocks show this time twice that night." in either.text


def test_a_mistake_names_its_field_and_repeats_no_question(tccu_desk: Desk, engine: Engine) -> None:
    case = recorded(tccu_desk, engine)
    wrong = tccu_desk.submit(f"{PATH}/{case.id}/resolve", {"version": "1", "resolved_at": "noon"})
    assert wrong.status_code == 422
    assert "End of the outage: enter a day and a time" in wrong.text


def test_long_lists_go_on(tccu_desk: Desk, engine: Engine) -> None:
    for _ in range(2):
        recorded(tccu_desk, engine)
    text = tccu_desk.get(f"{PATH}?limit=1").text
    assert "EXT26-0002" in text
    assert "?cursor=" in text


def test_a_call_without_an_address_is_confirmed_by_telephone(tccu_desk: Desk) -> None:
    text = tccu_desk.submit(NEW, {**FORM, "email": "", "go": "look"}).text
    assert "Tell the client the case number by telephone." in text
