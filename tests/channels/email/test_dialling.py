"""A relay whose name has several addresses: one that leads nowhere keeps nobody from the others."""

import asyncio
import socket
from collections.abc import Iterator
from time import monotonic

import pytest

from outage_service.channels.email.dialling import Address, dial, first_to_answer
from tests.support.smtp_server import SmtpServer

pytestmark = pytest.mark.anyio


def address_of(host: str, port: int) -> Address:
    return socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port)


def refused() -> Address:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return address_of(*nobody.getsockname())


@pytest.fixture
def silent() -> Iterator[Address]:
    """An address that swallows whoever calls: its one place in the queue is taken."""
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        first.connect(full.getsockname())
        yield address_of(*full.getsockname())


async def test_an_address_that_never_answers_keeps_nobody_from_the_next(silent: Address) -> None:
    """P11: a relay that can be reached by one of its addresses is not down."""
    async with SmtpServer() as server:
        begun = monotonic()
        found = await first_to_answer([silent, address_of(server.host, server.port)])
        with found:
            assert found.getpeername() == (server.host, server.port)
        assert monotonic() - begun < 2


async def test_after_one_that_refuses_the_next_is_asked_at_once() -> None:
    async with SmtpServer() as server:
        several = [refused() for _ in range(8)]
        begun = monotonic()
        with await first_to_answer([*several, address_of(server.host, server.port)]) as found:
            assert found.getpeername() == (server.host, server.port)
        assert monotonic() - begun < 1


async def test_the_first_is_taken_where_it_answers() -> None:
    async with SmtpServer() as one, SmtpServer() as other:
        found = await first_to_answer([address_of(each.host, each.port) for each in (one, other)])
        with found:
            assert found.getpeername() == (one.host, one.port)
        await asyncio.sleep(0.4)
        assert other.connections == 0


async def test_where_nobody_answers_it_is_given_up_in_time(silent: Address) -> None:
    host, port = silent[4]
    with pytest.raises(TimeoutError, match=f"{host} on port {port}"):
        await dial(host, port, within_seconds=0.3)


async def test_where_all_refuse_it_is_said_why() -> None:
    host, port = refused()[4]
    with pytest.raises(OSError, match=f"{host} on port {port}: "):
        await dial(host, port, within_seconds=5)


async def test_a_connection_that_says_nothing_is_kept_alive() -> None:
    """A firewall that forgot it would swallow the first message of the next bulletin."""
    async with SmtpServer() as server:
        with await dial(server.host, server.port, within_seconds=5) as found:
            assert found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 60
