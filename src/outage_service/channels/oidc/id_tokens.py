"""Whether an ID token is to be believed (OpenID Connect Core 1.0, 3.1.3.7)."""

from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from outage_service.channels.oidc.errands import NotVouched

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures only: with an HMAC the provider's public key could be used as the secret."""
LEEWAY = timedelta(minutes=1)
"""How far the provider's clock may be from ours."""
_KEY_TYPES = {"RSA", "EC"}


def read_id_token(
    tokens: dict[str, Any], keys: dict[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """Returns the claims of the ID token among `tokens`.

    Args:
        tokens: the token endpoint's answer.
        keys: the provider's key set.

    Raises:
        NotVouched: its signature, issuer, audience, nonce or time is wrong.
    """
    try:
        token = jwt.decode(str(tokens.get("id_token")), _signing_keys(keys), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": tokens.get("access_token")},
        )
        claims.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
    except (JoseError, ValueError, TypeError) as error:
        raise NotVouched(type(error).__name__) from error
    return dict(claims)


def _signing_keys(keys: dict[str, Any]) -> KeySet:
    """Keys that are not used here, or that cannot be read, must not keep anybody out (RFC 7517, 5)."""
    listed = keys.get("keys")
    wanted: list[Any] = [
        each
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("kty") in _KEY_TYPES and each.get("use") in (None, "sig")
    ]
    return KeySet([key for each in wanted if (key := _readable(each))])


def _readable(key: dict[str, Any]) -> Key | None:
    try:
        return import_key(key)
    except (JoseError, LookupError, TypeError, ValueError):  # a curve unknown here is a KeyError
        return None
