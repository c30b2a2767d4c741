"""A provider that does not behave: signing in by it fails, and nobody else waits."""

import gzip
import time
from collections.abc import Iterator

import pytest

from outage_service.channels.oidc.errands import Errand, ProviderDown
from outage_service.channels.oidc.provider import ALL_WITHIN_SECONDS, ANSWER_AT_MOST, OpenIdProvider
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_oidc_provider

ERRAND = Errand("state", "nonce", "verifier")


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    """A provider whose answers a test spoils."""
    with running_oidc_provider(0) as running:
        yield running


def ask(provider: OidcProvider, *, within_seconds: float = ALL_WITHIN_SECONDS) -> str:
    known = OpenIdProvider(provider.issuer, CLIENT_ID, CLIENT_SECRET, within_seconds=within_seconds)
    return known.sign_in_url(ERRAND, "https://outages.example.org")


@pytest.mark.parametrize("is_packed", [False, True], ids=["as it is", "packed"])
def test_an_answer_without_measure_is_not_read(is_packed: bool, provider: OidcProvider) -> None:
    """P23: to take 200 MB apart held everybody up for seconds."""
    body = b"{}" + b" " * ANSWER_AT_MOST
    provider.raw = gzip.compress(body) if is_packed else body
    with pytest.raises(ProviderDown, match="too large"):
        ask(provider)


def test_an_answer_too_deep_to_be_read_is_none(provider: OidcProvider) -> None:
    provider.raw = b"[" * 100_000
    with pytest.raises(ProviderDown, match="not JSON"):
        ask(provider)


def test_an_address_that_cannot_be_read_is_none(provider: OidcProvider) -> None:
    provider.about["authorization_endpoint"] = "https://login.example.org/\r\nX: y"
    with pytest.raises(ProviderDown):
        ask(provider)


def test_an_answer_that_trickles_in_is_given_up_in_time(provider: OidcProvider) -> None:
    """P23: each byte comes soon enough, and four who wait keep everybody else from signing in."""
    provider.raw, provider.seconds_between_bytes = b"{}" + b" " * 100, 0.05
    begun_at = time.monotonic()
    with pytest.raises(ProviderDown, match="TimeoutError"):
        ask(provider, within_seconds=0.3)
    assert time.monotonic() - begun_at < 3
