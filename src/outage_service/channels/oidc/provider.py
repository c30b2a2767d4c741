"""An OpenID Connect provider: authorization code flow with PKCE.

Nothing is kept between two sign-ins. Discovery document and keys are fetched for each, so that a key the
provider has replaced counts at once; sign-ins are few.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from outage_service.channels.oidc.errands import Errand, NotVouched, ProviderDown
from outage_service.channels.oidc.id_tokens import read_id_token
from outage_service.channels.oidc.places import is_safe_place

TIMEOUT_SECONDS = 5.0
AT_ONCE = 4
"""Who may wait for the provider: each keeps a thread that pages are answered with."""
_DISCOVERY = "/.well-known/openid-configuration"
_BASIC = "client_secret_basic"


class OpenIdProvider:
    """The provider at `issuer`, to which this service is known as `client_id`."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._tls = ssl.create_default_context()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def sign_in_url(self, errand: Errand, return_to: str) -> str:
        """Returns where the reader signs in."""
        with self._client() as http:
            place = _endpoint(self._discover(http), "authorization_endpoint")
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
        return str(httpx.URL(place).copy_merge_params(asked))

    def verified_email(self, code: str, errand: Errand, return_to: str, *, now: datetime) -> str:
        """Returns the address of whoever signed in."""
        with self._client() as http:
            about = self._discover(http)
            tokens = self._redeem(http, about, code, errand, return_to)
            keys = _object(http.get(_endpoint(about, "jwks_uri")))
        claims = read_id_token(
            tokens, keys, issuer=self.issuer, client_id=self._client_id, nonce=errand.nonce, now=now
        )
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise NotVouched("no verified address")
        return email

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        """Redirects are not followed: they could lead to where it is not safe."""
        if not self._room.acquire(blocking=False):
            raise ProviderDown("too many are waiting for it")
        try:
            with httpx.Client(verify=self._tls, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
                yield http
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderDown(type(error).__name__) from error
        finally:
            self._room.release()

    def _discover(self, http: httpx.Client) -> dict[str, Any]:
        about = _object(http.get(self.issuer.rstrip("/") + _DISCOVERY))
        if about.get("issuer") != self.issuer:  # OpenID Connect Discovery 1.0, 4.3
            raise ProviderDown("it is another issuer")
        return about

    def _redeem(
        self, http: httpx.Client, about: dict[str, Any], code: str, errand: Errand, return_to: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": errand.verifier,
        }
        auth = httpx.Auth()
        if _BASIC in (about.get("token_endpoint_auth_methods_supported") or [_BASIC]):
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._client_secret, safe=""))
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        answer = http.post(_endpoint(about, "token_endpoint"), data=form, auth=auth)
        if answer.status_code == 400:  # RFC 6749, 5.2: the code is not good, or not any more
            raise NotVouched("code refused")
        return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    try:
        found = answer.json()
    except ValueError as error:
        raise ProviderDown("not JSON") from error
    if not isinstance(found, dict):
        raise ProviderDown("not a JSON object")
    return found


def _endpoint(about: dict[str, Any], name: str) -> str:
    place = about.get(name)
    if not isinstance(place, str) or not is_safe_place(place):
        raise ProviderDown(f"its {name} is not reached by https")
    return place
