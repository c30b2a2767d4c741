"""Each row of the table of SMTP outcomes, over real sockets (reliability.md, "SMTP outcomes"; trap 5)."""

import socket
from dataclasses import dataclass

import pytest

from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay, Timeouts
from outage_service.domain.deliveries import Stage, Verdict
from tests.channels.email.conftest import QUICK, pool_to
from tests.channels.email.envelopes import RECIPIENT, an_envelope
from tests.support.smtp_server import Action, Drop, Hang, Script, SmtpServer

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Row:
    """What the relay does, and what an attempt must make of it."""

    verb: str
    action: Action
    verdict: Verdict
    stage: Stage
    code: int | None = None


ROWS = {
    "greeting 421": Row("CONNECT", Drop("421 busy"), Verdict.RELAY_DOWN, Stage.CONNECT, 421),
    "greeting 554": Row("CONNECT", "554 not for you", Verdict.MISCONFIGURED, Stage.CONNECT, 554),
    "drop on connect": Row("CONNECT", Drop(), Verdict.RELAY_DOWN, Stage.CONNECT),
    "greeting never comes": Row("CONNECT", Hang(), Verdict.RELAY_DOWN, Stage.CONNECT),
    "greeting is not SMTP": Row("CONNECT", "HTTP/1.1 400 Bad Request", Verdict.RELAY_DOWN, Stage.CONNECT),
    "EHLO 421": Row("EHLO", Drop("421 going down"), Verdict.RELAY_DOWN, Stage.CONNECT, 421),
    "drop at EHLO": Row("EHLO", Drop(), Verdict.RELAY_DOWN, Stage.CONNECT),
    "MAIL 451": Row("MAIL", "451 4.3.0 later", Verdict.DEFERRED, Stage.MAIL, 451),
    "MAIL 421": Row("MAIL", Drop("421 closing"), Verdict.RELAY_DOWN, Stage.MAIL, 421),
    "MAIL 550": Row("MAIL", "550 5.7.1 unknown sender", Verdict.MISCONFIGURED, Stage.MAIL, 550),
    "drop at MAIL": Row("MAIL", Drop(), Verdict.RELAY_DOWN, Stage.MAIL),
    "MAIL never answered": Row("MAIL", Hang(), Verdict.RELAY_DOWN, Stage.MAIL),
    "MAIL answered with nonsense": Row("MAIL", "what?", Verdict.RELAY_DOWN, Stage.MAIL),
    "MAIL answered with 354": Row("MAIL", "354 send it", Verdict.RELAY_DOWN, Stage.MAIL, 354),
    "RCPT 450": Row("RCPT", "450 4.2.0 greylisted", Verdict.DEFERRED, Stage.RCPT, 450),
    "RCPT 421": Row("RCPT", Drop("421 slow down"), Verdict.DEFERRED, Stage.RCPT, 421),
    "RCPT 550": Row("RCPT", "550 5.1.1 nobody", Verdict.REFUSED, Stage.RCPT, 550),
    "RCPT 530": Row("RCPT", "530 5.7.0 log in first", Verdict.MISCONFIGURED, Stage.RCPT, 530),
    "drop at RCPT": Row("RCPT", Drop(), Verdict.RELAY_DOWN, Stage.RCPT),
    "DATA 451": Row("DATA", "451 4.3.0 later", Verdict.DEFERRED, Stage.DATA, 451),
    "DATA 554": Row("DATA", "554 5.6.0 no", Verdict.CONTENT_REFUSED, Stage.DATA, 554),
    "DATA answered with 250": Row("DATA", "250 fine", Verdict.RELAY_DOWN, Stage.DATA, 250),
    "drop at DATA": Row("DATA", Drop(), Verdict.RELAY_DOWN, Stage.DATA),
    "451 after the dot": Row("END", "451 4.3.0 later", Verdict.DEFERRED, Stage.AFTER_DOT, 451),
    "421 after the dot": Row("END", Drop("421 later"), Verdict.DEFERRED, Stage.AFTER_DOT, 421),
    "554 after the dot": Row("END", "554 5.7.1 spam", Verdict.CONTENT_REFUSED, Stage.AFTER_DOT, 554),
    "drop after the dot": Row("END", Drop(), Verdict.UNCERTAIN, Stage.AFTER_DOT),
    "no answer after the dot": Row("END", Hang(), Verdict.UNCERTAIN, Stage.AFTER_DOT),
    "nonsense after the dot": Row("END", "thanks", Verdict.UNCERTAIN, Stage.AFTER_DOT),
    "354 after the dot": Row("END", "354 more", Verdict.UNCERTAIN, Stage.AFTER_DOT, 354),
}


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_what_the_relay_does_decides_the_outcome(row: Row, pipelining: bool) -> None:
    script = Script(pipelining=pipelining).on(row.verb, row.action)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope())
    assert (attempt.verdict, attempt.stage, attempt.code) == (row.verdict, row.stage, row.code)
    assert server.recipients == []


@pytest.mark.parametrize("action", ["554 what?", Drop(), Drop("421 bye"), Hang()], ids=str)
async def test_whatever_happens_on_quit_the_message_was_accepted(action: Action) -> None:
    async with SmtpServer(Script().on("QUIT", action)) as server:
        async with pool_to(server) as pool:
            attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.ACCEPTED
        assert server.recipients == [RECIPIENT]


async def test_a_relay_that_refuses_connections_is_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        relay = Relay.parse(f"smtp://127.0.0.1:{unused.getsockname()[1]}")
        pool = MailPool(relay, only_to=None, timeouts=QUICK)
        attempt = await pool.send(an_envelope())
    assert (attempt.verdict, attempt.stage) == (Verdict.RELAY_DOWN, Stage.CONNECT)


async def test_a_relay_that_dns_does_not_know_is_down() -> None:
    pool = MailPool(Relay.parse("smtp://relay.invalid"), only_to=None)
    attempt = await pool.send(an_envelope())
    assert (attempt.verdict, attempt.stage) == (Verdict.RELAY_DOWN, Stage.CONNECT)


async def test_a_long_body_that_breaks_off_before_its_dot_is_not_uncertain() -> None:
    script = Script().on("BODY", Drop())
    async with SmtpServer(script) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope(octets=32 * 2**20))
    assert (attempt.verdict, attempt.stage) == (Verdict.RELAY_DOWN, Stage.BODY)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("552 5.3.4 too long", Verdict.CONTENT_REFUSED), ("250 enough", Verdict.RELAY_DOWN)],
)
async def test_an_answer_in_the_middle_of_a_body_is_not_uncertain(answer: str, verdict: Verdict) -> None:
    script = Script().on("BODY", answer)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope(octets=32 * 2**20))
    assert (attempt.verdict, attempt.stage) == (verdict, Stage.BODY)


async def test_a_long_message_arrives_whole() -> None:
    envelope = an_envelope(octets=8 * 2**20)
    async with SmtpServer() as server, pool_to(server, timeouts=Timeouts()) as pool:
        attempt = await pool.send(envelope)
    assert attempt.verdict is Verdict.ACCEPTED
    assert server.messages[0].content == envelope.wire[: -len(b".\r\n")].replace(b"\n..", b"\n.")


async def test_a_relay_without_ehlo_is_greeted_the_old_way() -> None:
    async with SmtpServer(Script(knows_ehlo=False)) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope())
    assert attempt.verdict is Verdict.ACCEPTED
    assert server.asked("HELO") == 1


async def test_an_answer_of_several_lines_is_one_answer() -> None:
    script = (
        Script().on("RCPT", "550-5.1.1 no such\r\n550-mailbox\r\n550 here").on("END", "250-kept\r\n250 as 1")
    )
    async with SmtpServer(script) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope())
    assert (attempt.verdict, attempt.detail) == (Verdict.REFUSED, "5.1.1 no such mailbox here")


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])
async def test_answers_may_come_octet_by_octet(pipelining: bool) -> None:
    script = Script(pipelining=pipelining, trickles=True).on("RCPT", "250-a\r\n250-b\r\n250 c")
    async with SmtpServer(script) as server, pool_to(server) as pool:
        attempts = [await pool.send(an_envelope()) for _ in range(3)]
    assert [attempt.verdict for attempt in attempts] == [Verdict.ACCEPTED] * 3


async def test_an_answer_without_end_is_given_up() -> None:
    script = Script(pipelining=False).on("MAIL", "\r\n".join(["250-and another line"] * 2000))
    async with SmtpServer(script) as server, pool_to(server) as pool:
        attempt = await pool.send(an_envelope())
    assert (attempt.verdict, attempt.stage) == (Verdict.RELAY_DOWN, Stage.MAIL)
