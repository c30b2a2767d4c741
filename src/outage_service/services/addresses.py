"""E-mail addresses as subscribers give them: checked strictly, kept in the form that goes over the wire."""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

# What real mailboxes use. `%` and `!` are old routing tricks, a leading hyphen is an option to somebody's
# mail program, and `=?` begins an encoded word.
_LOCAL_PART = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_](?:[A-Za-z0-9._+'=&~-]*[A-Za-z0-9_+'~-])?", re.ASCII)


class AddressRefused(ValueError):
    """The address cannot be used; the message says why and never repeats it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address: `wire` is what mail is sent to, `key` what is compared."""

    wire: str
    key: str


def parse_address(given: str) -> Address:
    """Returns the address in its wire form: ASCII local part, domain as A-label, lower case.

    Raises:
        AddressRefused: it is no address, or of a kind no subscriber has (look-alike letters, quoting).
    """
    try:
        checked = validate_email(given.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise AddressRefused("This is not a usable e-mail address.") from error
    if not _LOCAL_PART.fullmatch(checked.local_part) or "=?" in given:
        raise AddressRefused("The part before @ may hold 64 letters, digits and . _ + ' = & ~ - only.")
    wire = f"{checked.local_part}@{checked.ascii_domain}"
    return Address(wire, wire.lower())


def tagged_mailbox(key: str) -> str | None:
    """Returns the mailbox behind an address with a tag (`me+lists@example.org`: `me@example.org`); else None.

    Args:
        key: the address as it is compared.
    """
    local, _, domain = key.rpartition("@")
    mailbox, plus, _ = local.partition("+")
    return f"{mailbox}@{domain}" if plus and mailbox else None
