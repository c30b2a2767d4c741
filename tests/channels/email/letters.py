"""Letters and personal values for tests."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from outage_service.channels.email.addresses import Sender
from outage_service.channels.email.letter import freeze
from outage_service.channels.email.thawed import Frame, ThawedLetter
from outage_service.domain.letters import MAILING_LINKS, Letter, LetterSlot
from outage_service.domain.texts import Language

ISSUED_AT = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
SENDER = Sender.parse("Bulletins de panne de l’ASFC <pannes@éxemple.ca>")
LINK_LINES = "\n".join(sorted(MAILING_LINKS)) + "\n"
LINK_MARKUP = "".join(f'<p><a href="{link}">{link}</a></p>\n' for link in sorted(MAILING_LINKS))
_LINK = "https://outages.example.ca/subscriptions/"
FRAMES = {
    LetterSlot.MESSAGE_ID: Frame(after="@example.ca"),
    LetterSlot.THREAD_ID: Frame(after="@example.ca"),
    LetterSlot.UNSUBSCRIBE_URL: Frame(_LINK, "/unsubscribe?a=b&c=1"),
    LetterSlot.MANAGE_URL: Frame(_LINK),
    LetterSlot.CONFIRM_URL: Frame(_LINK, "/confirm"),
}
OWN_PARTS = {
    LetterSlot.TO: "client@example.ca",
    LetterSlot.MESSAGE_ID: "outage-7-2-31",
    LetterSlot.THREAD_ID: "outage-7-1-31",
    LetterSlot.UNSUBSCRIBE_URL: "31." + "t" * 60,
    LetterSlot.MANAGE_URL: "31." + "t" * 60,
    LetterSlot.CONFIRM_URL: "32." + "c" * 60,
}
VALUES = {slot: own.join(FRAMES.get(slot, Frame())) for slot, own in OWN_PARTS.items()}
"""The whole of each value, as it is read."""


def a_letter(
    *,
    subject: str = "TCC26-0001 – UPDATE / MISE À JOUR – EDI",
    text: str = f"The EDI is down.\nL’échange de données est en panne.\n{LINK_LINES}",
    html: str = LINK_MARKUP,
    first: Language = Language.EN,
    links: frozenset[LetterSlot] = MAILING_LINKS,
    list_name: str | None = "bulletins",
    is_follow_up: bool = False,
) -> Letter:
    """A bulletin's letter unless told otherwise."""
    return Letter(subject, text, html, first, links, list_name, is_follow_up)


def frozen(letter: Letter) -> bytes:
    """The letter's frozen bytes."""
    return freeze(letter, sender=SENDER, issued_at=ISSUED_AT)


def rendered(letter: Letter) -> bytes:
    """The letter as it goes over the wire to the recipient of `OWN_PARTS`."""
    return ThawedLetter.parse(frozen(letter), FRAMES).render(OWN_PARTS)


def received(wire: bytes) -> EmailMessage:
    """What a mail program makes of it, once the relay has taken off the stuffed dots and the final one."""
    content = wire.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def bodies(message: EmailMessage) -> tuple[str, str]:
    """The text and the HTML of a message, lines ending in LF."""
    text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    return text, html
