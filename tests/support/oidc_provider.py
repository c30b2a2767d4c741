"""An OpenID Connect provider for tests: real HTTP on loopback, strict about what it is sent.

with running_oidc_provider() as provider:
    provider.claims["email_verified"] = False      # what the next ID tokens say
    code_and_state = provider.visit(url)           # a reader signs in there at once
"""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

_GZIP = b"\x1f\x8b"
CLIENT_ID, CLIENT_SECRET = "outage service", "a secret: that % only tests use"


@cache
def a_key(name: str) -> RSAKey:
    """Returns a key of the provider's; making one is slow."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class OidcProvider:
    """What the provider says; a test changes it.

    Args:
        claims: of every ID token, besides or instead of the usual ones.
        about: of the discovery document, besides or instead of the usual.
        signing: the name of the key that tokens are signed with; "first" is the one it publishes.
        odd_keys: what else it publishes.
        raw: what it answers instead, whatever it is asked; gzip is said to be that.
        seconds_between_bytes: how slowly that comes.
    """

    now: int
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    signing: str = "first"
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "first"})
    odd_keys: list[dict[str, Any]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    raw: bytes = b""
    seconds_between_bytes: float = 0.0

    def visit(self, url: str) -> str:
        """Returns where the provider leads a reader back to, path and query."""
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def answer(self, path: str, given: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Returns the status and what the provider answers; a redirect has `location`."""
        self.asked.append(path)
        if path in self.broken:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            return 200, self._discovery()
        if path == "/keys":
            other = {"kty": "OKP", "crv": "X25519", "x": "AAAA", "use": "enc"}
            return 200, {"keys": [other, *self.odd_keys, a_key("first").as_dict(private=False)]}
        return self._authorize(given) if path == "/authorize" else self._redeem(given, authorization)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.about,
        }

    def _authorize(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        assert (given["client_id"], given["response_type"]) == (CLIENT_ID, "code")
        assert (given["code_challenge_method"], given["tenant"]) == ("S256", "1")
        assert set(given["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe()
        self.codes[code] = given
        back = urlencode({"code": code, "state": given["state"]})
        return 302, {"location": f"{given['redirect_uri']}?{back}"}

    def _redeem(self, given: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        begun = self.codes.pop(given["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest())
        if begun is None or challenge.decode().rstrip("=") != begun["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if given["redirect_uri"] != begun["redirect_uri"] or not _is_client(given, authorization):
            return 401, {"error": "invalid_client"}
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self._id_token(begun["nonce"])}

    def _id_token(self, nonce: str) -> str:
        usual = {
            "iss": self.issuer,
            "sub": "7",
            "aud": CLIENT_ID,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": nonce,
            "email_verified": True,
        }
        claims = {name: value for name, value in (usual | self.claims).items() if value is not None}
        if self.header["alg"] == "none":
            parts = (json.dumps(each).encode() for each in (self.header, claims))
            return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts) + "."
        return jwt.encode(self.header, claims, a_key(self.signing))


def _is_client(given: dict[str, str], authorization: str) -> bool:
    if "client_secret" in given:
        return (given["client_id"], given["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    decoded = parse_qs(f"name={name}&secret={secret}")  # RFC 6749, 2.3.1
    return decoded == {"name": [CLIENT_ID], "secret": [CLIENT_SECRET]}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, provider: OidcProvider, *rest: Any) -> None:
        self._provider = provider
        super().__init__(*rest)

    def do_GET(self) -> None:
        self._respond(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers["content-length"])).decode())

    def _respond(self, query: str) -> None:
        given = {name: values[0] for name, values in parse_qs(query).items()}
        authorization = self.headers.get("authorization", "")
        status, answer = self._provider.answer(urlsplit(self.path).path, given, authorization)
        body = self._provider.raw or json.dumps(answer).encode()
        self.send_response(status)
        if body.startswith(_GZIP):
            self.send_header("Content-Encoding", "gzip")
        if "location" in answer:
            self.send_header("Location", answer["location"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # who has enough of it leaves
            self._write(body)

    def _write(self, body: bytes) -> None:
        pause = self._provider.seconds_between_bytes
        if not pause:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(pause)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def running_oidc_provider(now: int) -> Iterator[OidcProvider]:
    """Yields a provider whose tokens are made at `now`, seconds since 1970."""
    provider = OidcProvider(now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, provider))
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
