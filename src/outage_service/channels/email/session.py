"""Opening a connection: greeting, EHLO, STARTTLS, AUTH, all left to aiosmtplib.

From then on its protocol is replaced by ours: two regular expressions over every message and one command
at a time are what it costs (performance.md, "Fan-out").
"""

import asyncio
import ssl
from contextlib import suppress
from typing import cast

import aiosmtplib

from outage_service.channels.email.dialling import dial
from outage_service.channels.email.relay import Relay, Timeouts, Tls, is_loopback
from outage_service.channels.email.transaction import MailConnection
from outage_service.domain.deliveries import Attempt, Fault, Stage, classify

_NOT_AVAILABLE = 500  # and above: the relay knows no EHLO


class RelayUnavailableError(Exception):
    """No connection came about; `attempt` says why, for whoever waited for one."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.detail)
        self.attempt = attempt


async def open_connection(
    relay: Relay, *, context: ssl.SSLContext | None, timeouts: Timeouts
) -> MailConnection:
    """Returns a connection that is greeted, encrypted as `relay` wants, and logged in.

    `context` is `relay.tls_context()`, which reads files and is therefore asked once for all connections.

    Raises:
        RelayUnavailableError: with the attempt that every message waiting for the connection gets.
    """
    client = await _opened(relay, context, timeouts)
    if client.transport is None:
        raise _fault(Fault.DROPPED, "the relay closed the connection")
    return MailConnection(
        cast(asyncio.Transport, client.transport),
        pipelining=client.supports_extension("pipelining"),
        timeouts=timeouts,
    )


async def try_out(relay: Relay, *, context: ssl.SSLContext | None, timeouts: Timeouts) -> str | None:
    """Connects as sending would and says goodbye; returns the version of TLS in use, None in clear text.

    Raises:
        RelayUnavailableError: as `open_connection` does.
    """
    client = await _opened(relay, context, timeouts)
    encrypted = client.get_transport_info("ssl_object")
    version = str(encrypted.version()) if encrypted else None
    transport = cast("asyncio.Transport | None", client.transport)
    with suppress(OSError, aiosmtplib.SMTPException):
        await client.quit(timeout=timeouts.command)
    client.close()
    if transport is not None:
        transport.abort()
    await asyncio.sleep(0)  # a loop that ends at once would leave the socket open
    return version


async def _opened(relay: Relay, context: ssl.SSLContext | None, timeouts: Timeouts) -> aiosmtplib.SMTP:
    try:
        connected = await dial(relay.host, relay.port, within_seconds=timeouts.connect)
    except OSError as error:
        raise RelayUnavailableError(_attempt(error)) from error
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        sock=connected,
        local_hostname=relay.helo,
        use_tls=relay.tls is Tls.IMPLICIT,
        start_tls=False,
        tls_context=context,
        timeout=timeouts.command,
    )
    try:
        await client.connect(timeout=timeouts.greeting)
        await _greet(client)
        await _encrypt(client, relay, timeouts)
        await _log_in(client, relay)
    except (OSError, aiosmtplib.SMTPException) as error:
        client.close()
        raise RelayUnavailableError(_attempt(error)) from error
    except BaseException:
        client.close()
        raise
    return client


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code < _NOT_AVAILABLE:
            raise
        await client.helo()


async def _encrypt(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
    """Encrypts where wanted. Clear text follows an offer that is not made, never one that fails."""
    if relay.tls in {Tls.IMPLICIT, Tls.NEVER}:
        return
    if client.supports_extension("starttls"):
        await client.starttls(timeout=timeouts.connect)
        await client.ehlo()
    elif relay.tls is Tls.REQUIRED:
        raise _fault(Fault.STARTTLS_MISSING, "the relay does not offer STARTTLS, which is required")


async def _log_in(client: aiosmtplib.SMTP, relay: Relay) -> None:
    if relay.username is None or relay.password is None:
        return
    if client.get_transport_info("sslcontext") is None and not _is_local(client):
        raise _fault(Fault.CLEAR_AUTH, "the relay offers no STARTTLS: the password is not sent in clear text")
    if not client.supported_auth_methods:
        raise _fault(Fault.AUTH_MISSING, "the relay offers no AUTH that takes a password")
    await client.login(relay.username, relay.password)


def _is_local(client: aiosmtplib.SMTP) -> bool:
    peer = client.get_transport_info("peername")
    return bool(peer) and is_loopback(str(peer[0]))


def _fault(fault: Fault, detail: str) -> RelayUnavailableError:
    return RelayUnavailableError(Attempt(classify(Stage.CONNECT, fault), Stage.CONNECT, None, detail))


def _attempt(error: OSError | aiosmtplib.SMTPException) -> Attempt:
    """Tells a connection that failed from one that was refused; by type, never by the words."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        detail = " ".join(str(error.message).split())[:200]
        return Attempt(classify(Stage.CONNECT, error.code), Stage.CONNECT, error.code, detail)
    fault = _fault_of(error)
    return Attempt(classify(Stage.CONNECT, fault), Stage.CONNECT, None, f"{fault.replace('_', ' ')}: {error}")


def _fault_of(error: OSError | aiosmtplib.SMTPException) -> Fault:
    causes = (error, error.__cause__)
    if any(isinstance(each, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for each in causes):
        return Fault.DROPPED
    if any(isinstance(each, ssl.SSLError) for each in causes):
        return Fault.TLS_REFUSED
    if isinstance(error, TimeoutError):
        return Fault.TIMED_OUT
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Fault.GARBLED
    return Fault.DROPPED if isinstance(error, aiosmtplib.SMTPServerDisconnected) else Fault.UNREACHABLE
