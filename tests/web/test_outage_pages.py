"""The pages of outages and bulletins, their calendar files, and the address that bulletins give."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from fastapi import FastAPI
from icalendar import Calendar, Event

from outage_service.clock import VirtualClock
from outage_service.web.printing import AT_ONCE, WAITING_AT_MOST, Press
from tests.rendering.documents.pdf import text_of
from tests.web.bodies import news, scheduled, unscheduled
from tests.web.client import Api, problem, shown

TWENTY, TWENTY_UTC = "2026-11-26T20:00:00-05:00", "2026-11-27T01:00:00Z"
HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_address_in_a_bulletin_leads_to_the_page_in_the_readers_language(
    language: str, tccu: Api, public: Api
) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    found = public.get(f"/outages/{outage['number']}", headers={"Accept-Language": language})
    assert (found.status_code, found.headers["location"]) == (302, f"/{language}/outages/{outage['number']}")
    assert found.headers["vary"] == "Accept-Language"
    page = public.get(found.headers["location"])
    assert (page.status_code, page.headers["content-type"]) == (200, HTML)
    assert f'<html lang="{language}">' in page.text


@pytest.mark.parametrize("number", ["TCC26-9999", "tcc26-0001", "1", "TCC26-0001%0A", "TCC26-0001.pdf"])
def test_an_outage_that_does_not_exist_is_a_page_in_both_languages(number: str, public: Api) -> None:
    for language, said in (("en", "There is no such page"), ("fr", "Cette page n’existe pas")):
        page = public.get(f"/{language}/outages/{number}")
        assert (page.status_code, page.headers["content-type"]) == (404, HTML)
        assert said in page.text


def test_a_page_tells_state_news_bulletins_and_deadlines(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    outage = shown(tccu.act(outage, "updates", news()))
    page = public.get(f"/en/outages/{outage['number']}").text
    assert news()["message"]["en"] in page
    assert "Until you receive a bulletin marked RESOLVED" in page
    assert "In effect" in page
    assert 'href="/en/bulletins/2"' in page
    shown(tccu.act(outage, "resolve", news()))
    page = public.get(f"/en/outages/{outage['number']}").text
    assert "RESOLVED" in page
    assert '<time datetime="2026-11-26T17:00:00Z" data-countdown>2026-11-26 12:00 (ET)</time>' in page
    assert "Until you receive a bulletin" not in page


@pytest.mark.parametrize(
    ("impact", "follows"),
    [
        ({"system": "edi", "condition": "delay", "behind_minutes": 45}, False),
        ({"system": "edi", "condition": "delay", "behind_minutes": 61}, True),
        ({"system": "edi"}, True),
    ],
    ids=["delay", "a delay that counts as an outage", "outage"],
)
def test_deadlines_are_promised_only_where_procedures_are_invoked(
    impact: dict[str, object], follows: bool, tccu: Api, public: Api
) -> None:
    """R5: a delay below the threshold, resolved, has none."""
    shown(tccu.post("/v1/outages", unscheduled(impact)), 201)
    for language, said, none in (
        ("en", "Deadlines follow once", "No deadlines follow a delay"),
        ("fr", "Les échéances suivront", "n’entraîne aucune échéance"),
    ):
        page = public.get(f"/{language}/outages/TCC26-0001").text
        assert (said in page, none in page) == (follows, not follows)


def test_deadlines_are_promised_of_a_scheduled_outage_before_its_start(tccu: Api, public: Api) -> None:
    """R5: it invokes procedures from its planned start."""
    shown(tccu.post("/v1/outages", scheduled()), 201)
    assert "Deadlines follow once the outage is resolved." in public.get("/en/outages/TCC26-0001").text


def test_an_outage_that_returned_is_linked_both_ways(tccu: Api, public: Api) -> None:
    first = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(first, "resolve", news()))
    again = shown(tccu.post("/v1/outages", {**unscheduled(), "relapse_of": first["id"]}), 201)
    numbers = (first["number"], again["number"])
    for number, other in (numbers, numbers[::-1]):
        assert f'href="/fr/outages/{other}"' in public.get(f"/fr/outages/{number}").text


def test_the_outages_in_which_a_fault_returned_are_named_once_each_as_links(tccu: Api, public: Api) -> None:
    first = shown(tccu.post("/v1/outages", unscheduled()), 201)
    done = first
    for _ in range(2):
        shown(tccu.act(done, "resolve", news()))
        done = shown(tccu.post("/v1/outages", {**unscheduled(), "relapse_of": first["id"]}), 201)
    html = public.get(f"/en/outages/{first['number']}").text
    links = [f'<a href="/en/outages/TCC26-000{n}">TCC26-000{n}</a>' for n in (2, 3)]
    assert f"<p>The fault returned later: {', '.join(links)}.</p>" in html


def test_what_operators_wrote_is_escaped(tccu: Api, public: Api) -> None:
    text = {"en": "<script>alert(1)</script> & more", "fr": "<b>gras</b>"}
    outage = shown(tccu.post("/v1/outages", {**unscheduled(), "message": text}), 201)
    for path in (f"/en/outages/{outage['number']}", "/en/bulletins/1", "/en/outages"):
        page = public.get(path).text
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page


def test_a_calendar_has_the_window_the_cut_off_and_the_next_bulletin_in_utc(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    answer = public.get(f"/fr/outages/{outage['number']}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "method" not in Calendar.from_ical(answer.content)
    events = {
        str(event["uid"]).split("@")[0].removeprefix(f"{outage['number']}-"): event
        for event in Calendar.from_ical(answer.content).walk("VEVENT")
    }
    assert set(events) == {"window-fr", "transmit_by-fr", "next_bulletin-fr"}
    assert events["window-fr"].decoded("dtstart") == datetime(2026, 11, 29, 7, tzinfo=UTC)
    assert events["window-fr"].decoded("dtend") == datetime(2026, 11, 29, 11, tzinfo=UTC)
    assert events["transmit_by-fr"].decoded("dtstart") == datetime(2026, 11, 29, 5, tzinfo=UTC)
    assert str(events["transmit_by-fr"]["summary"]).endswith("Dernière heure pour transmettre avant la panne")
    shown(tccu.act(outage, "cancel", news()))
    later = Calendar.from_ical(public.get(f"/fr/outages/{outage['number']}.ics").content)
    assert {str(event["status"]) for event in later.walk("VEVENT")} == {"CANCELLED"}
    assert {event.decoded("sequence") for event in later.walk("VEVENT")} == {2}


def times_of(page: str) -> list[tuple[str, str]]:
    """Returns the rows of the table of times: what, and when."""
    found = re.findall(r'<tr><th scope="row">(.*?)</th><td><time datetime="([^"]*)"', page)
    return [(re.sub(r"<[^>]*>", " ", unescape(what)), at) for what, at in found]


def events_of(api: Api, path: str) -> dict[str, Event]:
    events = Calendar.from_ical(api.get(path).content).walk("VEVENT")
    return {str(event["uid"]).split("@")[0].removeprefix("TCC26-0001-"): event for event in events}


def test_extended_relief_is_shown_system_by_system(tccu: Api, public: Api, clock: VirtualClock) -> None:
    """R51, R54"""
    outage = shown(tccu.post("/v1/outages", unscheduled({"system": "edi"}, {"system": "swi"})), 201)
    clock.advance(timedelta(hours=2))
    outage = shown(tccu.act(outage, "resolve", news()))
    shown(tccu.act(outage, "grace", news(systems=["edi"], paper_accepted_until=TWENTY)))
    rows = [row for row in times_of(public.get("/en/outages/TCC26-0001").text) if row[0].startswith("Paper")]
    assert [(what.split("  ")[0].split(" Contingency")[0].strip(), at) for what, at in rows] == [
        ("Paper accepted until (SWI)", "2026-11-26T19:00:00Z"),
        ("Paper accepted until (EDI)", "2026-11-27T01:00:00Z"),
    ]
    events = events_of(public, "/en/outages/TCC26-0001.ics")
    assert events["paper_accepted_until-edi-en"].decoded("dtstart") == datetime(2026, 11, 27, 1, tzinfo=UTC)
    assert events["paper_accepted_until-swi-en"].decoded("dtstart") == datetime(2026, 11, 26, 19, tzinfo=UTC)
    assert "penalty_relief_until-en" in events


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "up to this time at least, and longer if the outage or its procedures go on"),
        ("fr", "au moins jusqu’à cette heure, et plus longtemps si la panne ou ses procédures se prolongent"),
    ],
)
def test_relief_extended_while_an_outage_is_open_is_shown_as_the_least_there_is(
    language: str, words: str, tccu: Api, public: Api
) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(outage, "grace", news(systems=["edi"], paper_accepted_until=TWENTY)))
    (row,) = [
        row for row in times_of(public.get(f"/{language}/outages/TCC26-0001").text) if row[1] == TWENTY_UTC
    ]
    assert words in row[0]
    event = events_of(public, f"/{language}/outages/TCC26-0001.ics")[f"paper_accepted_until-{language}"]
    assert words in str(event["description"])


def test_a_bulletin_shows_what_was_sent_and_its_neighbours(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(outage, "updates", news()))
    page = public.get("/fr/bulletins/1")
    assert unscheduled()["message"]["fr"] in page.text
    assert unscheduled()["message"]["en"] not in page.text
    assert 'href="/fr/bulletins/2"' in page.text
    assert " style=" not in page.text
    assert "/v1/bulletins/1.pdf?lang=fr" in page.text
    assert public.get("/fr/bulletins/3").status_code == 404


def test_a_bulletin_is_a_tagged_document_in_both_languages(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    found = public.get("/v1/bulletins/1.pdf?lang=fr")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/pdf")
    assert 'filename="TCC26-0001-1-fr.pdf"' in found.headers["content-disposition"]
    assert found.content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in found.content
    assert public.get("/v1/bulletins/2.pdf").status_code == 404


def test_a_bulletin_on_paper_has_the_address_of_its_outage(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    said = "".join(text_of(public.get("/v1/bulletins/1.pdf").content).split())
    for words in ("Thisoutageontheweb", "CettepannesurleWeb"):
        assert re.search(words + r"\(https?://[^()]*/outages/TCC26-0001\)", said), words


@contextmanager
def a_full_press(press: Press) -> Iterator[None]:
    """Keeps a press busy with as much as it takes on."""
    is_full, goes_on = threading.Event(), threading.Event()

    async def crowd() -> None:
        made = [press.run(lambda: b"%d" % goes_on.wait()) for _ in range(AT_ONCE + WAITING_AT_MOST)]
        work = [asyncio.create_task(each) for each in made]
        await asyncio.sleep(0)
        is_full.set()
        await asyncio.gather(*work)

    thread = threading.Thread(target=asyncio.run, args=(crowd(),))
    thread.start()
    is_full.wait()
    try:
        yield
    finally:
        goes_on.set()
        thread.join()


def test_a_crowd_that_wants_documents_leaves_the_rest_alone(app: FastAPI, tccu: Api, public: Api) -> None:
    """P23: at most a few are made at once, and the words of the bulletin are still to be had."""
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    with a_full_press(app.state.web.press):
        refused = public.get("/v1/bulletins/1.pdf")
        assert refused.headers["retry-after"] == "5"
        problem(refused, 503, "busy")
        assert public.get("/v1/bulletins/1.txt").status_code == 200
    assert public.get("/v1/bulletins/1.pdf").status_code == 200
