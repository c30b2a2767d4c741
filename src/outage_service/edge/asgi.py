"""The ASGI callable in front of the application: status, broadcasts and the first page of the site out of
memory (P21, P23).

It answers GET and HEAD of its own paths and hands on everything else untouched. A known path is always
answered 200: telephone platforms take anything else for a failure, or read it out.
"""

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from outage_service.clock import Clock
from outage_service.edge.holder import SnapshotHolder
from outage_service.edge.pages import STAY_ON_HTTPS, Headers, Page, is_listed
from outage_service.edge.snapshot import BROADCAST_PREFIX, HOME_PATHS, STATUS_PATH

log = structlog.get_logger(__name__)

_READING = ("GET", "HEAD")
_OVERRIDE = "/override"


class EdgeApp:
    """Serves the pages of `holder`, and everything else by `inner_app`.

    Args:
        holder: what to serve, and how old it is.
        inner_app: the application behind.
        clock: service time: whether a planned start has come since the snapshot was made.
        is_https: whether readers reach the service by HTTPS: then those of pages are told to stay there.
    """

    def __init__(
        self, holder: SnapshotHolder, inner_app: ASGIApp, clock: Clock, *, is_https: bool = False
    ) -> None:
        self._holder = holder
        self._inner_app = inner_app
        self._clock = clock
        self._is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or passes it on."""
        if scope["type"] != "http" or scope["method"] not in _READING or not _is_ours(scope["path"]):
            await self._inner_app(scope, receive, send)
            return
        page, headers, body = self._answer(scope["path"])
        status = page.status
        if page.etag and (conditions := _if_none_match(scope)) and is_listed(page.etag, conditions):
            status, headers, body = 304, page.unchanged_headers, b""
        if self._is_https and scope["path"] in HOME_PATHS:
            headers = (*headers, STAY_ON_HTTPS)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})

    def _answer(self, path: str) -> tuple[Page, Headers, bytes]:
        try:
            held, seconds = self._holder.current(), self._holder.monotonic()
            snapshot = held.snapshot
            pages = snapshot.stale if held.is_stale(self._clock(), seconds) else snapshot.fresh
            page = pages.get(path) or snapshot.not_found
            age = b"null" if snapshot.as_of is None else b"%d" % (seconds - held.checked_seconds)
            return page, *page.at(held.as_of_json, age)
        except Exception:
            # Whatever is broken: a caller hears a sentence, never a server error.
            log.exception("edge_answer_failed", path=path)
            unknown = self._holder.unknown
            page = unknown.stale.get(path) or unknown.not_found
            return page, *page.at(b"null", b"null")


def _is_ours(path: str) -> bool:
    if path == STATUS_PATH or path in HOME_PATHS:
        return True
    return path.startswith(BROADCAST_PREFIX) and not path.endswith(_OVERRIDE)


def _if_none_match(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"if-none-match"]
