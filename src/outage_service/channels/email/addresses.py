"""Addresses as they go over the wire: ASCII, a plain local part, the domain in its A-label form."""

import re
from dataclasses import dataclass
from email.header import Header
from email.utils import parseaddr
from functools import lru_cache

import idna

from outage_service.domain.letters import header_fault

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOT_ATOM = rf"{_ATEXT}(?:\.{_ATEXT})*"
DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){DOT_ATOM}@{DOMAIN}\Z", re.ASCII)


class AddressError(ValueError):
    """An address cannot be put on the wire. The message does not repeat it: logs carry no addresses."""


@lru_cache(maxsize=256)
def check_address(address: str) -> str:
    """Returns `address` if it is safe in a header and in an SMTP command.

    Quoted local parts and address literals are not taken: nobody subscribes with one, and both can smuggle.
    """
    if _ADDRESS.match(address) is None or "=?" in address:
        raise AddressError("not a plain ASCII address with its domain in A-label form")
    return address


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mail is from: a display name, perhaps empty, and an address."""

    name: str
    address: str

    @classmethod
    def parse(cls, mail_from: str) -> "Sender":
        """Reads MAIL_FROM: `Name <local@domain>` or an address alone; the domain may hold accents.

        Raises:
            AddressError: it is neither, or the name could inject a header (P28).
        """
        if header_fault(mail_from):
            raise AddressError(f"the sender {header_fault(mail_from)}")
        name, address = parseaddr(mail_from)
        local, _, domain = address.rpartition("@")
        if not local or not domain:
            raise AddressError("the sender is not of the form Name <local@domain>")
        return cls(name, check_address(f"{local}@{_a_label(domain)}"))

    @property
    def domain(self) -> str:
        """The address's domain, in its A-label form."""
        return self.address.rpartition("@")[2]

    def header(self) -> str:
        """Returns the value of From, folded."""
        if not self.name:
            return self.address
        if self.name.isascii() and len(self.name) < 60:
            quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{quoted}" <{self.address}>'
        return f"{encoded_words(self.name, header_name='From')}\r\n <{self.address}>"


def encoded_words(text: str, *, header_name: str) -> str:
    """Returns `text` as RFC 2047 writes it, folded; the standard library's lines are one too long."""
    return Header(text, "utf-8", maxlinelen=75, header_name=header_name).encode(linesep="\r\n")


def _a_label(domain: str) -> str:
    """Returns `domain` as DNS knows it; a name that is ASCII already may hold what IDNA would refuse."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise AddressError("the sender's domain is not a name") from error
