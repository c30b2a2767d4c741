"""The archive of bulletins over HTTP."""

from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from outage_service.services.due_bulletins import issue_due
from outage_service.services.engine import Engine
from tests.web.bodies import MESSAGE, news, unscheduled
from tests.web.client import Api, all_items, problem, shown


@pytest.fixture
def story(engine: Engine, clock: VirtualClock, tccu: Api) -> dict[str, object]:
    """An EDI outage with four bulletins, the third one periodic; beside it, one of the CCP."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(minutes=30))
    updated = shown(tccu.act(outage, "updates", news(impacts=[{"system": "edi"}, {"system": "cers"}])))
    clock.advance(timedelta(hours=2))
    assert issue_due(engine) == 1
    shown(tccu.post("/v1/outages", unscheduled({"system": "ccp"})), 201)
    clock.advance(timedelta(minutes=1))
    return shown(tccu.act(updated, "resolve", news()))


def test_a_bulletin_shows_what_it_said_and_links_the_others(story: dict[str, object], public: Api) -> None:
    second = shown(public.get("/v1/bulletins/2"))
    assert second["kind"] == "update"
    assert second["outage"] == story["id"]
    assert second["number"] == "TCC26-0001"
    assert second["systems"] == ["edi", "cers"]
    assert second["message"] == MESSAGE
    assert second["issued_at"] == "2026-11-26T15:30:00Z"
    assert second["next_due_at"] == "2026-11-26T17:30:00Z"
    assert second["policy_version"] == "carm-1"
    assert [one["links"]["self"] for one in second["earlier"]] == ["/v1/bulletins/1"]
    assert second["links"]["pdf"] == "/v1/bulletins/2.pdf"
    assert [one["kind"] for one in second["later"]] == ["periodic", "resolved"]


def test_what_the_clock_issued_has_no_message_of_its_own(story: dict[str, object], public: Api) -> None:
    periodic = shown(public.get("/v1/bulletins/3"))
    assert (periodic["kind"], periodic["message"]) == ("periodic", None)
    outage = shown(public.get(f"/v1/outages/{story['id']}"))
    assert [update["sequence"] for update in outage["updates"]] == [1, 2, 4]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("outage=1", [5, 3, 2, 1]),
        ("outage=99", []),
        ("system=cers", [5, 3, 2]),
        ("system=ccp&system=cers", [5, 4, 3, 2]),
        ("kind=initial", [4, 1]),
        ("kind=periodic&kind=resolved", [5, 3]),
        ("since=2026-11-26T10:30:00-05:00&until=2026-11-26T17:30:00Z", [4, 3, 2]),
        ("outage=1&system=edi&kind=initial", [1]),
    ],
)
@pytest.mark.usefixtures("story")
def test_the_archive_can_be_searched(query: str, ids: list[int], public: Api) -> None:
    assert [item["id"] for item in all_items(public, f"/v1/bulletins?limit=2&{query}")] == ids


@pytest.mark.parametrize(
    ("headers", "query", "first"),
    [
        ({}, "", "en"),
        ({"Accept-Language": "fr-CA, en;q=0.5"}, "", "fr"),
        ({"Accept-Language": "en-CA, fr"}, "", "en"),
        ({"Accept-Language": "de, fr;q=0.1"}, "", "fr"),
        ({"Accept-Language": "de"}, "", "en"),
        ({"Accept-Language": ";;q=x,\x7f"}, "", "en"),
        ({"Accept-Language": "fr"}, "?lang=en", "en"),
        ({}, "?lang=fr", "fr"),
    ],
)
def test_a_page_has_both_languages_and_the_readers_first(
    headers: dict[str, str], query: str, first: str, tccu: Api, public: Api
) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    for suffix in ("html", "txt"):
        answer = public.get(f"/v1/bulletins/1.{suffix}{query}", headers=headers)
        assert answer.status_code == 200
        order = answer.text.index(MESSAGE["en"]), answer.text.replace("’", "'").index("Aucun message n'est")
        assert (order[0] < order[1]) == (first == "en")
        assert answer.headers["content-language"] == ("en-CA, fr-CA" if first == "en" else "fr-CA, en-CA")
        assert answer.headers["vary"] == "Accept-Language"


def test_pages_say_what_they_are_and_run_nothing(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled(message={"en": "<script>x</script>", "fr": "<b>x</b>"})), 201)
    page = public.get("/v1/bulletins/1.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'none'"} <= set(policy)
    assert public.get("/v1/bulletins/1.txt").headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("suffix", ["html", "txt"])
def test_a_frozen_page_is_unchanged_for_who_has_it(suffix: str, tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    first = public.get(f"/v1/bulletins/1.{suffix}")
    shown(tccu.act(outage, "resolve", news()))
    tag = first.headers["etag"]
    for sent in (tag, f'W/{tag}, "other"', "*"):
        again = public.get(f"/v1/bulletins/1.{suffix}", headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert public.get(f"/v1/bulletins/1.{suffix}", headers={"If-None-Match": '"other"'}).text == first.text
    french = public.get(f"/v1/bulletins/1.{suffix}?lang=fr", headers={"If-None-Match": tag})
    assert french.status_code == 200


@pytest.mark.parametrize("suffix", ["html", "txt"])
def test_a_page_that_is_unchanged_keeps_the_policy_that_lets_its_styles_apply(
    suffix: str, tccu: Api, public: Api
) -> None:
    """A browser merges the headers of a 304 into the answer that it has stored."""
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    first = public.get(f"/v1/bulletins/1.{suffix}")
    again = public.get(f"/v1/bulletins/1.{suffix}", headers={"If-None-Match": first.headers["etag"]})
    about_the_body = {"content-length", "content-type"}
    kept = {name: value for name, value in first.headers.items() if name not in about_the_body}
    assert {name: value for name, value in again.headers.items() if name not in about_the_body} == kept


@pytest.mark.parametrize(
    "path", ["99", "99.html", "99.txt", "99.pdf", "0.html", "x.html", "x", "x.pdf", "1.htm", "1.html.txt"]
)
def test_a_bulletin_that_does_not_exist_is_not_found(path: str, public: Api, tccu: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    problem(public.get(f"/v1/bulletins/{path}"), 404, "not_found")


def test_a_language_that_is_none_of_the_two_is_refused(public: Api) -> None:
    refused = problem(public.get("/v1/bulletins/1.html?lang=de"), 422, "invalid_input")
    assert refused["errors"][0]["field"] == "lang"


@pytest.mark.parametrize(("query", "language"), [("", "en"), ("?lang=fr", "fr")])
@pytest.mark.usefixtures("story")
def test_the_link_in_a_bulletin_leads_to_the_page_of_its_outage(
    query: str, language: str, public: Api
) -> None:
    answer = public.get(f"/outages/TCC26-0001{query}")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/{language}/outages/TCC26-0001"
    assert public.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("number", ["TCC26-1", "tcc26-0001", "1", "%00", "TCC26-0001%0d%0aX: y", "x" * 5000])
def test_an_outage_that_does_not_exist_has_no_page(number: str, public: Api) -> None:
    assert public.get(f"/outages/{number}").status_code == 404
    assert public.get("/en/outages/TCC26-0099").status_code == 404
