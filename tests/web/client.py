"""A caller of the web application: over ASGI, with a token or without; usable from any thread."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from starlette.types import ASGIApp

LOOPBACK = ("127.0.0.1", 40_000)
Problem = dict[str, Any]


class Api:
    """Sends requests, each in an event loop of its own."""

    def __init__(self, app: ASGIApp, token: str | None = None, client: tuple[str, int] = LOOPBACK) -> None:
        self.app = app
        self.token = token
        self._client = client

    def at(self, client: tuple[str, int]) -> "Api":
        """Returns the same caller at another address."""
        return Api(self.app, self.token, client)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Sends GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> httpx.Response:
        """Sends POST, with `body` as JSON if there is any."""
        return self.request("POST", path, **(options if body is None else {"json": body, **options}))

    def act(self, outage: Mapping[str, Any], act: str, body: object, **options: Any) -> httpx.Response:
        """Sends an act on an outage in the version that is shown."""
        headers = {"If-Match": f'"{outage["version"]}"', **options.pop("headers", {})}
        return self.post(f"/v1/outages/{outage['id']}/{act}", body, headers=headers, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Sends a request and returns the answer, read in whole."""
        if self.token is not None:
            options["headers"] = {"Authorization": f"Bearer {self.token}", **options.get("headers", {})}
        if "json" in options:
            # In ASCII: half a surrogate pair can be escaped, not encoded.
            options["content"] = json.dumps(options.pop("json"))
            options["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
        return asyncio.run(self._send(method, path, options))

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=self._client)
        async with httpx.AsyncClient(transport=transport, base_url="http://outages.test") as http:
            return await http.request(method, path, **options)


def problem(answer: httpx.Response, status: int, code: str) -> Problem:
    """Returns the problem of a refusal after checking its shape."""
    found: Problem = answer.json()
    assert (answer.status_code, found.get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert found["status"] == status
    assert found["type"] == "about:blank"
    assert found["title"]
    assert found["detail"]
    return found


def shown(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """Returns the JSON object of a success."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def all_items(api: Api, path: str) -> list[dict[str, Any]]:
    """Returns the items of all pages of a list."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = parse_qs(urlsplit(path).query)
        page = shown(api.get(urlsplit(path).path, params=params | ({"cursor": cursor} if cursor else {})))
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def compact(document: object) -> str:
    """Returns JSON text with everything in it, to look for what must not be there."""
    return json.dumps(document, ensure_ascii=False)
