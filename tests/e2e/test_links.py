"""Whatever a public page links to is there, in both languages, and on this host."""

from collections import deque
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from outage_service.domain.systems import System
from tests.builders import an_impact
from tests.e2e.live import Site

PAGES_AT_MOST = 250


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
    site.declare()
    site.resolve(site.declare(an_impact(System.CCP)))
    site.announce(an_impact(System.CERS))
    site.advance(timedelta(hours=2))
    waiting = deque([f"{site.url}/en/", f"{site.url}/fr/"])
    seen = {*waiting}
    broken = []
    while waiting and len(seen) < PAGES_AT_MOST:
        url = waiting.popleft()
        answer = site.get(url.removeprefix(site.url))
        if answer.is_redirect:
            found = [answer.headers["location"]]
        elif answer.status_code != 200:
            broken.append((answer.status_code, url))
            continue
        else:
            found = links(answer.text) if "text/html" in answer.headers["content-type"] else []
        for target in found:
            absolute = urldefrag(urljoin(url, target)).url
            if urlsplit(absolute).scheme.startswith("http") and absolute not in seen:
                assert absolute.startswith(site.url), f"{url} leads elsewhere: {absolute}"
                seen.add(absolute)
                waiting.append(absolute)
    assert broken == []
    for path in ("/fr/outages/TCC26-0001", "/en/bulletins/1", "/fr/contingency", "/en/history", "/en/about"):
        assert site.url + path in seen


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
