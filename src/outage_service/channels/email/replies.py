"""A relay's replies: how long they may be, which are the common ones, and what to keep of them."""

import re

LONGEST_REPLY = 16 * 1024  # octets, all lines together: more is not SMTP
LONGEST_DETAIL = 200  # characters kept of a reply
ALL_TAKEN = re.compile(rb"(?:2\d\d [^\n]*\n){2}354 [^\n]*\n\Z")
"""What nearly every relay answers to nearly every envelope, in one piece: a third of the work saved."""
KEPT_AND_ALL_TAKEN = re.compile(rb"(250 [^\n]*\n)(?:2\d\d [^\n]*\n){2}354 [^\n]*\n\Z")
"""What it answers to nearly every message that has another one announced behind it."""


def words(reply: bytes) -> str:
    """Returns a reply on one line, fit for a log: without its code, cut, printable.

    It is cut between two words: half an address is none that anybody would recognise and leave out (P30).
    """
    text = reply[4:].decode("ascii", "replace").strip()
    if not text.isprintable():
        text = " ".join(line[4:] for line in reply.decode("ascii", "replace").splitlines())
        text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL + 1].rpartition(" ")[0]
