"""Caught mail, read as a mail program reads it."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from outage_service.cli.demo.stage import ensure
from outage_service.drill.catcher import Caught


@dataclass(frozen=True, slots=True)
class ReadLetter:
    """What a recipient sees, and what a mail program needs to unsubscribe with one click (RFC 8058)."""

    recipient: str
    subject: str
    text: str
    message_id: str
    one_click_url: str


def read_letter(caught: Caught) -> ReadLetter:
    """Returns the letter; its address line must name whom it came to."""
    message: EmailMessage = message_from_bytes(caught.content, policy=policy.default)
    ensure(str(message["To"]) == caught.recipient, "a letter is addressed to whom it came to")
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    ensure(text is not None and html is not None, "a letter has a plain and an HTML part")
    return ReadLetter(
        recipient=caught.recipient,
        subject=str(message["Subject"]),
        text=text.get_content().replace("\r\n", "\n") if text is not None else "",
        message_id=str(message["Message-ID"]),
        one_click_url=str(message["List-Unsubscribe"] or "").strip("<>"),
    )


def link_in(text: str, purpose: str) -> str:
    """Returns the personal link of a letter for `purpose`."""
    found = re.search(rf"https?://\S+/subscriptions/\S+/{purpose}\b", text)
    ensure(found, f"the letter has a link to {purpose}")
    return found.group() if found else ""
