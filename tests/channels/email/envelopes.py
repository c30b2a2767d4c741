"""Messages to send in tests."""

from outage_service.channels.email.envelope import Envelope

RECIPIENT = "client@example.ca"
SENDER = "outages@example.ca"


def an_envelope(recipient: str = RECIPIENT, *, octets: int = 0) -> Envelope:
    """A message ready for the wire; with `octets`, at least as long."""
    line = b"x" * 70 + b"\r\n"
    body = b"hello\r\n..a dot\r\n" + line * (octets // len(line) + 1)
    return Envelope(SENDER, recipient, b"Subject: test\r\n\r\n" + body + b".\r\n")
