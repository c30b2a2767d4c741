"""The sample configuration: the service first, its files when it is down or hangs."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outage_service.cli.listening import server_config
from tests.chaos.installation import Installation, declare_at, installation, until
from tests.chaos.programs import Program
from tests.deploy.nginx import SAMPLE, Nginx, running_nginx

pytestmark = pytest.mark.timeout(120)

TYPES = {
    "txt": "text/plain; charset=utf-8",
    "ssml": "application/ssml+xml; charset=utf-8",
    "vxml": "application/voicexml+xml; charset=utf-8",
    "twiml": "text/xml; charset=utf-8",
    "json": "application/json",
}
LANGUAGES = {"en": "en-CA", "fr": "fr-CA", "both": "en-CA, fr-CA"}
NORMAL = ("normally", "normalement")
SECRET = "mac-of-a-link-from-a-mail"
NO_RELAY = "smtp://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Site:
    """A service, the web server in front of it, and the folder of its public files."""

    one: Installation
    program: Program
    nginx: Nginx
    files: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Asks the web server as a reader does."""
        return httpx.get(self.nginx.url + path, headers=headers, verify=self.nginx.trust, timeout=30)


@contextmanager
def site_at(database_url: str, folder: Path, *changes: tuple[str, str]) -> Iterator[Site]:
    public = folder / "public"
    with installation(
        database_url, NO_RELAY, folder, publish_dir=str(public), trusted_proxies="127.0.0.1"
    ) as one:
        program = one.serve()
        url = program.url
        until(lambda: list(public.glob("*/current/index.html")), "the files are there", every=0.02)
        (files,) = public.glob("*/current")
        with running_nginx(folder / "nginx", url, files, *changes) as nginx:
            yield Site(one, program, nginx, files)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    with site_at(sqlite_url, tmp_path) as found:
        yield found


def declare(site: Site) -> None:
    """Declares an outage of EDI through the web server's service, and waits until the files tell of it."""
    assert declare_at(site.program.url, site.one.token()).status_code == 201
    until(lambda: published(site)["outages"], "the files tell of it")


def published(site: Site) -> dict[str, Any]:
    status: dict[str, Any] = json.loads((site.files / "status.json").read_bytes())
    return status


def broadcasts() -> list[tuple[str, str]]:
    return [(language, suffix) for language in LANGUAGES for suffix in TYPES]


def check_broadcasts(site: Site, *, from_files: bool) -> None:
    """Every format of every line is answered 200, of the right type, and tells of the outage."""
    for language, suffix in broadcasts():
        path = f"/v1/broadcast/tccu/{language}.{suffix}"
        answer = site.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[suffix]), path
        assert answer.headers["content-language"] == (
            LANGUAGES[language] if suffix != "json" else LANGUAGES["both"]
        )
        assert answer.headers.get("x-served-from", "service") == ("files" if from_files else "service")
        assert "EDI" in answer.text
        if from_files:
            assert answer.content == (site.files / path.lstrip("/")).read_bytes()
            assert answer.headers["cache-control"] == "no-store"


def check_last_known(site: Site) -> None:
    """What lasts is served: broadcasts, status and first page, none of which says "normal" (R11)."""
    check_broadcasts(site, from_files=True)
    status = site.get("/v1/status")
    assert (status.status_code, status.headers["content-type"]) == (200, "application/json")
    told = status.json()
    assert (told["stale"], told["age_seconds"]) == (True, None)
    assert {one["condition"] for one in told["systems"]} == {"outage", "unknown"}
    assert [one["impacts"][0]["system"] for one in told["outages"]] == ["edi"]
    for path in ("/", "/en/", "/fr/"):
        page = site.get(path)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
        assert page.content == (site.files / "index.html").read_bytes()
    for line in ("tccu", "ctsu", "ccsh"):
        said = site.get(f"/v1/broadcast/{line}/both.txt").text
        assert not [word for word in NORMAL if word in said]
    unknown = site.get("/v1/broadcast/tccu/de.txt")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, TYPES["txt"])
    assert unknown.text == site.files.joinpath("not-found.txt").read_text()


def test_the_service_is_asked_first_and_its_files_when_it_was_killed(site: Site) -> None:
    """P21."""
    assert site.get("/v1/broadcast/tccu/en.txt").headers.get("x-served-from") is None
    declare(site)
    check_broadcasts(site, from_files=False)
    site.program.kill()
    check_last_known(site)
    page = site.get("/en/outages")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    form = httpx.post(
        f"{site.nginx.url}/fr/subscribe", data={"email": "a@example.org"}, verify=site.nginx.trust
    )
    assert (form.status_code, form.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert form.content == page.content == (site.files / "index.html").read_bytes()
    head = httpx.head(f"{site.nginx.url}/en/outages", verify=site.nginx.trust)
    assert (head.status_code, head.content) == (503, b"")
    refused = site.get("/v1/outages")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert json.loads(refused.text)["code"] == "service_unavailable"


def test_when_the_service_hangs_its_files_are_served_at_once_after_the_first_who_waits(site: Site) -> None:
    """P21: and the service itself again, within seconds of its coming round."""
    declare(site)
    site.program.freeze()
    assert timed(lambda: site.get("/v1/broadcast/tccu/en.txt")) < 10
    took = [timed(lambda: site.get("/v1/broadcast/tccu/en.txt")) for _ in range(5)]
    assert sorted(took)[2] < 1, took
    check_last_known(site)
    site.program.thaw()
    until(lambda: "x-served-from" not in site.get("/v1/status").headers, "the service answers again")
    check_broadcasts(site, from_files=False)


def timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_what_is_not_for_the_public_is_not_passed_on(site: Site) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(site.program.url + path).status_code in {200, 503}
        assert site.get(path).status_code == 404
    too_long = httpx.post(
        f"{site.nginx.url}/v1/subscriptions", content=b"x" * 100_000, verify=site.nginx.trust
    )
    assert too_long.status_code == 413
    page = httpx.post(f"{site.nginx.url}/fr/subscribe", content=b"x" * 100_000, verify=site.nginx.trust)
    assert page.status_code == 413
    assert "au plus 64\u00a0ko à la fois" in page.text


@pytest.mark.parametrize("host", ["outages.example.org", "evil.example"])
def test_who_comes_without_tls_is_led_to_our_own_host_whatever_host_they_name(site: Site, host: str) -> None:
    """A cache between would keep the way to another host for everybody."""
    moved = httpx.get(f"{site.nginx.plain_url}/en/?a=b", headers={"Host": host})
    assert (moved.status_code, moved.headers["location"]) == (301, "https://outages.example.org/en/?a=b")


def test_no_log_holds_a_link_from_a_mail(site: Site) -> None:
    """P30: whoever reads the logs could leave or change in the place of those who hold the links."""
    paths = [f"/subscriptions/1.1.{SECRET}/{purpose}" for purpose in ("confirm", "manage", "unsubscribe")]
    assert [site.get(path).status_code for path in (*paths, f"/{paths[0]}")] == [404] * 4
    site.program.kill()
    assert [site.get(path).status_code for path in paths] == [503] * 3
    assert httpx.get(f"{site.nginx.plain_url}{paths[0]}").status_code == 301
    assert site.get("/en/outages?page=2").status_code == 503
    # nginx writes a line once the answer is on its way.
    lines = site.nginx.folder / "outage.log"
    until(lambda: lines.read_text().count(' HTTP/1.1"') == 9, "all nine requests are in the log")
    logged = {log.name: log.read_text() for log in site.nginx.folder.glob("*.log")}
    assert [name for name, text in logged.items() if SECRET in text] == []
    assert logged["outage.log"].count("/subscriptions/- HTTP/") == 8
    assert '"GET /en/outages?page=2 HTTP/1.1" 503' in logged["outage.log"]


def test_the_web_server_closes_an_idle_connection_before_the_service_does() -> None:
    """A POST that crossed with the service's closing would be answered 503, and readers sent to the files."""
    kept = re.findall(r"^    keepalive \d+;\n    keepalive_timeout (\d+)s;$", SAMPLE.read_text("utf-8"), re.M)
    assert len(kept) == SAMPLE.read_text("utf-8").count("upstream outage_")
    assert max(int(seconds) for seconds in kept) < server_config(FastAPI()).timeout_keep_alive


def test_an_override_is_put_at_the_service_and_not_at_the_files(site: Site) -> None:
    site.program.kill()
    answer = httpx.put(f"{site.nginx.url}/v1/broadcast/tccu/override", verify=site.nginx.trust)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_each_caller_is_counted_by_the_address_the_web_server_names(site: Site) -> None:
    """P25: an address that the caller writes into the header does not count."""
    wish = {"email": "a@example.org", "language": "en", "systems": [], "kinds": []}
    answers = [
        httpx.post(
            f"{site.nginx.url}/v1/subscriptions",
            json=wish,
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
            verify=site.nginx.trust,
        ).status_code
        for number in range(21)
    ]
    assert answers == [202] * 20 + [429]


def test_one_address_gets_no_more_than_its_share(sqlite_url: str, tmp_path: Path) -> None:
    """P23: the telephone platform, which calls from few addresses, is let off."""
    changes = ("    127.0.0.1 0;\n", ""), ("burst=100", "burst=5")
    with (
        site_at(sqlite_url, tmp_path, *changes) as site,
        httpx.Client(verify=site.nginx.trust, base_url=site.nginx.url) as client,
    ):
        answers = [client.get("/v1/broadcast/tccu/en.txt").status_code for _ in range(60)]
    assert answers[:6] == [200] * 6
    assert 429 in answers
