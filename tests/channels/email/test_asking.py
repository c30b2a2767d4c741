"""Asking a relay that is left alone without a message: connecting tells enough where that had failed."""

import asyncio
from collections.abc import Callable

import pytest

from outage_service.channels.email.pool import MailPool
from outage_service.domain.deliveries import Verdict
from tests.channels.email.conftest import pool_to
from tests.channels.email.envelopes import an_envelope
from tests.support.smtp_server import Hang, Script, SmtpServer

pytestmark = pytest.mark.anyio


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - a pool has no event for it
            await asyncio.sleep(0.01)


async def ask_when_it_is_time(pool: MailPool) -> None:
    await until(lambda: pool.seconds_to_wait() == 0)
    if asking := pool.ask():
        await asking


async def test_one_that_greets_again_is_well() -> None:
    script = Script().on("CONNECT", "421 4.3.2 not now", times=2)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        await ask_when_it_is_time(pool)
        assert pool.health().is_paused
        await ask_when_it_is_time(pool)
        assert not pool.health().is_paused
        assert server.connections == 3
        assert (await pool.send(an_envelope())).verdict is Verdict.ACCEPTED
        assert server.connections == 3, "the connection that was made is used"


async def test_one_that_fails_over_messages_is_asked_with_messages_alone() -> None:
    """P22: it greets as ever, and would be held to be well again and again."""
    script = Script().on("MAIL", "550 5.7.1 not from you")
    async with SmtpServer(script) as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        before = server.connections
        await ask_when_it_is_time(pool)
        assert pool.health().is_paused
        assert server.connections == before


async def test_it_is_not_asked_before_its_time_nor_while_mail_flows() -> None:
    script = Script().on("CONNECT", "421 4.3.2 not now", after=1)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        assert pool.ask() is None
        await pool.send(an_envelope())
        server.drop_all()
        await pool.send(an_envelope())
        assert pool.ask() is None
        assert pool.health().is_paused


async def test_closing_does_not_wait_for_the_answer() -> None:
    script = Script().on("CONNECT", "421 4.3.2 not now", times=1).on("CONNECT", Hang())
    async with SmtpServer(script) as server, pool_to(server) as pool:
        await pool.send(an_envelope())
        await until(lambda: pool.seconds_to_wait() == 0)
        asking = pool.ask()
        await until(lambda: server.connections == 2)
        async with asyncio.timeout(0.5):
            await pool.close(5)
        assert asking is not None
        assert asking.done()
