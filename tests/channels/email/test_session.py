"""Opening connections: encryption as wanted, credentials only where nobody listens in, no falling back."""

import socket
import ssl
from pathlib import Path

import pytest

from outage_service.domain.deliveries import Stage, Verdict
from tests.channels.email.conftest import pool_to
from tests.channels.email.envelopes import an_envelope
from tests.support.smtp_server import Drop, Script, SmtpServer

pytestmark = pytest.mark.anyio

Certificate = tuple[ssl.SSLContext, Path]
USERS = {"outages": "p@ss/wörd"}
CREDENTIALS = "outages:p%40ss%2Fw%C3%B6rd"


async def test_starttls_is_used_where_it_is_offered(certificate: Certificate) -> None:
    async with SmtpServer(Script(starttls=certificate[0])) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope())
    assert attempt.verdict is Verdict.ACCEPTED
    assert server.messages[0].is_encrypted


async def test_an_opportunistic_connection_is_in_clear_where_starttls_is_not_offered() -> None:
    async with SmtpServer() as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope())
    assert attempt.verdict is Verdict.ACCEPTED
    assert not server.messages[0].is_encrypted


async def test_starttls_never_is_obeyed(certificate: Certificate) -> None:
    async with SmtpServer(Script(starttls=certificate[0])) as server:
        async with pool_to(server, url=server.url(options="starttls=never")) as pool:
            await pool.send(an_envelope())
        assert not server.messages[0].is_encrypted


async def test_required_starttls_that_is_missing_is_a_fault_of_the_configuration() -> None:
    async with SmtpServer() as server:
        async with pool_to(server, url=server.url(options="starttls=required")) as pool:
            attempt = await pool.send(an_envelope())
        assert (attempt.verdict, attempt.stage) == (Verdict.MISCONFIGURED, Stage.CONNECT)
        assert "STARTTLS" in attempt.detail
        assert server.asked("MAIL") == 0


@pytest.mark.parametrize("options", ["", "starttls=required"], ids=["opportunistic", "required"])
@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        ("454 4.7.0 not now", Verdict.RELAY_DOWN),
        ("554 5.7.0 no", Verdict.MISCONFIGURED),
        (Drop(), Verdict.RELAY_DOWN),
        (Drop("220 go ahead"), Verdict.RELAY_DOWN),
    ],
    ids=["454", "554", "drop", "drop in the handshake"],
)
async def test_an_offer_of_starttls_that_fails_never_leads_to_clear_text(
    certificate: Certificate, options: str, action: str | Drop, verdict: Verdict
) -> None:
    script = Script(starttls=certificate[0]).on("STARTTLS", action)
    async with SmtpServer(script) as server:
        async with pool_to(server, url=server.url(options=options)) as pool:
            attempt = await pool.send(an_envelope())
        assert (attempt.verdict, attempt.stage) == (verdict, Stage.CONNECT)
        assert server.asked("MAIL") == 0


async def test_required_starttls_wants_a_certificate_that_holds(certificate: Certificate) -> None:
    async with SmtpServer(Script(starttls=certificate[0])) as server:
        async with pool_to(server, url=server.url(options="starttls=required")) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.MISCONFIGURED
        assert "certificate" in attempt.detail


async def test_a_cafile_makes_the_certificate_hold(certificate: Certificate) -> None:
    async with SmtpServer(Script(starttls=certificate[0])) as server:
        url = server.url(options=f"starttls=required&cafile={certificate[1]}")
        async with pool_to(server, url=url) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.ACCEPTED
        assert server.messages[0].is_encrypted


async def test_smtps_is_encrypted_from_the_first_byte(certificate: Certificate) -> None:
    async with SmtpServer(Script(implicit_tls=certificate[0])) as server:
        url = server.url(scheme="smtps", options=f"cafile={certificate[1]}")
        async with pool_to(server, url=url) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.ACCEPTED
        assert server.messages[0].is_encrypted


async def test_smtps_to_a_port_in_clear_is_a_fault_of_the_configuration() -> None:
    async with SmtpServer() as server, pool_to(server, url=server.url(scheme="smtps")) as pool:
        attempt = await pool.send(an_envelope())
    assert (attempt.verdict, attempt.stage) == (Verdict.MISCONFIGURED, Stage.CONNECT)


async def test_the_password_goes_over_tls(certificate: Certificate) -> None:
    async with SmtpServer(Script(starttls=certificate[0], users=USERS)) as server:
        url = server.url(credentials=CREDENTIALS, options=f"starttls=required&cafile={certificate[1]}")
        async with pool_to(server, url=url) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.ACCEPTED
        assert server.messages[0].user == "outages"


async def test_on_loopback_the_password_may_go_in_clear() -> None:
    async with SmtpServer(Script(users=USERS)) as server:
        async with pool_to(server, url=server.url(credentials=CREDENTIALS)) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.ACCEPTED
        assert server.messages[0].user == "outages"


def own_address() -> str:
    """An address of this machine that is none of loopback; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


async def test_elsewhere_the_password_never_goes_in_clear() -> None:
    async with SmtpServer(Script(users=USERS), host=own_address()) as server:
        async with pool_to(server, url=server.url(credentials=CREDENTIALS)) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.MISCONFIGURED
        assert "clear text" in attempt.detail
        assert server.asked("AUTH") == 0


async def test_a_wrong_password_pauses_everything_and_fails_nobody() -> None:
    async with SmtpServer(Script(users=USERS)) as server:
        async with pool_to(server, url=server.url(credentials="outages:guess")) as pool:
            first, second = await pool.send(an_envelope()), await pool.send(an_envelope())
            assert pool.health().is_paused
        assert (first.verdict, first.code) == (Verdict.MISCONFIGURED, 535)
        assert second == first
        assert server.connections == 1


async def test_a_temporary_failure_to_log_in_is_the_relays() -> None:
    async with SmtpServer(Script(users=USERS).on("AUTH", "454 4.7.0 no directory")) as server:
        async with pool_to(server, url=server.url(credentials=CREDENTIALS)) as pool:
            attempt = await pool.send(an_envelope())
        assert (attempt.verdict, attempt.code) == (Verdict.RELAY_DOWN, 454)


async def test_a_relay_that_takes_no_password_is_a_fault_of_the_configuration() -> None:
    async with SmtpServer() as server:
        async with pool_to(server, url=server.url(credentials=CREDENTIALS)) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.MISCONFIGURED
        assert "AUTH" in attempt.detail
