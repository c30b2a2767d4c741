"""Connecting to a relay by TCP: to whichever of its addresses answers first.

A name often has several, of which one leads nowhere: IPv6 that a firewall swallows, a host that is switched
off. Whoever waits for that one as long as for the relay as a whole never comes to the others (RFC 8305).
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

NEXT_AFTER_SECONDS = 0.25
"""How long the next address waits for the one before it; not at all where that one has failed."""
_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds, and a number of probes. Firewalls forget idle connections without a word: the first message of the
next bulletin would then wait a minute for its answer."""

Address = tuple[int, int, int, str, Any]
"""An address as `getaddrinfo` returns it."""


async def dial(host: str, port: int, *, within_seconds: float) -> socket.socket:
    """Returns a connected socket.

    Raises:
        OSError: no address is known, or none can be reached; a `TimeoutError` where none answers in time.
    """
    try:
        async with asyncio.timeout(within_seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return await first_to_answer(found)
    except TimeoutError as error:
        raise TimeoutError(f"{host} on port {port} does not answer") from error
    except OSError as error:
        raise OSError(f"{host} on port {port}: {error}") from error


async def first_to_answer(addresses: Sequence[Address]) -> socket.socket:
    """Returns a socket that is connected to one of the addresses, of which there is at least one.

    Raises:
        OSError: what the last one has failed with, where all have.
    """
    attempts: list[asyncio.Task[socket.socket]] = []
    for number, address in enumerate(addresses):
        attempts.append(asyncio.create_task(_attempt(address, number, attempts[-1:])))
    won = None
    try:
        waiting = set(attempts)
        while waiting:
            ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if won := next((one for one in ended if one.exception() is None), None):
                return won.result()
        return attempts[-1].result()
    finally:
        for one in attempts:
            if one is not won:
                one.cancel()
                one.add_done_callback(_hang_up)


async def _attempt(address: Address, number: int, before: list[asyncio.Task[socket.socket]]) -> socket.socket:
    if before:
        await asyncio.wait(before, timeout=number * NEXT_AFTER_SECONDS)
    family, kind, protocol, _, where = address
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        _keep_alive(made)
        await asyncio.get_running_loop().sock_connect(made, where)
    except BaseException:
        made.close()
        raise
    return made


def _keep_alive(made: socket.socket) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _ALIVE.items():
        if hasattr(socket, name):  # not on every system
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _hang_up(attempt: asyncio.Task[socket.socket]) -> None:
    """Closes what was connected a moment too late."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
