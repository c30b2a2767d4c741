"""The pool: connections are reused, renewed and given up without losing track of a message."""

import asyncio
import gc
from collections import Counter

import pytest

from outage_service.channels.email.addresses import AddressError
from outage_service.channels.email.envelope import Envelope
from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay, Timeouts
from outage_service.domain.deliveries import Attempt, Stage, Verdict
from tests.channels.email.conftest import pool_to
from tests.channels.email.envelopes import RECIPIENT, SENDER, an_envelope
from tests.support.smtp_server import Drop, Hang, Script, SmtpServer, Wait

pytestmark = pytest.mark.anyio


async def send_many(pool: MailPool, count: int) -> list[Attempt]:
    envelopes = (an_envelope(f"client{number}@example.ca") for number in range(count))
    return await asyncio.gather(*(pool.send(envelope) for envelope in envelopes))


def verdicts(attempts: list[Attempt]) -> Counter[Verdict]:
    return Counter(attempt.verdict for attempt in attempts)


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])
async def test_every_message_arrives_once_and_unchanged(pipelining: bool) -> None:
    async with SmtpServer(Script(pipelining=pipelining)) as server, pool_to(server) as pool:
        attempts = await send_many(pool, 100)
        assert pool.health().connections <= 8
    assert verdicts(attempts) == {Verdict.ACCEPTED: 100}
    assert sorted(server.recipients) == sorted(f"client{number}@example.ca" for number in range(100))
    assert {message.content for message in server.messages} == {
        an_envelope().wire[: -len(b".\r\n")].replace(b"\n..", b"\n.")
    }
    assert {message.mail_from for message in server.messages} == {SENDER}
    assert server.connections <= 8


async def test_pipelining_takes_one_write_for_the_envelope_and_one_for_the_body() -> None:
    async with SmtpServer() as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        envelope = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode()
        assert server.chunks[1:] == [envelope, an_envelope().wire]


async def test_without_pipelining_every_command_waits_for_its_answer() -> None:
    """RFC 2920, 3.1: what was not offered is not used."""
    async with SmtpServer(Script(pipelining=False)) as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        assert [chunk[:4] for chunk in server.chunks[1:4]] == [b"MAIL", b"RCPT", b"DATA"]
        assert all(chunk.count(b"\r\n") == 1 for chunk in server.chunks[:4])


async def test_one_connection_serves_many_messages() -> None:
    async with SmtpServer() as server, pool_to(server, connections=1) as pool:
        attempts = await send_many(pool, 20)
        assert verdicts(attempts) == {Verdict.ACCEPTED: 20}
        assert server.connections == 1


async def test_a_connection_is_replaced_after_so_many_messages() -> None:
    async with SmtpServer() as server:
        async with pool_to(server, connections=1, messages_per_connection=3) as pool:
            attempts = await send_many(pool, 10)
        assert verdicts(attempts) == {Verdict.ACCEPTED: 10}
        assert server.connections == 4
        assert server.asked("QUIT") == 4


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])
async def test_a_refused_recipient_leaves_the_connection_to_the_next(pipelining: bool) -> None:
    script = Script(pipelining=pipelining).on("RCPT", "550 5.1.1 nobody", address="client1@example.ca")
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        attempts = [await pool.send(an_envelope(f"client{number}@example.ca")) for number in range(3)]
        assert [attempt.verdict for attempt in attempts] == [
            Verdict.ACCEPTED,
            Verdict.REFUSED,
            Verdict.ACCEPTED,
        ]
        assert server.recipients == ["client0@example.ca", "client2@example.ca"]
        assert (server.connections, server.asked("RSET")) == (1, 1)


@pytest.mark.parametrize("answer", ["554 5.5.1 nobody to send to", "250 ok", Drop(), Hang()], ids=str)
async def test_a_relay_that_wants_the_body_for_nobody_gets_a_lone_dot(answer: str | Drop | Hang) -> None:
    """RFC 2920, 3.1: pipelined, DATA is asked for before RCPT is answered."""
    script = Script().on("RCPT", "550 5.1.1 nobody", times=1).on("DATA", "354 go on", times=1)
    script.on("LONE_DOT", answer)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        first, second = await pool.send(an_envelope()), await pool.send(an_envelope("next@example.ca"))
        assert (first.verdict, first.stage, first.code) == (Verdict.REFUSED, Stage.RCPT, 550)
        assert second.verdict is Verdict.ACCEPTED
        assert server.recipients == ["next@example.ca"]
        assert b".\r\n" in server.chunks


@pytest.mark.parametrize(
    "closing", [Drop("421 4.4.2 idle for too long"), Drop(), "421 4.7.0 enough for now", Hang()], ids=str
)
async def test_a_used_connection_that_the_relay_has_closed_is_replaced_unnoticed(
    closing: str | Drop | Hang,
) -> None:
    script = Script().on("MAIL", closing, after=1, times=1)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        attempts = [await pool.send(an_envelope()) for _ in range(3)]
        assert [attempt.verdict for attempt in attempts] == [Verdict.ACCEPTED] * 3
        assert (server.connections, len(server.messages)) == (2, 3)


async def test_connections_dropped_while_idle_are_replaced_unnoticed() -> None:
    async with SmtpServer() as server, pool_to(server) as pool:
        await send_many(pool, 30)
        before = server.connections
        server.drop_all()
        attempts = await send_many(pool, 30)
        assert verdicts(attempts) == {Verdict.ACCEPTED: 30}
        assert len(server.messages) == 60
        assert before < server.connections <= 16


async def test_a_relay_that_loses_its_memory_of_rset_is_left_for_a_new_connection() -> None:
    script = Script().on("RCPT", "550 nobody", times=1).on("RSET", "502 what?", times=1)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        attempts = [await pool.send(an_envelope()) for _ in range(2)]
        assert [attempt.verdict for attempt in attempts] == [Verdict.REFUSED, Verdict.ACCEPTED]
        assert server.connections == 2


async def test_a_connection_in_steady_use_never_times_out() -> None:
    async with SmtpServer(Script().on("END", Wait(0.1))) as server:
        async with pool_to(server, connections=1) as pool:
            attempts = await send_many(pool, 6)
        assert verdicts(attempts) == {Verdict.ACCEPTED: 6}
        assert server.connections == 1


async def test_each_stage_has_a_deadline_of_its_own() -> None:
    timeouts = Timeouts(connect=1, command=0.2, end_of_data=30, greeting=1)
    script = Script().on("END", Wait(0.4), times=1).on("RCPT", Hang(), after=1)
    async with SmtpServer(script) as server, pool_to(server, connections=1, timeouts=timeouts) as pool:
        async with asyncio.timeout(3):
            first, second = await pool.send(an_envelope()), await pool.send(an_envelope())
        assert first.verdict is Verdict.ACCEPTED
        assert (second.verdict, second.stage) == (Verdict.RELAY_DOWN, Stage.RCPT)


async def test_a_cancelled_probe_leaves_its_place_to_the_next() -> None:
    script = Script().on("CONNECT", Drop("421 not now"), times=1).on("CONNECT", Wait(5), times=1)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        await asyncio.sleep(pool.health().retry_in_seconds)
        probe = asyncio.create_task(pool.send(an_envelope()))
        await asyncio.sleep(0.1)
        assert (await pool.send(an_envelope())).verdict is Verdict.RELAY_DOWN
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        assert (await pool.send(an_envelope())).verdict is Verdict.ACCEPTED


async def test_a_connection_that_fails_as_it_is_given_up_is_no_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """asyncio would report, long after, that nobody had looked at how it ended."""
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    async def fail_when_cancelled(*_: object, **__: object) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ConnectionResetError from None

    monkeypatch.setattr("outage_service.channels.email.pool.open_connection", fail_when_cancelled)
    async with SmtpServer(Script()) as server, pool_to(server) as pool:
        sending = asyncio.create_task(pool.send(an_envelope()))
        await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    await asyncio.sleep(0)
    gc.collect()
    assert reported == []


async def test_a_relay_that_gives_fewer_connections_is_used_with_those() -> None:
    script = Script().on("CONNECT", Drop("421 4.7.0 too many connections"), after=2)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        first = await pool.send(an_envelope())
        attempts = await send_many(pool, 50)
        assert first.verdict is Verdict.ACCEPTED
        assert verdicts(attempts) == {Verdict.ACCEPTED: 50}
        assert not pool.health().is_paused
        assert pool.health().connections <= 2


async def test_a_relay_that_is_down_is_asked_once_and_then_left_alone() -> None:
    """P11: nobody's attempt is spent, and nobody waits for a timeout."""
    script = Script().on("CONNECT", Drop("421 4.3.2 not now"))
    async with SmtpServer(script) as server, pool_to(server) as pool:
        first = await pool.send(an_envelope())
        attempts = await send_many(pool, 200)
        assert first.verdict is Verdict.RELAY_DOWN
        assert verdicts(attempts) == {Verdict.RELAY_DOWN: 200}
        assert server.connections == 1
        assert (pool.health().cause, pool.health().is_paused) == (first, True)


async def test_a_relay_that_comes_back_is_found_by_a_probe() -> None:
    script = Script().on("CONNECT", Drop("421 4.3.2 not now"))
    async with SmtpServer(script) as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        script.forget()
        assert (await pool.send(an_envelope())).verdict is Verdict.RELAY_DOWN
        await asyncio.sleep(pool.health().retry_in_seconds)
        assert (await pool.send(an_envelope())).verdict is Verdict.ACCEPTED
        assert not pool.health().is_paused
        assert verdicts(await send_many(pool, 20)) == {Verdict.ACCEPTED: 20}


async def test_who_waits_for_a_connection_learns_at_once_that_none_will_come() -> None:
    script = Script().on("MAIL", "550 5.7.1 not this sender")
    async with SmtpServer(script) as server, pool_to(server, connections=2) as pool:
        attempts = await send_many(pool, 50)
        assert verdicts(attempts) == {Verdict.MISCONFIGURED: 50}
        assert server.asked("MAIL") <= 2


async def test_a_cancelled_message_was_not_sent() -> None:
    script = Script().on("RCPT", Wait(5))
    async with SmtpServer(script) as server, pool_to(server) as pool:
        task = asyncio.create_task(pool.send(an_envelope()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        script.forget()
        assert (await pool.send(an_envelope("next@example.ca"))).verdict is Verdict.ACCEPTED
        assert server.recipients == ["next@example.ca"]


async def test_a_message_cancelled_after_its_dot_is_uncertain() -> None:
    """P8: the cancellation must not lose the fact that it may have arrived."""
    async with SmtpServer(Script().on("END", Wait(5))) as server, pool_to(server) as pool:
        task = asyncio.create_task(pool.send(an_envelope()))
        await asyncio.sleep(0.1)
        task.cancel()
        attempt = await task
    assert (attempt.verdict, attempt.stage) == (Verdict.UNCERTAIN, Stage.AFTER_DOT)


async def test_cancelling_who_waits_for_a_connection_costs_the_others_nothing() -> None:
    async with SmtpServer(Script().on("MAIL", Wait(0.1), times=1)) as server:
        async with pool_to(server, connections=1) as pool:
            tasks = [asyncio.create_task(pool.send(an_envelope(f"c{n}@example.ca"))) for n in range(6)]
            await asyncio.sleep(0.05)
            for task in tasks[1::2]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(result, Attempt) for result in results] == [True, False] * 3
        assert server.recipients == ["c0@example.ca", "c2@example.ca", "c4@example.ca"]


async def test_cancelling_a_connection_attempt_leaves_room_for_the_next() -> None:
    script = Script().on("CONNECT", Wait(5), times=1)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        task = asyncio.create_task(pool.send(an_envelope()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await pool.send(an_envelope())).verdict is Verdict.ACCEPTED
        assert len(server.messages) == 1


async def test_closing_lets_messages_under_way_end() -> None:
    slow = Timeouts(connect=5, command=5, end_of_data=5, greeting=5)
    async with SmtpServer(Script().on("END", Wait(1.5))) as server, pool_to(server, timeouts=slow) as pool:
        sending = asyncio.create_task(send_many(pool, 8))
        await asyncio.sleep(1)  # for eight connections also where the machine has other work
        await pool.close(2)
        assert verdicts(await sending) == {Verdict.ACCEPTED: 8}
        assert server.asked("QUIT") == server.connections
        assert pool.health().connections == 0


async def test_closing_breaks_off_what_takes_too_long_and_says_how_far_it_came() -> None:
    slow = Timeouts(connect=5, command=5, end_of_data=5, greeting=5)
    script = Script().on("MAIL", Hang(), address=SENDER, times=1).on("END", Hang())
    async with SmtpServer(script) as server, pool_to(server, timeouts=slow, connections=2) as pool:
        sending = asyncio.create_task(send_many(pool, 3))
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            await pool.close(0.1)
            attempts = await sending
    assert verdicts(attempts) == {Verdict.UNCERTAIN: 1, Verdict.RELAY_DOWN: 2}


async def test_closing_does_not_wait_for_a_relay_that_does_not_greet() -> None:
    slow = Timeouts(connect=5, command=5, end_of_data=5, greeting=5)
    async with SmtpServer(Script().on("CONNECT", Hang())) as server, pool_to(server, timeouts=slow) as pool:
        sending = asyncio.create_task(pool.send(an_envelope()))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(2):
            await pool.close(0.05)
            attempt = await sending
    assert attempt.verdict is Verdict.RELAY_DOWN


async def test_a_closed_pool_takes_no_more_mail() -> None:
    async with SmtpServer() as server, pool_to(server) as pool:
        await pool.close(0.1)
        attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.RELAY_DOWN
        assert server.connections == 0


async def test_in_test_mode_no_other_address_ever_reaches_the_relay() -> None:
    """P33."""
    async with SmtpServer() as server:
        async with pool_to(server, only_to=["Me@Example.ca"]) as pool:
            real, test = await pool.send(an_envelope()), await pool.send(an_envelope("me@example.ca"))
        assert real.verdict is Verdict.WITHHELD
        assert test.verdict is Verdict.ACCEPTED
        assert not [command for command in server.commands if RECIPIENT in command]
        assert server.recipients == ["me@example.ca"]


async def test_in_test_mode_without_recipients_nobody_gets_mail() -> None:
    """P33."""
    async with SmtpServer() as server, pool_to(server, only_to=[]) as pool:
        assert (await pool.send(an_envelope())).verdict is Verdict.WITHHELD
        assert server.connections == 0


@pytest.mark.parametrize(
    "address", ["a@example.ca>\r\nDATA", "a@example.ca SIZE=9", "é@example.ca", ""], ids=ascii
)
async def test_no_address_can_smuggle_a_command(address: str) -> None:
    """P28."""
    with pytest.raises(AddressError):
        an_envelope(address)
    with pytest.raises(AddressError):
        Envelope(address, RECIPIENT, b"\r\n.\r\n")


async def test_a_message_without_its_final_dot_is_refused() -> None:
    with pytest.raises(ValueError, match="final dot"):
        Envelope(SENDER, RECIPIENT, b"Subject: x\r\n\r\nhello\r\n")


async def test_starting_needs_no_relay() -> None:
    pool = MailPool(Relay.parse("smtp://relay.invalid"), only_to=None)
    await pool.start()
    assert not pool.health().is_paused
    await pool.close(0)
