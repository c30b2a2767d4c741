"""Whatever a public page links to is there, in both languages, and on this host."""

from collections import deque
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import pytest

from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.web.security import SESSION_COOKIE
from tests.builders import an_impact
from tests.desk import a_session
from tests.e2e.live import Site

PAGES_AT_MOST = 250
ENDLESS = "schedule?month="
"""Each month leads to the next: what a month's page leads to is looked at from this one only."""


class _Links(HTMLParser):
    """Gathers what a page leads to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.followed: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and (href := given.get("href")):
            self.followed.append(href)
        if (source := given.get("src")) or (tag == "link" and (source := given.get("href"))):
            self.loaded.append(source)


def test_every_link_of_every_public_page_works(site: Site) -> None:
    _let_things_happen(site)
    seen = followed(site, "/en/", "/fr/")
    for path in ("/fr/outages/TCC26-0001", "/en/bulletins/1", "/fr/contingency", "/en/history", "/en/about"):
        assert site.url + path in seen


@pytest.mark.parametrize(
    ("role", "reached"),
    [
        (Role.ADMIN, ("subscribers/1", "subscribers/import", "users/1", "audit", "bulletins/4", "lines")),
        (Role.TCCU, ("declare", "schedule", "outages/TCC26-0001/update", "outages/TCC26-0003/cancel")),
    ],
)
def test_every_link_of_the_console_works(site: Site, role: Role, reached: tuple[str, ...]) -> None:
    """Nobody is led to what is not for their role."""
    site.subscribe()
    _let_things_happen(site)
    cookie = f"{SESSION_COOKIE}={a_session(site.engine, role)}"
    seen = followed(site, "/en/console/", "/fr/console/", within="/console/", Cookie=cookie)
    for path in reached:
        assert f"{site.url}/fr/console/{path}" in seen


def _let_things_happen(site: Site) -> None:
    site.declare()
    site.resolve(site.declare(an_impact(System.CCP)))
    site.announce(an_impact(System.CERS))
    site.advance(timedelta(hours=2))


def followed(site: Site, *starts: str, within: str = "", **headers: str) -> set[str]:
    """Returns what the links lead to from some pages on; of pages not `within`, only that they are there."""
    waiting = deque(site.url + path for path in starts)
    seen = {*waiting}
    broken = []
    while waiting and len(seen) < PAGES_AT_MOST:
        url = waiting.popleft()
        answer = site.get(url.removeprefix(site.url), **headers)
        if not answer.is_redirect and answer.status_code != 200:
            broken.append((answer.status_code, url))
        elif within in url and ENDLESS not in url:
            for target in {urldefrag(urljoin(url, each)).url for each in leads_to(answer)} - seen:
                assert target.startswith(site.url), f"{url} leads elsewhere: {target}"
                seen.add(target)
                waiting.append(target)
    assert broken == []
    assert not waiting, "there are more pages than were looked at"
    return seen


def leads_to(answer: httpx.Response) -> list[str]:
    """Returns where an answer leads to on the web."""
    if answer.is_redirect:
        return [answer.headers["location"]]
    found = links(answer.text) if "text/html" in answer.headers["content-type"] else []
    return [each for each in found if urlsplit(each).scheme in ("", "http", "https")]


def links(html: str) -> list[str]:
    parser = _Links()
    parser.feed(html)
    return parser.followed + parser.loaded


def test_robots_are_told_what_there_is(site: Site) -> None:
    robots = site.get("/robots.txt").text
    assert "Disallow: /subscriptions/" in robots
    assert f"Sitemap: {site.url}/sitemap.xml" in robots
    sitemap = site.get("/sitemap.xml").text
    for path in ("en/", "fr/outages", "fr/about", "en/subscribe"):
        assert f"<loc>{site.url}/{path}</loc>" in sitemap
        assert site.get(f"/{path}").status_code == 200
    assert site.get("/static/favicon.svg").headers["content-type"] == "image/svg+xml"
