"""What is handed over: one message to one recipient, and messages that follow one another."""

from collections.abc import Callable
from typing import Protocol

from outage_service.channels.email.addresses import check_address
from outage_service.channels.email.thawed import FINAL_DOT
from outage_service.domain.deliveries import Attempt, Stage, Verdict

_END = b"\r\n" + FINAL_DOT


class Envelope:
    """One message to one recipient; nothing of it changes.

    Args:
        mail_from: where bounces go.
        recipient: whom it is for.
        wire: the message as `ThawedLetter.render` returns it: CRLF, dots stuffed, the final dot included.

    Raises:
        AddressError: an address is not safe in a command.
        ValueError: `wire` has no final dot.
    """

    __slots__ = ("mail_from", "recipient", "wire")  # a frozen dataclass takes three times as long to make

    def __init__(self, mail_from: str, recipient: str, wire: bytes) -> None:
        self.mail_from = check_address(mail_from)
        self.recipient = check_address(recipient)
        self.wire = wire
        if not wire.endswith(_END):
            raise ValueError("the message does not end with the final dot")


UNWANTED = Attempt(Verdict.RELAY_DOWN, Stage.DATA, None, "the message is not wanted any more")
"""What comes of a message whose body was not to leave: it says nothing of the relay."""

Told = Callable[[bool], Callable[[], None] | None]
"""Called with whether a body that waits may leave; returns what then sends it, None where it cannot leave."""


class Run(Protocol):
    """Messages that follow one another over one connection, without a task being woken for each."""

    def take(self) -> Envelope | None:
        """Returns the next message, which is then announced to the relay; None where there is none now."""

    def admit(self, told: Told) -> None:
        """Takes it that the relay waits for the body of the message announced; `told` is called later."""

    def done(self, attempt: Attempt) -> None:
        """Takes what came of the oldest message, where another one was taken after it."""
