"""The callable in front of the application: always an answer, always speakable (P21, P23)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from outage_service.edge.asgi import EdgeApp
from outage_service.edge.holder import Held, SnapshotHolder
from tests.edge.pages import NOT_FOUND, NOW, UNKNOWN, Clocks, a_snapshot

ENGLISH = "/v1/broadcast/tccu/en.txt"
JSON = "/v1/broadcast/tccu/en.json"
STATUS = "/v1/status"
INNER = 418

Ask = Callable[..., httpx.Response]


async def inner_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Whatever comes through the edge gets here."""
    if scope["type"] == "http":
        await PlainTextResponse("inner", INNER)(scope, receive, send)
    else:
        await send({"type": f"{scope['type']}.inner"})


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def holder(clocks: Clocks) -> SnapshotHolder:
    return SnapshotHolder(UNKNOWN, monotonic=clocks.monotonic)


@pytest.fixture
def app(holder: SnapshotHolder, clocks: Clocks) -> EdgeApp:
    return EdgeApp(holder, inner_app, clocks.service)


@pytest.fixture
def ask(app: EdgeApp) -> Ask:
    async def send(method: str, path: str, headers: dict[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
            return await client.request(method, path, headers=headers)

    def ask(path: str, method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(send(method, path, headers))

    return ask


def test_a_message_is_served_out_of_the_snapshot(ask: Ask, holder: SnapshotHolder) -> None:
    holder.refresh(a_snapshot)
    answer = ask(ENGLISH)
    assert (answer.status_code, answer.text) == (200, "All is well.")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-language"] == "en-CA"
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("path", "content_type", "language"),
    [
        ("/v1/broadcast/tccu/fr.txt", "text/plain; charset=utf-8", "fr-CA"),
        ("/v1/broadcast/tccu/both.twiml", "text/xml; charset=utf-8", "en-CA, fr-CA"),
        (JSON, "application/json", "en-CA, fr-CA"),
        (STATUS, "application/json", "en-CA, fr-CA"),
    ],
)
def test_each_page_names_its_type_and_its_languages(
    ask: Ask, holder: SnapshotHolder, path: str, content_type: str, language: str
) -> None:
    holder.refresh(a_snapshot)
    headers = ask(path).headers
    assert (headers["content-type"], headers["content-language"]) == (content_type, language)


def test_caches_keep_a_page_for_moments_and_never_serve_it_old(ask: Ask, holder: SnapshotHolder) -> None:
    holder.refresh(a_snapshot)
    assert ask(ENGLISH).headers["cache-control"] == "public, max-age=5, must-revalidate"


def test_json_tells_when_it_was_last_checked_and_how_long_ago(
    ask: Ask, holder: SnapshotHolder, clocks: Clocks
) -> None:
    holder.refresh(a_snapshot)
    clocks.pass_by(10)
    holder.confirm(clocks.now, clocks.seconds)
    clocks.pass_by(4.9)
    for path in (JSON, STATUS):
        answer = ask(path).json()
        assert (answer["as_of"], answer["age_seconds"], answer["stale"]) == ("2026-11-26T15:20:40Z", 4, False)
        assert ask(path).headers["content-length"] == str(len(ask(path).content))


def test_what_was_not_checked_for_half_a_minute_is_told_as_last_known(
    ask: Ask, holder: SnapshotHolder, clocks: Clocks
) -> None:
    """P21: the database is gone."""
    holder.refresh(a_snapshot)
    clocks.pass_by(31)
    assert (ask(ENGLISH).status_code, ask(ENGLISH).text) == (200, "Last known: All is well.")
    answer = ask(STATUS).json()
    assert (answer["as_of"], answer["age_seconds"], answer["stale"]) == ("2026-11-26T15:20:30Z", 31, True)


def test_what_the_clock_changed_since_is_told_as_last_known(
    ask: Ask, holder: SnapshotHolder, clocks: Clocks
) -> None:
    """R11: a planned start has come, and no new snapshot."""
    holder.refresh(lambda: a_snapshot(valid_until=NOW + timedelta(seconds=5)))
    clocks.pass_by(8)
    assert ask(ENGLISH).text.startswith("Last known")


def test_without_any_snapshot_a_known_line_is_answered_all_the_same(ask: Ask) -> None:
    """P21: a first start without a database."""
    assert (ask(ENGLISH).status_code, ask(ENGLISH).text) == (200, "It cannot be known.")
    answer = ask(JSON).json()
    assert (answer["as_of"], answer["age_seconds"], answer["stale"]) == (None, None, True)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/broadcast/nobody/en.txt",
        "/v1/broadcast/tccu/de.txt",
        "/v1/broadcast/tccu/en.mp3",
        "/v1/broadcast/tccu",
        "/v1/broadcast/",
        "/v1/broadcast/tccu/en.txt/",
        "/v1/broadcast/%00%ff%2Fetc%2Fpasswd",
        "/v1/broadcast/" + "x" * 5000,
    ],
)
@pytest.mark.parametrize("known", [True, False], ids=["with a snapshot", "without one"])
def test_an_unknown_line_or_format_is_a_404_that_can_be_read_out(
    ask: Ask, holder: SnapshotHolder, path: str, known: bool
) -> None:
    if known:
        holder.refresh(a_snapshot)
    answer = ask(path)
    assert (answer.status_code, answer.text) == (404, NOT_FOUND)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [ENGLISH, JSON, STATUS, "/v1/broadcast/nobody/en.txt"])
def test_head_is_get_without_a_body(ask: Ask, holder: SnapshotHolder, path: str) -> None:
    holder.refresh(a_snapshot)
    get, head = ask(path), ask(path, "HEAD")
    assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers))
    assert head.content == b""


@pytest.mark.parametrize("path", [ENGLISH, JSON, STATUS])
@pytest.mark.parametrize(
    "form",
    [
        pytest.param("{}", id="as given"),
        pytest.param('"other", {}', id="in a list"),
        pytest.param("W/{}", id="weakened on the way"),
        pytest.param("*", id="any"),
    ],
)
def test_what_has_not_changed_is_not_sent_again(
    ask: Ask, holder: SnapshotHolder, path: str, form: str
) -> None:
    holder.refresh(a_snapshot)
    etag = ask(path).headers["etag"].removeprefix("W/")
    answer = ask(path, headers={"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == ask(path).headers["etag"]


@pytest.mark.parametrize("path", [ENGLISH, JSON, STATUS])
def test_an_etag_outlives_confirmations_and_changes_with_the_words(
    ask: Ask, holder: SnapshotHolder, clocks: Clocks, path: str
) -> None:
    holder.refresh(a_snapshot)
    first = {"If-None-Match": ask(path).headers["etag"]}
    clocks.pass_by(20)
    holder.confirm(clocks.now, clocks.seconds)
    assert ask(path, headers=first).status_code == 304
    holder.refresh(lambda: a_snapshot("Something broke."))
    assert ask(path, headers=first).status_code == 200


@pytest.mark.parametrize("path", [ENGLISH, JSON, STATUS])
def test_growing_old_changes_the_etag(ask: Ask, holder: SnapshotHolder, clocks: Clocks, path: str) -> None:
    """P21: whoever polls with the old one hears that it is stale."""
    holder.refresh(a_snapshot)
    first = {"If-None-Match": ask(path).headers["etag"]}
    clocks.pass_by(31)
    assert ask(path, headers=first).status_code == 200


def test_an_age_that_differs_makes_the_etag_a_weak_one(ask: Ask, holder: SnapshotHolder) -> None:
    """RFC 9110, 8.8.1: a strong one promises the same bytes."""
    holder.refresh(a_snapshot)
    assert ask(JSON).headers["etag"].startswith('W/"')
    assert ask(ENGLISH).headers["etag"].startswith('"')


@pytest.mark.parametrize("header", ["", '"', "W/", ",,,", '"unclosed', "é", '"' + "x" * 9000 + '"'])
def test_a_nonsense_condition_is_ignored(ask: Ask, holder: SnapshotHolder, header: str) -> None:
    """P20."""
    holder.refresh(a_snapshot)
    assert ask(ENGLISH, headers={"If-None-Match": header.encode("latin-1")}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/broadcast/tccu/override"),
        ("DELETE", "/v1/broadcast/tccu/override"),
        ("GET", "/v1/broadcast/tccu/override"),
        ("POST", ENGLISH),
        ("OPTIONS", STATUS),
        ("GET", "/v1/status/"),
        ("GET", "/v1/outages"),
        ("GET", "/"),
    ],
)
def test_everything_else_is_handed_on(ask: Ask, method: str, path: str) -> None:
    assert ask(path, method).status_code == INNER


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_not_http_is_handed_on(app: EdgeApp, kind: str) -> None:
    sent: list[str] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def receive() -> Message:
        return {}

    asyncio.run(app({"type": kind, "path": STATUS}, receive, send))
    assert sent == [f"{kind}.inner"]


class BrokenHolder(SnapshotHolder):
    """A holder that fails whoever asks it."""

    def current(self) -> Held:
        raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [(ENGLISH, 200, "It cannot be known."), ("/v1/broadcast/x", 404, NOT_FOUND)],
)
def test_a_fault_of_the_edge_itself_is_told_as_not_knowing(
    clocks: Clocks, path: str, status: int, text: str
) -> None:
    app = EdgeApp(BrokenHolder(UNKNOWN), inner_app, clocks.service)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
            return await client.get(path)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.text) == (status, text)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_first_page_of_the_site_comes_out_of_memory(
    language: str, ask: Ask, holder: SnapshotHolder, clocks: Clocks
) -> None:
    """P21: also while nothing behind it answers; once old, in the wording that stays true."""
    path = f"/{language}/"
    assert "It cannot be known." in ask(path).text
    holder.refresh(a_snapshot)
    fresh = ask(path)
    assert (fresh.status_code, fresh.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert fresh.text == f"<html lang={language}>All is well.</html>"
    assert fresh.headers["content-language"] == f"{language}-CA"
    assert "script-src 'self'" in fresh.headers["content-security-policy"]
    assert (fresh.headers["x-frame-options"], fresh.headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert fresh.headers["content-length"] == str(len(fresh.content))
    assert "strict-transport-security" not in fresh.headers
    same = ask(path, headers={"If-None-Match": fresh.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    clocks.pass_by(40)
    assert "Last known: All is well." in ask(path).text


def test_readers_of_pages_by_https_are_told_to_stay_there(holder: SnapshotHolder, clocks: Clocks) -> None:
    async def headers(path: str) -> httpx.Headers:
        transport = httpx.ASGITransport(app=EdgeApp(holder, inner_app, clocks.service, is_https=True))
        async with httpx.AsyncClient(transport=transport, base_url="https://service.test") as client:
            return (await client.get(path)).headers

    assert "max-age" in asyncio.run(headers("/en/"))["strict-transport-security"]
    assert "strict-transport-security" not in asyncio.run(headers(ENGLISH))


def test_other_pages_of_the_site_are_the_applications(ask: Ask) -> None:
    for path in ("/", "/en", "/en/outages", "/de/"):
        assert ask(path).status_code == INNER
