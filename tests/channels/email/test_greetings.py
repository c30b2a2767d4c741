"""How long a relay is waited for that takes its time to greet: it may be looking up who calls."""

import asyncio
from time import monotonic

import pytest

from outage_service.channels.email.relay import Timeouts
from outage_service.domain.deliveries import Verdict
from tests.channels.email.conftest import pool_to
from tests.channels.email.envelopes import an_envelope
from tests.support.smtp_server import Hang, Script, SmtpServer, Wait

pytestmark = pytest.mark.anyio

PATIENT = Timeouts(connect=0.3, command=5, end_of_data=5, greeting=5)


async def test_a_relay_that_greets_late_is_slow_and_not_down() -> None:
    """P11: where its DNS does not answer it greets late each time, and would else never get any mail."""
    script = Script().on("CONNECT", Wait(0.8))
    async with SmtpServer(script) as server, pool_to(server, timeouts=PATIENT) as pool:
        attempt = await pool.send(an_envelope())
        assert attempt.verdict is Verdict.ACCEPTED
        assert not pool.health().is_paused


async def test_where_a_connection_is_open_nobody_waits_long_for_another() -> None:
    """A relay may let those that are too many wait unanswered until one of them ends."""
    script = Script().on("CONNECT", Hang(), after=1).on("END", Wait(0.6), times=1)
    async with (
        SmtpServer(script) as server,
        pool_to(server, timeouts=PATIENT, connections=2) as pool,
    ):
        first = asyncio.create_task(pool.send(an_envelope()))
        while not server.asked("DATA"):  # noqa: ASYNC110 - what the relay was asked is no event
            await asyncio.sleep(0.01)
        begun = monotonic()
        attempts = [await pool.send(an_envelope()), await first]
        assert {attempt.verdict for attempt in attempts} == {Verdict.ACCEPTED}
        assert monotonic() - begun < PATIENT.greeting / 2
