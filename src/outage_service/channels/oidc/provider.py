"""An OpenID Connect provider: authorization code flow with PKCE.

Nothing is kept between two sign-ins. Discovery document and keys are fetched for each, so that a key the
provider has replaced counts at once; sign-ins are few.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from outage_service.channels.oidc.errands import Errand, NotVouched, ProviderDown
from outage_service.channels.oidc.id_tokens import read_id_token
from outage_service.channels.oidc.places import is_safe_place

TIMEOUT_SECONDS = 5.0
ALL_WITHIN_SECONDS = 15.0
"""Of all that is asked for one step, however slowly it comes: a byte now and then is no answer (P23)."""
ANSWER_AT_MOST = 1024 * 1024
"""Bytes. To read a far larger one would keep everybody waiting (P23)."""
AT_ONCE = 4
"""Who may wait for the provider: each keeps a thread that pages are answered with."""
_DISCOVERY = "/.well-known/openid-configuration"
_BASIC = "client_secret_basic"
_Found = TypeVar("_Found")
_Step = Callable[[httpx.AsyncClient], Awaitable[_Found]]


class OpenIdProvider:
    """The provider at `issuer`, to which this service is known as `client_id`."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, within_seconds: float = ALL_WITHIN_SECONDS
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._tls = ssl.create_default_context()
        self._within_seconds = within_seconds
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def sign_in_url(self, errand: Errand, return_to: str) -> str:
        """Returns where the reader signs in."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": return_to,
            "scope": "openid email",
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": create_s256_code_challenge(errand.verifier),
            "code_challenge_method": "S256",
        }

        async def place(http: httpx.AsyncClient) -> str:
            found = _endpoint(await self._discover(http), "authorization_endpoint")
            return str(httpx.URL(found).copy_merge_params(asked))

        return self._ask(place)

    def verified_email(self, code: str, errand: Errand, return_to: str, *, now: datetime) -> str:
        """Returns the address of whoever signed in."""

        async def tokens_and_keys(http: httpx.AsyncClient) -> tuple[dict[str, Any], dict[str, Any]]:
            about = await self._discover(http)
            tokens = await self._redeem(http, about, code, errand, return_to)
            return tokens, await _object(http, "GET", _endpoint(about, "jwks_uri"))

        tokens, keys = self._ask(tokens_and_keys)
        claims = read_id_token(
            tokens, keys, issuer=self.issuer, client_id=self._client_id, nonce=errand.nonce, now=now
        )
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise NotVouched("no verified address")
        return email

    def _ask(self, step: _Step[_Found]) -> _Found:
        """Returns what a step finds; only on an event loop can all of it be given up in time."""
        if not self._room.acquire(blocking=False):
            raise ProviderDown("too many are waiting for it")
        try:
            return asyncio.run(self._in_time(step))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise ProviderDown(type(error).__name__) from error
        finally:
            self._room.release()

    async def _in_time(self, step: _Step[_Found]) -> _Found:
        """Redirects are not followed: they could lead to where it is not safe."""
        async with (
            asyncio.timeout(self._within_seconds),
            httpx.AsyncClient(verify=self._tls, timeout=TIMEOUT_SECONDS, trust_env=False) as http,
        ):
            return await step(http)

    async def _discover(self, http: httpx.AsyncClient) -> dict[str, Any]:
        about = await _object(http, "GET", self.issuer.rstrip("/") + _DISCOVERY)
        if about.get("issuer") != self.issuer:  # OpenID Connect Discovery 1.0, 4.3
            raise ProviderDown("it is another issuer")
        return about

    async def _redeem(
        self, http: httpx.AsyncClient, about: dict[str, Any], code: str, errand: Errand, return_to: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": errand.verifier,
        }
        auth = httpx.Auth()
        ways = about.get("token_endpoint_auth_methods_supported")
        if not ways or not isinstance(ways, list) or _BASIC in ways:
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._client_secret, safe=""))
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        try:
            return await _object(http, "POST", _endpoint(about, "token_endpoint"), data=form, auth=auth)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == 400:  # RFC 6749, 5.2: the code is not good, or not any more
                raise NotVouched("code refused") from error
            raise


async def _object(http: httpx.AsyncClient, method: str, url: str, **sent: Any) -> dict[str, Any]:
    body = bytearray()
    async with http.stream(method, url, **sent) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > ANSWER_AT_MOST:
                raise ProviderDown("its answer is too large")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderDown("not JSON") from error
    if not isinstance(found, dict):
        raise ProviderDown("not a JSON object")
    return found


def _endpoint(about: dict[str, Any], name: str) -> str:
    place = about.get(name)
    if not isinstance(place, str) or not is_safe_place(place):
        raise ProviderDown(f"its {name} is not reached by https")
    return place
