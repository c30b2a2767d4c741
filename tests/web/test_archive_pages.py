"""The archive's search and history as pages, and what is shown when the database is away."""

import re

import pytest

from outage_service.services.engine import Engine
from outage_service.web.app import create_app
from outage_service.web.pages.archive_search import read_search
from tests.engines import an_engine
from tests.web.bodies import delay, news, scheduled, unscheduled
from tests.web.client import Api, shown

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"


def numbers(html: str) -> list[str]:
    """Returns the outages of a list, in order."""
    return re.findall(r'number">TCC26-(\d{4})</span>', html)


def test_the_newest_come_first_and_pages_lead_on(tccu: Api, public: Api) -> None:
    for system in ("edi", "cers", "swi"):
        shown(tccu.post("/v1/outages", {**unscheduled(), "impacts": [{"system": system}]}), 201)
    first = public.get("/en/outages?limit=2&state=open").text
    assert numbers(first) == ["0003", "0002"]
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = public.get(older.replace("&amp;", "&")).text
    assert numbers(second) == ["0001"]
    assert "state=open" in older
    assert 'rel="next"' not in second
    assert "Newest outages" in second


def test_the_form_finds_by_everything_it_offers(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(outage, "resolve", news()))
    shown(tccu.post("/v1/outages", scheduled()), 201)
    for query, found in (
        ("q=&system=&state=&since=&until=", ["0002", "0001"]),
        ("system=edi&state=resolved", ["0001"]),
        ("state=scheduled&state=open", ["0002"]),
        ("since=2026-11-27", ["0002"]),
        ("until=2026-11-26", ["0001"]),
        ("since=2026-11-29&until=2026-11-29", ["0002"]),
        ("q=nothing+of+this+kind", []),
        ("q=%00%E2%80%AE", ["0002", "0001"]),
    ):
        answer = public.get(f"/fr/outages?{query}")
        assert (answer.status_code, numbers(answer.text)) == (200, found), query
    assert "Aucune panne ne correspond" in public.get("/fr/outages?q=zzz").text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=26.11.2026", "since"),
        ("since=20261126", "since"),
        ("since=1999-01-01", "since"),
        ("until=2026-02-30", "until"),
        ("since=2026-11-27&until=2026-11-26", "until"),
        ("system=EDI", "system"),
        ("state=gone", "state"),
        (f"q={'x' * 101}", "words"),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_the_rest_is_kept(
    query: str, field: str, engine_of_module: Engine
) -> None:
    answer = Api(create_app(engine_of_module)).get(f"/en/outages?{query}&limit=5")
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert numbers(answer.text) == []


def test_words_are_cut_to_what_a_search_needs() -> None:
    many = " ".join("abcdefghijkl")
    assert len(read_search(q=many).wanted.words) == 8
    assert read_search(q="one\x00two\u202ethree").wanted.words == ["one", "two", "three"]


def test_the_history_tells_each_system_in_words(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(started_at="2026-11-26T08:00:00-05:00")), 201)
    shown(tccu.act(outage, "resolve", news()))
    page = public.get("/fr/history").text
    assert page.count("<svg") == 6 + 3
    assert "Échange de données informatisé (EDI). Jours avec une panne\u00a0: 1." in page
    assert "Panne\u00a0: 2\u00a0h. Retard\u00a0: 0\u00a0min." in page
    assert page.count("Rien n’a été annoncé.") == 5
    assert "<td>aucun</td>" in page


def test_a_day_with_a_delay_alone_had_no_outage_in_the_gender_of_each_column(tccu: Api, public: Api) -> None:
    outage = shown(
        tccu.post("/v1/outages", unscheduled(delay(), started_at="2026-11-26T08:00:00-05:00")), 201
    )
    shown(tccu.act(outage, "resolve", news()))
    assert "<td>aucune</td><td>2\u00a0h</td>" in public.get("/fr/history").text


def test_without_its_database_a_page_says_so_in_its_language_and_others_still_answer() -> None:
    engine = an_engine(NOWHERE)
    public = Api(create_app(engine))
    for path, said in (
        ("/fr/outages", "Veuillez réessayer plus tard"),
        ("/en/outages/TCC26-0001", "Please try again later"),
        ("/subscriptions/1.1.x/manage?lang=fr", None),
    ):
        answer = public.get(path)
        assert said is None or (answer.status_code == 503 and said in answer.text), path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "nothing has changed" not in answer.text, "that is not known"
    for path in ("/en/about", "/fr/subscribe", "/robots.txt", "/sitemap.xml"):
        assert public.get(path).status_code == 200
    engine.db.close()


def test_a_form_that_is_no_form_and_a_crowd_are_told_on_pages(public: Api) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = public.request("POST", "/en/subscribe", content=b"language=\xff", headers=form)
    assert (wrong.status_code, "This could not be done" in wrong.text) == (422, True)
    sent = {
        public.request("POST", "/en/subscribe", content=body, headers=form).status_code for body in BODIES
    }
    assert sent == {303, 429}
    often = public.request("POST", "/fr/subscribe", content=BODIES[0], headers=form)
    assert (often.status_code, "Trop de demandes" in often.text) == (429, True)


BODIES = [b"language=en&email=reader%d@example.org" % number for number in range(25)]


def test_every_address_gets_the_same_page(public: Api) -> None:
    """P26."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        public.request("POST", "/en/subscribe", content=body, headers=form)
        for body in (BODIES[0], BODIES[0], BODIES[1])
    ]
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, "/en/subscribe/sent")}
