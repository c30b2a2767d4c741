"""Messages that follow one another over a connection: announced with the dot before, let go one by one."""

import asyncio
from collections import deque
from collections.abc import Iterable

import pytest

from outage_service.channels.email.envelope import Envelope, Told
from outage_service.domain.deliveries import Attempt, Stage, Verdict
from tests.channels.email.conftest import pool_to
from tests.channels.email.envelopes import SENDER, an_envelope
from tests.support.smtp_server import Action, Drop, Hang, Script, SmtpServer, Wait

pytestmark = pytest.mark.anyio


class AList:
    """A run of so many messages; keeps what came of each, and holds bodies back from the `holds`th on."""

    def __init__(self, envelopes: Iterable[Envelope], *, holds: int = 1_000) -> None:
        self.left = deque(envelopes)
        self.attempts: list[Attempt] = []
        self.waiting: asyncio.Queue[Told] = asyncio.Queue()
        self._asked, self._holds = 0, holds

    def take(self) -> Envelope | None:
        return self.left.popleft() if self.left else None

    def admit(self, told: Told) -> None:
        self._asked += 1
        if self._asked < self._holds:
            asyncio.get_running_loop().call_soon(lets_leave, told)
        else:
            self.waiting.put_nowait(told)

    def done(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)


def lets_leave(told: Told) -> bool:
    """Lets a body leave; returns whether it did."""
    send = told(True)
    if send is not None:
        send()
    return send is not None


def people(count: int) -> list[str]:
    return [f"client{number}@example.ca" for number in range(count)]


def a_run(count: int, *, holds: int = 1_000) -> tuple[Envelope, AList]:
    """Returns the first message and a run of the others."""
    first, *others = (an_envelope(one) for one in people(count))
    return first, AList(others, holds=holds)


def verdicts(run: AList, last: Attempt) -> list[Verdict]:
    return [attempt.verdict for attempt in (*run.attempts, last)]


@pytest.mark.parametrize("script", [Script(), Script(pipelining=False), Script(trickles=True)],
                         ids=["pipelined", "step by step", "octet by octet"])  # fmt: skip
async def test_a_run_arrives_in_order_over_one_connection(script: Script) -> None:
    first, run = a_run(10)
    async with SmtpServer(script) as server, pool_to(server) as pool:
        last = await pool.send(first, run)
    assert verdicts(run, last) == [Verdict.ACCEPTED] * 10
    assert server.recipients == people(10)
    assert server.connections == 1


async def test_the_next_message_is_announced_with_the_final_dot() -> None:
    """RFC 2920, 3.1, allows it: one round trip a message."""
    first, run = a_run(2)
    async with SmtpServer() as server, pool_to(server) as pool:
        await pool.send(first, run)
    announced = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{people(2)[1]}>\r\nDATA\r\n".encode()
    assert server.chunks[2] == first.wire + announced


async def test_a_message_that_is_refused_does_not_take_the_next_one_with_it() -> None:
    first, run = a_run(3)
    async with SmtpServer(Script().on("END", "554 5.6.0 no", times=1)) as server, pool_to(server) as pool:
        last = await pool.send(first, run)
    assert verdicts(run, last) == [Verdict.CONTENT_REFUSED, Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert server.recipients == people(3)[1:]


async def test_a_recipient_who_is_refused_ends_a_run_without_the_body() -> None:
    first, run = a_run(3)
    script = Script().on("RCPT", "550 5.1.1 nobody", address=people(2)[1])
    async with SmtpServer(script) as server, pool_to(server) as pool:
        last = await pool.send(first, run)
        assert verdicts(run, last) == [Verdict.ACCEPTED, Verdict.REFUSED]
        assert (await pool.send(run.left[0])).verdict is Verdict.ACCEPTED
    assert server.recipients == [people(3)[0], people(3)[2]]


@pytest.mark.parametrize(
    ("action", "verdict"),
    [(Drop(), Verdict.UNCERTAIN), ("421 4.3.2 enough", Verdict.DEFERRED)],
    ids=["dropped", "closing"],
)
async def test_what_was_only_announced_goes_over_another_connection(action: Action, verdict: Verdict) -> None:
    """P8: only the message whose dot was out may have arrived."""
    first, run = a_run(2)
    async with SmtpServer(Script().on("END", action, times=1)) as server, pool_to(server) as pool:
        last = await pool.send(first, run)
    assert verdicts(run, last) == [verdict, Verdict.ACCEPTED]
    assert server.connections == 2


async def test_a_body_that_may_not_leave_waits_until_it_is_told() -> None:
    """P8: announced is not handed over."""
    first, run = a_run(2, holds=2)
    async with SmtpServer() as server, pool_to(server) as pool:
        sending = asyncio.create_task(pool.send(first, run))
        told = await run.waiting.get()
        await asyncio.sleep(0.7)  # longer than any command may take here: the relay waits for us
        assert server.recipients == people(1)
        assert lets_leave(told)
        assert not lets_leave(told)
        assert verdicts(run, await sending) == [Verdict.ACCEPTED, Verdict.ACCEPTED]


async def test_a_body_that_is_not_wanted_any_more_never_leaves() -> None:
    """P12, P14."""
    first, run = a_run(2, holds=2)
    async with SmtpServer() as server, pool_to(server) as pool:
        sending = asyncio.create_task(pool.send(first, run))
        told = await run.waiting.get()
        assert not told(False)
        assert verdicts(run, await sending) == [Verdict.ACCEPTED, Verdict.RELAY_DOWN]
        assert (await pool.send(an_envelope("next@example.ca"))).verdict is Verdict.ACCEPTED
    assert server.recipients == [people(1)[0], "next@example.ca"]


async def test_a_relay_that_does_not_wait_for_a_body_is_down() -> None:
    first, run = a_run(2, holds=2)
    async with SmtpServer() as server, pool_to(server) as pool:
        sending = asyncio.create_task(pool.send(first, run))
        told = await run.waiting.get()
        server.drop_all()
        last = await sending
        assert (last.verdict, last.stage) == (Verdict.RELAY_DOWN, Stage.DATA)
        assert not lets_leave(told)


async def test_cancelling_a_run_tells_of_the_message_that_may_have_arrived() -> None:
    """P8: what was only announced was not sent."""
    first, run = a_run(2)
    async with SmtpServer(Script().on("END", Hang())) as server, pool_to(server) as pool:
        sending = asyncio.create_task(pool.send(first, run))
        await asyncio.sleep(0.1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert [attempt.verdict for attempt in run.attempts] == [Verdict.UNCERTAIN]


async def test_closing_ends_a_run_after_what_is_announced() -> None:
    first, run = a_run(100)
    async with SmtpServer(Script().on("END", Wait(0.05))) as server, pool_to(server) as pool:
        sending = asyncio.create_task(pool.send(first, run))
        await asyncio.sleep(0.2)
        await pool.close(2)
        outcomes = verdicts(run, await sending)
    assert set(outcomes) == {Verdict.ACCEPTED}
    assert len(outcomes) == len(server.recipients) < 20


async def test_a_connection_that_has_served_enough_ends_a_run() -> None:
    first, run = a_run(5)
    async with SmtpServer() as server, pool_to(server, messages_per_connection=2) as pool:
        last = await pool.send(first, run)
        assert verdicts(run, last) == [Verdict.ACCEPTED] * 2
        assert len(run.left) == 3
    assert server.asked("QUIT") == 1


async def test_whoever_waits_for_a_connection_gets_it_before_a_run_goes_on() -> None:
    first, run = a_run(50)
    async with SmtpServer(Script().on("END", Wait(0.02))) as server, pool_to(server, connections=1) as pool:
        sending = asyncio.create_task(pool.send(first, run))
        await asyncio.sleep(0.05)
        assert (await pool.send(an_envelope("other@example.ca"))).verdict is Verdict.ACCEPTED
        assert (await sending).verdict is Verdict.ACCEPTED
        assert run.left


async def test_a_run_cannot_get_round_test_mode() -> None:
    """P33: each address passes by the one check there is."""
    first, run = a_run(3)
    async with SmtpServer() as server, pool_to(server, only_to=[first.recipient]) as pool:
        assert (await pool.send(first, run)).verdict is Verdict.ACCEPTED
    assert server.recipients == people(1)
    assert len(run.left) == 2
