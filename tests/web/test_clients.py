"""Who calls: the connection's other end, unless a proxy that is trusted by a setting speaks for somebody."""

import ipaddress

import pytest

from outage_service.services.engine import Engine
from outage_service.web.app import create_app
from outage_service.web.clients import address_of
from tests.web.client import Api, problem, shown

PROXIES = [ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("10.0.0.0/8")]
WISH = {"email": "trade@example.org", "language": "en", "systems": [], "kinds": []}


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        pytest.param("203.0.113.9", [], "203.0.113.9", id="no proxy"),
        pytest.param("203.0.113.9", ["198.51.100.1"], "203.0.113.9", id="a proxy nobody trusts"),
        pytest.param("127.0.0.1", ["198.51.100.1"], "198.51.100.1", id="a trusted proxy"),
        pytest.param("127.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1", id="what the caller wrote"),
        pytest.param("127.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1", id="in two headers"),
        pytest.param("127.0.0.1", ["198.51.100.1, 10.1.2.3"], "198.51.100.1", id="two proxies"),
        pytest.param("::ffff:127.0.0.1", ["2001:db8::1"], "2001:db8::1", id="a proxy by its mapped address"),
        pytest.param("127.0.0.1", ["10.9.9.9"], "10.9.9.9", id="a call of the proxy's own network"),
        pytest.param("127.0.0.1", ["unknown"], "127.0.0.1", id="no address"),
        pytest.param("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1", id="an address with a port"),
        pytest.param("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1", id="a longer one with a port"),
        pytest.param("127.0.0.1", ["[2001:db8::1]"], "2001:db8::1", id="in brackets"),
        pytest.param("127.0.0.1", ["2001:db8::1:4711"], "2001:db8::1:4711", id="a longer one that has none"),
        pytest.param(
            "127.0.0.1", ["6.6.6.6, 198.51.100.1:80, 10.1.2.3:81"], "198.51.100.1", id="two with ports"
        ),
        pytest.param("127.0.0.1", ["[198.51.100.1]:80:80"], "127.0.0.1", id="two ports"),
        pytest.param("127.0.0.1", ["198.51.100.1:"], "127.0.0.1", id="no port behind the colon"),
        pytest.param("127.0.0.1", ["[::1%eth0]:80"], "127.0.0.1", id="with a zone"),
        pytest.param("127.0.0.1", ["198.51.100.1, "], "127.0.0.1", id="blank"),
        pytest.param("127.0.0.1", [], "127.0.0.1", id="a call without a proxy"),
        pytest.param("", ["198.51.100.1"], "", id="a Unix socket"),
    ],
)
def test_the_caller_is_the_first_that_no_trusted_proxy_speaks_for(
    peer: str, forwarded: list[str], caller: str
) -> None:
    """P25: nobody gets past a limit by a header of their own."""
    assert address_of(peer, forwarded, PROXIES) == caller


def ask(api: Api, forwarded_for: str) -> int:
    headers = {"X-Forwarded-For": forwarded_for}
    return api.post("/v1/subscriptions", WISH, headers=headers).status_code


def test_behind_a_trusted_proxy_each_caller_has_their_own_limit(engine: Engine) -> None:
    """P25."""
    api = Api(create_app(engine, trusted_proxies=PROXIES))
    answers = [ask(api, "198.51.100.1") for _ in range(21)]
    assert answers == [202] * 20 + [429]
    assert ask(api, "198.51.100.2") == 202
    assert ask(api, "6.6.6.6, 198.51.100.1") == 429


def test_without_a_trusted_proxy_a_header_does_not_help(engine: Engine) -> None:
    """P25."""
    api = Api(create_app(engine))
    answers = [ask(api, f"198.51.100.{n}") for n in range(21)]
    assert answers == [202] * 20 + [429]


def test_who_asks_too_often_is_told_so_and_when_to_come_back(engine: Engine) -> None:
    """P25, P26: whatever address is asked for."""
    api = Api(create_app(engine))
    for number in range(20):
        shown(api.post("/v1/subscriptions", {**WISH, "email": f"a{number}@example.org"}), 202)
    for email in ("a0@example.org", "new@example.org"):
        refused = api.post("/v1/subscriptions", {**WISH, "email": email})
        assert "60 minutes" in problem(refused, 429, "too_many_requests")["detail"]
        assert refused.headers["retry-after"] == "3600"
