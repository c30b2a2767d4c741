"""One SMTP connection, once it is open: transactions of one recipient each, as lean as the relay allows.

With PIPELINING (RFC 2920), MAIL, RCPT and DATA leave in one write and the body follows the 354. The next
message's leave with the final dot of the one before, which the RFC allows in so many words (3.1): one round
trip a message. Without, every command waits for its answer. What a library hides is kept here exactly:
how far a transaction had come when it broke (trap 5).
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum, auto
from functools import partial
from typing import cast

from outage_service.channels.email.envelope import UNWANTED, Envelope, Run
from outage_service.channels.email.relay import Timeouts
from outage_service.channels.email.replies import ALL_TAKEN, KEPT_AND_ALL_TAKEN, LONGEST_REPLY, words
from outage_service.channels.email.thawed import FINAL_DOT
from outage_service.domain.deliveries import Attempt, Fault, Stage, Verdict, classify

SMALL_BODY = 64 * 1024  # octets that a socket takes at once, so that nothing is won by holding the dot back
QUIT_SECONDS = 2.0
_GO_AHEAD = 354
_CLOSING = 421


class _Awaiting(IntEnum):  # an Enum's hash is computed in Python, once a look-up
    """Whose answer comes next."""

    NOTHING = auto()
    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    END_OF_DATA = auto()
    LONE_DOT = auto()
    LEAVE = auto()
    """Ours: the relay waits for the body."""
    QUIT = auto()


_STAGES = {
    _Awaiting.RSET: Stage.MAIL,
    _Awaiting.MAIL: Stage.MAIL,
    _Awaiting.RCPT: Stage.RCPT,
    _Awaiting.DATA: Stage.DATA,
}


class MailConnection(asyncio.Protocol):
    """An open connection; `deliver` takes one message at a time.

    Args:
        transport: connected, greeted, encrypted and logged in; its protocol becomes this one.
        pipelining: whether the relay offers it.
        timeouts: how long to wait.
    """

    def __init__(self, transport: asyncio.Transport, *, pipelining: bool, timeouts: Timeouts) -> None:
        self.delivered = 0
        """Transactions begun. The next one may meet a relay that closes after so many or so long."""
        self.on_lost: Callable[[MailConnection], None] | None = None
        self.is_usable = True
        self._transport = transport
        self._pipelining = pipelining
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._awaiting = _Awaiting.NOTHING
        self._stage = Stage.CONNECT
        self._envelope: Envelope | None = None
        self._outcome: asyncio.Future[Attempt] | None = None
        self._run: Run | None = None
        self._following: Envelope | None = None
        self._failure: Attempt | None = None
        self._needs_reset = False
        self._unread = b""
        self._is_congested = self._is_lost = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._on_reply: dict[_Awaiting, Callable[[int, bytes], None]] = {
            _Awaiting.NOTHING: self._on_unasked,
            _Awaiting.RSET: self._on_reset,
            _Awaiting.MAIL: self._on_mail,
            _Awaiting.RCPT: self._on_rcpt,
            _Awaiting.DATA: self._on_data,
            _Awaiting.END_OF_DATA: self._on_end_of_data,
            _Awaiting.LONE_DOT: self._on_lone_dot,
            _Awaiting.LEAVE: self._on_unasked,
            _Awaiting.QUIT: self._on_quit,
        }
        transport.set_protocol(self)
        if transport.is_closing():
            self._lose(Fault.DROPPED, "the relay closed the connection")

    # What the pool calls

    @property
    def is_idle(self) -> bool:
        """Whether no message is under way."""
        return self._envelope is None

    def deliver(self, envelope: Envelope, run: Run | None = None) -> asyncio.Future[Attempt]:
        """Begins a transaction and returns its outcome to come. The connection must be idle and usable.

        With `run`, others follow, and the outcome is that of the last message taken.
        """
        self._outcome = self._loop.create_future()
        self._run = run
        outcome = self._outcome
        self._begin(envelope)
        return outcome

    def _begin(self, envelope: Envelope) -> None:
        self.delivered += 1
        self._envelope = envelope
        self._stage = Stage.MAIL
        self._expect(self._timeouts.command)
        commands = self._commands(envelope)
        if self._needs_reset:
            commands = b"RSET\r\n" + (commands if self._pipelining else b"")
        self._awaiting = _Awaiting.RSET if self._needs_reset else _Awaiting.MAIL
        self._transport.write(commands)

    def _commands(self, envelope: Envelope) -> bytes:
        """Returns what begins a transaction: all of it, or where the relay wants it so, its first command."""
        mail = b"MAIL FROM:<%b>\r\n" % envelope.mail_from.encode("ascii")
        if self._pipelining:
            mail += b"RCPT TO:<%b>\r\nDATA\r\n" % envelope.recipient.encode("ascii")
        return mail

    def abandon(self, detail: str) -> Attempt | None:
        """Breaks off at once; returns what is known of the last message taken, or None when idle."""
        self._give_up_former(Fault.CLOSING, detail)
        attempt = self._interrupted(Fault.CLOSING, detail) if self._envelope else None
        self._lose(Fault.CLOSING, detail)
        return attempt

    def say_goodbye(self) -> None:
        """Sends QUIT and closes when it is answered, or soon. Whatever comes then changes nothing."""
        if self._awaiting is not _Awaiting.NOTHING or not self.is_usable:
            return
        self.is_usable = False
        self._awaiting = _Awaiting.QUIT
        self._expect(QUIT_SECONDS)
        self._transport.write(b"QUIT\r\n")

    # What the event loop calls

    def data_received(self, data: bytes) -> None:
        """Takes answers, however they are cut; several may come at once, and mostly do."""
        if not self._unread and not (data := self._take_common(data)):
            return
        if self._unread:
            data = self._unread + data
        begin = 0
        line_start = 0
        while (end := data.find(b"\n", line_start)) >= 0:
            is_last = data[line_start + 3 : line_start + 4] != b"-"
            if is_last:
                reply, begin = data[begin : end + 1], end + 1
                code = data[line_start : line_start + 3]
                if not code.isdigit() or len(code) < 3:
                    self._lose(Fault.GARBLED, words(reply))
                    return
                self._on_reply[self._awaiting](int(code), reply)
                if self._is_lost:
                    return
            line_start = end + 1
        self._unread = data[begin:]
        if len(self._unread) > LONGEST_REPLY:
            self._lose(Fault.GARBLED, "an answer without end")

    def _take_common(self, data: bytes) -> bytes:
        """Takes what nearly every relay answers, without looking at every line; returns the rest."""
        if self._following is not None:
            if (all_well := KEPT_AND_ALL_TAKEN.match(data)) is None:
                return data
            self._turn_to_following(Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250, words(all_well[1])))
        elif self._awaiting is not _Awaiting.MAIL or not self._pipelining or not ALL_TAKEN.match(data):
            return data
        self._send_body()
        return b""

    def pause_writing(self) -> None:
        """The transport holds more than it likes: a long body is under way."""
        self._is_congested = True

    def resume_writing(self) -> None:
        """The body is out: now the dot may follow."""
        self._is_congested = False
        if self._stage is Stage.BODY:
            self._send_dot()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever was under way is decided by how far it had come."""
        self._lose(
            Fault.DROPPED, f"the connection was lost: {exc}" if exc else "the relay closed the connection"
        )

    def _on_timer(self) -> None:
        self._timer = None
        if self._awaiting in (_Awaiting.NOTHING, _Awaiting.LEAVE):
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._on_timer)
        else:
            self._lose(Fault.TIMED_OUT, "the relay did not answer in time")

    def _expect(self, seconds: float) -> None:
        """Sets the deadline. The timer is left where it is unless it would be late: one per connection,
        not one per command."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= self._deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    # Answers, in the order they come

    def _on_reset(self, code: int, reply: bytes) -> None:
        if code >= 300:
            self._lose(Fault.GARBLED, words(reply))
            return
        self._needs_reset = False
        self._await_next(_Awaiting.MAIL, b"MAIL FROM:<%b>\r\n", self._envelope_now().mail_from)

    def _on_mail(self, code: int, reply: bytes) -> None:
        if self._goes_on(code, reply):
            self._await_next(_Awaiting.RCPT, b"RCPT TO:<%b>\r\n", self._envelope_now().recipient)

    def _on_rcpt(self, code: int, reply: bytes) -> None:
        if self._goes_on(code, reply):
            self._await_next(_Awaiting.DATA, b"DATA\r\n")

    def _on_data(self, code: int, reply: bytes) -> None:
        if code != _GO_AHEAD:
            if self._failure is None:
                self._fail(code, reply)
            self._finish()
        elif self._failure is not None:  # the relay would take a message that is for nobody: give it none
            self._awaiting = _Awaiting.LONE_DOT
            self._transport.write(FINAL_DOT)
        else:
            self._send_body()

    def _on_end_of_data(self, code: int, reply: bytes) -> None:
        if self._stage is not Stage.AFTER_DOT and code < 400:
            self._lose(Fault.GARBLED, words(reply))
            return
        verdict = classify(self._stage, code)
        self._failure = Attempt(verdict, self._stage, code, words(reply))
        if self._stage is Stage.BODY or verdict is Verdict.UNCERTAIN:
            self._lose(Fault.DROPPED, "")
        elif self._following is not None:
            self._expect(self._timeouts.command)
            self._turn_to_following(self._failure)
        elif verdict is Verdict.ACCEPTED:
            self._go_on_or_finish(self._failure)
        else:
            self._finish()

    def _on_lone_dot(self, code: int, reply: bytes) -> None:  # noqa: ARG002 - the recipient's answer counts
        self._finish()

    def _on_quit(self, code: int, reply: bytes) -> None:  # noqa: ARG002 - anything on QUIT is success
        self._lose(Fault.CLOSING, "")

    def _on_unasked(self, code: int, reply: bytes) -> None:  # noqa: ARG002 - mostly a 421 for idleness
        self._lose(Fault.DROPPED, words(reply))

    # Steps of a transaction

    def _envelope_now(self) -> Envelope:
        return cast(Envelope, self._envelope)

    def _goes_on(self, code: int, reply: bytes) -> bool:
        """Notes a failure; returns whether the next command's answer is due (pipelined: in any case)."""
        if 200 <= code < 300:
            return True
        if self._failure is None:
            self._fail(code, reply)
        if code == _CLOSING or not 400 <= code < 600:
            self._lose(Fault.GARBLED, words(reply))
            return False
        if not self._pipelining:
            self._finish()
        return self._pipelining

    def _fail(self, code: int, reply: bytes) -> None:
        stage = _STAGES[self._awaiting]
        self._failure = Attempt(classify(stage, code), stage, code, words(reply))

    def _await_next(self, awaiting: _Awaiting, command: bytes, address: str | None = None) -> None:
        self._awaiting = awaiting
        self._stage = _STAGES[awaiting]
        self._expect(self._timeouts.command)
        if not self._pipelining:
            self._transport.write(command if address is None else command % address.encode("ascii"))

    def _send_body(self) -> None:
        if self._run is None:
            self._prepared()()
            return
        self._awaiting = _Awaiting.LEAVE
        self._stage = Stage.DATA
        self._run.admit(self._on_told)

    def _on_told(self, may_leave: bool) -> Callable[[], None] | None:
        if self._awaiting is not _Awaiting.LEAVE:
            return None
        if may_leave:
            return self._prepared()
        self._failure = UNWANTED
        self._lose(Fault.CLOSING, UNWANTED.detail)
        return None

    def _prepared(self) -> Callable[[], None]:
        """Makes everything ready and returns what sends the body, to be called at once."""
        wire = self._envelope_now().wire
        self._awaiting = _Awaiting.END_OF_DATA
        self._expect(self._timeouts.end_of_data)
        if len(wire) > SMALL_BODY:
            self._stage = Stage.BODY
            return partial(self._write_long, wire)
        self._stage = Stage.AFTER_DOT
        if self._run is not None and self._pipelining and (following := self._run.take()):
            self.delivered += 1
            self._following = following
            return partial(self._transport.writelines, [wire, self._commands(following)])
        return partial(self._transport.write, wire)

    def _write_long(self, wire: bytes) -> None:
        """A long body goes out before its dot, so that a connection lost under it is no uncertain one."""
        self._transport.write(wire[: -len(FINAL_DOT)])
        if not self._is_congested:
            self._send_dot()

    def _send_dot(self) -> None:
        self._stage = Stage.AFTER_DOT
        self._expect(self._timeouts.end_of_data)
        self._transport.write(FINAL_DOT)

    def _turn_to_following(self, attempt: Attempt) -> None:
        """Hands out what came of the message before the one that was announced with its dot."""
        self._envelope, self._following, self._failure = self._following, None, None
        self._awaiting, self._stage = _Awaiting.MAIL, Stage.MAIL
        if self._run is not None:
            self._run.done(attempt)
        if attempt.code == _CLOSING:
            self._lose(Fault.DROPPED, "")

    def _give_up_former(self, fault: Fault, detail: str) -> None:
        """Hands out what is known of a message whose dot is out, where the next one is announced."""
        if self._following is not None:
            self._turn_to_following(self._interrupted(fault, detail))

    def _go_on_or_finish(self, accepted: Attempt) -> None:
        following = self._run.take() if self._run is not None else None
        if self._run is None or following is None:
            self._finish(needs_reset=False)
            return
        self._run.done(accepted)
        self._failure = None
        self._needs_reset = False
        self._begin(following)

    def _finish(self, *, needs_reset: bool = True) -> None:
        """Hands out the outcome in `_failure` (which may be a success) and is ready for the next message."""
        outcome, attempt = self._outcome, self._failure
        self._awaiting = _Awaiting.NOTHING
        self._envelope = self._outcome = self._failure = self._run = None
        self._needs_reset = needs_reset
        if attempt is not None and attempt.code == _CLOSING:
            self._lose(Fault.DROPPED, "")
        if outcome is not None and attempt is not None and not outcome.done():
            outcome.set_result(attempt)

    def _interrupted(self, fault: Fault, detail: str) -> Attempt:
        return self._failure or Attempt(classify(self._stage, fault), self._stage, None, detail)

    def _lose(self, fault: Fault, detail: str) -> None:
        """Gives the connection up, for whatever reason, once; closes it and hands out what is known."""
        self._give_up_former(fault, detail)
        self._awaiting = _Awaiting.NOTHING
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        outcome, self._outcome = self._outcome, None
        if outcome is not None and not outcome.done():
            outcome.set_result(self._interrupted(fault, detail))
        self._envelope = self._failure = self._run = None
        self.is_usable = False
        self._is_lost = True
        self._transport.abort()
        on_lost, self.on_lost = self.on_lost, None
        if on_lost is not None:
            on_lost(self)
