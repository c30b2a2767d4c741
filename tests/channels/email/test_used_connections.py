"""A relay that begins no more messages on a connection it has served: no fault, no reason to stop."""

import asyncio

import pytest

from outage_service.channels.email.breaker import FAULTS_BEFORE_PAUSE
from outage_service.domain.deliveries import Stage, Verdict
from tests.channels.email.conftest import pool_to
from tests.channels.email.envelopes import an_envelope
from tests.channels.email.test_runs import a_run, people, verdicts
from tests.support.smtp_server import Action, Drop, Script, SmtpServer, Wait

pytestmark = pytest.mark.anyio
NESTED = "503 5.5.1 nested MAIL command"


def one_message_a_connection(answer: Action, count: int) -> Script:
    """Every second MAIL gets `answer`: the one after a message, never the first of a connection."""
    script = Script()
    for _ in range(count):
        script.on("MAIL", answer, after=1, times=1)
    return script


@pytest.mark.parametrize("answer", [NESTED, "550 5.7.0 too many messages", "530 5.7.0 not now"])
async def test_a_message_refused_behind_a_dot_is_tried_alone_on_another_connection(answer: str) -> None:
    """P11: it is no fault of the configuration unless it is refused there, too."""
    first, run = a_run(3)
    script = Script().on("MAIL", answer, after=1, times=1)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        last = await pool.send(first, run)
        assert verdicts(run, last) == [Verdict.ACCEPTED] * 2
        assert not pool.health().is_paused
        assert len(run.left) == 1  # nothing is announced ahead of time any more
        assert (await pool.send(run.left.popleft(), run)).verdict is Verdict.ACCEPTED
    assert server.recipients == people(3)
    assert server.connections == 2


async def test_a_relay_that_refuses_to_begin_on_a_new_connection_as_well_is_misconfigured() -> None:
    first, run = a_run(2)
    async with SmtpServer(Script().on("MAIL", "550 5.7.1 no", after=1)) as server, pool_to(server) as pool:
        last = await pool.send(first, run)
        assert verdicts(run, last) == [Verdict.ACCEPTED, Verdict.MISCONFIGURED]
        assert (last.stage, last.code) == (Stage.MAIL, 550)
        assert pool.health().is_paused
    assert server.connections == 2


@pytest.mark.parametrize("answer", [Drop("421 4.7.0 enough"), Drop(), NESTED], ids=str)
async def test_a_relay_that_takes_one_message_a_connection_gets_them_all(answer: Action) -> None:
    """However many connections it takes: each has brought a message through."""
    first, run = a_run(12)
    script = one_message_a_connection(answer, 11)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        run.left.appendleft(first)
        while envelope := run.take():
            run.done(await pool.send(envelope, run))
        assert not pool.health().is_paused
    assert [attempt.verdict for attempt in run.attempts] == [Verdict.ACCEPTED] * 12
    assert server.recipients == people(12)


async def test_a_connection_that_takes_no_more_for_now_is_left() -> None:
    """Some relays count messages and say 452 for the rest of the session."""
    script = Script().on("MAIL", "452 4.5.3 too many messages this session", after=1, times=1)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        attempts = [await pool.send(an_envelope()) for _ in range(3)]
    assert [one.verdict for one in attempts] == [Verdict.ACCEPTED, Verdict.DEFERRED, Verdict.ACCEPTED]
    assert server.connections == 2


async def test_messages_that_are_not_wanted_any_more_say_nothing_of_the_relay() -> None:
    """P12: a newer bulletin must not wait for a relay that is well."""
    async with SmtpServer() as server, pool_to(server) as pool:
        for _ in range(FAULTS_BEFORE_PAUSE + 1):
            first, run = a_run(1, holds=1)
            sending = asyncio.create_task(pool.send(first, run))
            assert not (await run.waiting.get())(False)
            assert (await sending).verdict is Verdict.RELAY_DOWN
        assert not pool.health().is_paused
        assert (await pool.send(an_envelope())).verdict is Verdict.ACCEPTED


async def test_who_waits_behind_a_connection_that_is_given_up_opens_another() -> None:
    script = Script().on("CONNECT", Wait(5), times=1)
    async with SmtpServer(script) as server, pool_to(server, connections=1) as pool:
        opening = asyncio.create_task(pool.send(an_envelope()))
        waiting = asyncio.create_task(pool.send(an_envelope("next@example.ca")))
        await asyncio.sleep(0.1)
        opening.cancel()
        async with asyncio.timeout(2):
            assert (await waiting).verdict is Verdict.ACCEPTED
