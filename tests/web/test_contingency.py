"""What to do on paper, and by when: procedures, deadlines and the checklist."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from icalendar import Calendar
from pypdfium2 import PdfDocument

from outage_service.clock import VirtualClock
from outage_service.services.engine import Engine
from tests.builders import a_delay
from tests.engines import an_engine
from tests.rendering.documents.pdf import pages_of, text_of
from tests.services import acts
from tests.web.bodies import delay, news, scheduled, unscheduled
from tests.web.client import Api, problem, shown

LIST = "/v1/contingency/procedures"
CARRIER = "role=carrier&mode=highway&flow=import"
EXPORTER = "role=exporter&mode=air&flow=export"


@pytest.fixture
def engine(sqlite_url: str, clock: VirtualClock) -> Iterator[Engine]:
    """An engine on one kind of database: what is read here is read elsewhere on both."""
    made = an_engine(sqlite_url, clock)
    yield made
    made.db.close()


def ids(api: Api, query: str) -> list[str]:
    return [item["id"] for item in shown(api.get(f"{LIST}?{query}"))["items"]]


def page(api: Api, query: str, language: str = "en", status: int = 200) -> str:
    answer = api.get(f"/{language}/contingency/checklist?{query}")
    assert answer.status_code == status
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


# ---- Procedures ----


def test_procedures_are_those_of_the_situation(quiet: Api) -> None:
    found = ids(quiet, "system=cers&role=exporter&mode=air&flow=export")
    assert {"export_report", "export_code", "send_exports"} <= set(found)
    assert "paper_release" not in found


def test_a_filter_may_repeat_and_what_is_left_out_is_not_limited(quiet: Api) -> None:
    both = ids(quiet, "role=carrier&role=broker&mode=rail")
    assert set(both) == set(ids(quiet, "role=carrier&mode=rail")) | set(ids(quiet, "role=broker&mode=rail"))
    assert len(ids(quiet, "")) == 52


@pytest.mark.parametrize("modes", ["mode=all", "mode=rail&mode=all"])
def test_all_modes_may_be_asked_for_by_name(modes: str, quiet: Api) -> None:
    assert (
        ids(quiet, f"role=carrier&{modes}")
        == ids(quiet, "role=carrier")
        != ids(quiet, "role=carrier&mode=rail")
    )
    asked, left_out = (shown(quiet.get(f"{LIST}?{query}"))["items"] for query in (modes, ""))
    assert [item["references"] for item in asked] == [item["references"] for item in left_out]


def test_a_procedure_says_all_there_is_to_know(quiet: Api) -> None:
    """R63, R61: what to bring, how often, where, and where it is written."""
    items = shown(quiet.get(f"{LIST}?system=edi&{CARRIER}"))["items"]
    found = next(item for item in items if item["id"] == "highway_report")
    assert found["documents"][0]["copies"] == 2
    assert found["present_at"] == {"en": "Port of report", "fr": "Port de déclaration"}
    assert found["references"][0]["number"] == "D3-4-2"
    assert found["source"] == {"document": "SOCP", "sections": ["2.3.2"]}
    assert (found["phase"], found["rules"], found["provisional"]) == ("during", ["R63", "R61"], True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("role=pilot", "role.0"),
        ("mode=road", "mode.0"),
        ("flow=transit", "flow.0"),
        ("system=edi&system=g7", "system.1"),
    ],
)
def test_an_unknown_value_is_refused_by_its_field(query: str, field: str, quiet: Api) -> None:
    refused = problem(quiet.get(f"{LIST}?{query}"), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, "unknown_value")]


# ---- Deadlines ----


def test_the_deadlines_of_an_open_outage_are_not_known_yet(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    found = shown(public.get("/v1/outages/1/deadlines"))
    assert (found["number"], found["contingency"], found["counted_from"], found["items"]) == (
        "TCC26-0001",
        "invoked",
        None,
        [],
    )


def test_the_cut_off_before_a_scheduled_outage_is_known(tccu: Api, public: Api) -> None:
    """R45"""
    shown(tccu.post("/v1/outages", scheduled()), 201)
    (cut_off,) = shown(public.get("/v1/outages/1/deadlines"))["items"]
    told = (cut_off["name"], cut_off["at"], cut_off["obligation"])
    assert told == ("transmit_by", "2026-11-29T05:00:00Z", "due")


def test_documents_have_two_times_each_with_its_label(tccu: Api, public: Api, clock: VirtualClock) -> None:
    """R52: due and recommended; R51, R54: allowed until."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=2))
    shown(tccu.act(outage, "resolve", news()))
    found = shown(public.get("/v1/outages/1/deadlines"))
    assert found["counted_from"] == "2026-11-26T17:00:00Z"
    assert [(each["name"], each["at"], each["obligation"]) for each in found["items"]] == [
        ("paper_accepted_until", "2026-11-26T19:00:00Z", "allowed"),
        ("penalty_relief_until", "2026-11-26T19:00:00Z", "allowed"),
        ("documents_recommended_by", "2026-11-27T17:00:00Z", "recommended"),
        ("documents_due_at", "2026-12-01T14:00:00Z", "due"),
    ]
    assert found["items"][-1]["label"]["en"] == "Documents due by"


@pytest.mark.parametrize("path", ["/v1/outages/9/deadlines", "/v1/outages/9/deadlines.ics"])
def test_an_outage_that_does_not_exist_has_no_deadlines(path: str, quiet: Api) -> None:
    problem(quiet.get(path), 404, "not_found")


DUE_EN = "Documents due by Tuesday, December 1, 2026, 09:00 (ET)"
DUE_FR = "Transmission des documents exigée d’ici le mardi 1er décembre 2026 à 9 h (HE)"


@pytest.mark.parametrize(
    ("language", "summary"),
    [
        ("en", f"TCC26-0001 – {DUE_EN} / {DUE_FR}"),
        ("fr", f"TCC26-0001 – {DUE_FR} / {DUE_EN}"),
    ],
)
def test_deadlines_go_into_a_calendar_in_both_languages(
    language: str, summary: str, tccu: Api, public: Api, clock: VirtualClock
) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=2))
    shown(tccu.act(outage, "resolve", news()))
    answer = public.get(f"/v1/outages/1/deadlines.ics?lang={language}")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert "method" not in calendar, "its twin would be missing in the Content-Type (RFC 5545, 3.7.2)"
    events = calendar.walk("VEVENT")
    by_uid = {str(event["uid"]): event for event in events}
    due = by_uid["TCC26-0001-documents_due_at@outages.example.org"]
    assert len(events) == 4
    assert str(due["summary"]).replace("\u00a0", " ") == summary
    assert due.decoded("dtstart") == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    assert due["sequence"] == 2
    assert len(due.walk("VALARM")) == 1


# ---- The order of messages ----


@pytest.mark.parametrize(("language", "title"), [("en", "What do I do?"), ("fr", "Que faire?")])
def test_three_questions_are_asked(language: str, title: str, quiet: Api) -> None:
    answer = quiet.get(f"/{language}/contingency?mode=rail")
    assert f"<h1>{title}</h1>" in answer.text
    assert re.findall(r'<fieldset id="(\w+)"', answer.text) == ["role", "mode", "flow"]
    assert re.findall(r'value="(\w+)" checked', answer.text) == ["rail"]


def test_a_question_without_an_answer_is_asked_again_and_the_others_are_kept(quiet: Api) -> None:
    answer = quiet.get("/en/contingency/checklist?role=carrier&mode=road")
    wrong = re.findall(r'<li><a href="#(\w+)">', answer.text)
    assert (answer.status_code, wrong) == (422, ["mode", "flow"])
    assert re.findall(r'value="(\w+)" checked', answer.text) == ["carrier"]


def test_without_an_outage_the_checklist_is_the_general_one(quiet: Api) -> None:
    text = page(quiet, CARRIER)
    assert "This is the general checklist" in text
    assert "Before a scheduled outage" in text
    assert "Streamlined release" in text
    assert "treat this outage as ongoing" not in text


def test_the_papers_say_what_to_write_on_them(quiet: Api) -> None:
    """R64, R84: the same paper twice where two things are to be written on it."""
    text = page(quiet, CARRIER)
    papers = text[text.index("What to bring, how many copies") : text.index("Technical Commercial")]
    assert "CBSA System Down at Time of Report" in papers
    assert "A 14-digit transaction number for each shipment, by barcode or by hand" in papers
    assert papers.index("PARS barcodes") < papers.index("A 14-digit transaction number for each")


def test_with_an_outage_the_checklist_is_for_it(tccu: Api, public: Api) -> None:
    """R11, R59"""
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    text = page(public, CARRIER)
    assert "TCC26-0001" in text
    assert "Until you receive a bulletin marked RESOLVED, treat this outage as ongoing." in text
    assert "Before a scheduled outage" not in text
    assert "Technical Commercial Client Unit (TCCU)" in text
    assert "CARM Technical Support Unit" not in text


def test_procedures_that_outlive_a_resolved_outage_do_not_make_it_go_on(tccu: Api, public: Api) -> None:
    """R6, R11: the resolved bulletin was sent; it is for the end of procedures that clients wait."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(outage, "resolve", news(contingency="remains_in_effect")))
    text = page(public, CARRIER)
    assert "Contingency procedures remain in effect while the backlog clears." in text
    assert "treat this outage as ongoing" not in text
    on_paper = text_of(public.get(f"/en/contingency/checklist.pdf?{CARRIER}").content)
    assert "Contingency procedures remain in effect while the backlog clears." in on_paper
    assert "treat this outage as ongoing" not in on_paper


def test_the_sheet_of_an_open_outage_says_that_it_goes_on_and_that_procedures_apply(
    tccu: Api, public: Api
) -> None:
    """R11."""
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    sheet = public.get(f"/en/contingency/checklist.pdf?{CARRIER}").content
    on_paper = text_of(sheet)
    assert pages_of(sheet) == 1
    assert "Contingency procedures remain in effect." in on_paper
    assert "Until you receive a bulletin marked RESOLVED, treat this outage as ongoing." in on_paper


def test_the_checklist_leads_to_the_outage_in_its_own_language(tccu: Api, public: Api) -> None:
    """Not by the browser's language: a reader of French may use an English browser."""
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    for language, role in (("en", "Role:"), ("fr", "Rôle :")):
        answer = public.get(f"/{language}/contingency/checklist?{CARRIER}", headers={"Accept-Language": "en"})
        assert f'href="/{language}/outages/TCC26-0001"' in answer.text
        assert f'<span class="visually-hidden">{role} </span>' in answer.text


def test_an_outage_of_other_systems_is_said_not_to_concern_the_reader(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled({"system": "cers"})), 201)
    text = page(public, CARRIER)
    assert "There are outages now, but they do not touch what you do." in text
    assert "TCC26-0001" not in text


def test_a_delay_calls_for_no_paper(tccu: Api, public: Api) -> None:
    """R5, R44"""
    shown(tccu.post("/v1/outages", unscheduled(delay())), 201)
    assert "This is the general checklist" in page(public, CARRIER)


def test_a_system_that_is_merely_slow_has_no_procedure_of_its_own(tccu: Api, public: Api) -> None:
    """R44: with CERS slow and the eManifest Portal out, exports go on electronically, now and later."""
    outage = shown(tccu.post("/v1/outages", unscheduled({"system": "emanifest"}, delay("cers"))), 201)
    assert "This is the general checklist" in page(public, EXPORTER)
    assert "TCC26-0001" in page(public, CARRIER)
    shown(tccu.act(outage, "resolve", news()))
    assert "This is the general checklist" in page(public, EXPORTER)


def test_before_a_scheduled_outage_the_cut_off_is_an_absolute_time(tccu: Api, public: Api) -> None:
    """R45"""
    shown(tccu.post("/v1/outages", scheduled()), 201)
    text = page(public, EXPORTER)
    assert "Transmit by Sunday, November 29, 2026, 00:00 (ET)" in text.replace("\u00a0", " ")


def test_afterwards_the_deadlines_are_absolute_times_until_they_have_passed(
    tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """R51, R52, R54"""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=2))
    shown(tccu.act(outage, "resolve", news()))
    text = page(public, CARRIER, "fr").replace("\u00a0", " ")
    assert "Transmission des documents exigée d’ici le mardi 1er décembre 2026 à 9 h (HE)" in text
    assert "Recommandé Transmission des documents recommandée d’ici le vendredi 27 novembre 2026" in text
    assert "Pendant la panne" not in text
    clock.advance(timedelta(days=6))
    assert "TCC26-0001" not in page(public, CARRIER)


def test_procedures_that_outlive_the_fault_are_still_to_be_followed(
    tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """R6"""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=2))
    shown(tccu.act(outage, "resolve", news(contingency="remains_in_effect")))
    text = page(public, CARRIER)
    assert "During the outage" in text
    assert "Exact times are given once contingency procedures are revoked." in text


def test_procedures_revoked_while_a_delay_goes_on_leave_the_paper_to_be_sent(
    engine: Engine, public: Api
) -> None:
    """R6, R46"""
    done = acts.declare(engine)
    done = acts.update(engine, done, a_delay())
    acts.revoke(engine, done)
    text = page(public, CARRIER)
    assert "TCC26-0001" in text
    assert "During the outage" not in text


def test_who_has_nothing_to_do_is_told_so(quiet: Api) -> None:
    assert "The plan asks nothing" in page(quiet, "role=exporter&mode=rail&flow=import")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_checklist_is_a_pdf_of_one_page(language: str, quiet: Api) -> None:
    answer = quiet.get(f"/{language}/contingency/checklist.pdf?{CARRIER}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert len(PdfDocument(answer.content)) == 1
    assert 'filename="checklist-carrier-highway-import.pdf"' in answer.headers["content-disposition"]


def test_a_pdf_needs_the_three_answers(quiet: Api) -> None:
    assert quiet.get("/en/contingency/checklist.pdf?role=carrier").status_code == 422
