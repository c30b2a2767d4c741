"""A relay's own words without the addresses in them: relays like to repeat the recipient's."""

import re

_ADDRESS = re.compile(
    r"""<?"(?:[^"\\]|\\.){1,64}"@[^\s<>:;,()"]+>?  # a quoted local part may have blanks (RFC 5321, 4.1.2)
    |<[^<>\s]*@[^<>\s]*>
    |[^\s<>:;,()"]+@[^\s<>:;,()"]+""",
    re.VERBOSE,
)


def without_addresses(said: str) -> str:
    """Returns the words with `…` in the place of each e-mail address (P30)."""
    return _ADDRESS.sub("…", said)
