"""The mail relay as SMTP_URL names it, and how long its answers are waited for."""

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from outage_service.channels.email.addresses import DOMAIN

CONNECT_SECONDS = 10.0
"""For TCP, and for TLS after STARTTLS, each; also for the greeting of a connection beside others."""
GREETING_SECONDS = 60.0
"""For the greeting, and TLS from the first byte. A relay that looks up who calls greets late where DNS does
not answer: it is slow then, and not down (RFC 5321, 4.5.3.2.1)."""
COMMAND_SECONDS = 60.0
"""For the answer to EHLO, AUTH, MAIL, RCPT and DATA, each."""
END_OF_DATA_SECONDS = 120.0
"""For the body and the answer to it: a relay may scan the message meanwhile (RFC 5321, 4.5.3.2.6)."""

_PORTS = {"smtp": 25, "smtps": 465}
_OPTIONS = frozenset({"starttls", "cafile", "helo"})
_HELO = re.compile(rf"{DOMAIN}|\[[0-9A-Fa-f.:]+\]", re.ASCII)


class RelayError(ValueError):
    """SMTP_URL cannot be used as it stands. The message never repeats the URL: it may hold a password."""

    code = "relay_invalid"


class Tls(StrEnum):
    """When the connection is encrypted."""

    IMPLICIT = "implicit"
    """From the first byte (smtps)."""
    REQUIRED = "required"
    OPPORTUNISTIC = "opportunistic"
    """Where the relay offers STARTTLS; an offer that then fails is a fault, never a reason for clear text."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at each stage. A worker's lease must outlast all of them together."""

    connect: float = CONNECT_SECONDS
    command: float = COMMAND_SECONDS
    end_of_data: float = END_OF_DATA_SECONDS
    greeting: float = GREETING_SECONDS


def own_name() -> str:
    """Returns this host's name without asking DNS, which may block for seconds; else an address literal."""
    name = socket.gethostname()
    return name if re.fullmatch(DOMAIN, name, re.ASCII) else "[127.0.0.1]"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over. `repr` shows no password.

    Args:
        host: a name or an address.
        port: of TCP.
        tls: when to encrypt.
        username: for AUTH; None where the relay needs none.
        password: for AUTH.
        cafile: certificates to trust instead of the system's.
        helo: the name to greet the relay with.
    """

    host: str
    port: int
    tls: Tls = Tls.OPPORTUNISTIC
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    helo: str = field(default_factory=own_name)

    @classmethod
    def parse(cls, url: str) -> "Relay":
        """Reads `smtp://user:pass@host:587?starttls=required|opportunistic|never` or `smtps://…`.

        Further options: `cafile=` (a path), `helo=` (a name). `%` escapes are decoded.

        Raises:
            RelayError: something in it is missing, unknown or unsafe; says what to write instead.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            # Its cause would quote the URL: what looks like a port may be half a password.
            raise RelayError("the relay's port is not a number from 1 to 65535") from None
        if parts.scheme not in _PORTS or not parts.hostname or port == 0:
            raise RelayError("the relay is written smtp://HOST:PORT, or smtps:// for TLS from the first byte")
        if parts.path.strip("/") or parts.fragment or "@" in parts.query:
            raise RelayError("after the relay's port come only options; write / ? # @ in a password as %2F …")
        options = _options(parts.query)
        relay = cls(
            host=_checked_host(parts.hostname),
            port=port or _PORTS[parts.scheme],
            tls=_tls(parts.scheme, options.get("starttls")),
            username=_decoded(parts.username, "user"),
            password=_decoded(parts.password, "password"),
            cafile=options.get("cafile"),
            helo=_checked_helo(options.get("helo") or own_name()),
        )
        _check_credentials(relay)
        return relay

    @property
    def is_loopback(self) -> bool:
        """Whether the relay runs on this machine: then nobody listens in between."""
        return is_loopback(self.host)

    @property
    def verifies(self) -> bool:
        """Whether the certificate must hold.

        Without credentials an opportunistic connection need not: who can forge a certificate there can as
        well take the offer of STARTTLS away.
        """
        if self.tls in {Tls.IMPLICIT, Tls.REQUIRED}:
            return True
        return self.username is not None and not self.is_loopback

    def tls_context(self) -> ssl.SSLContext | None:
        """Returns what TLS connections to the relay need; reads files, so ask once.

        Raises:
            RelayError: `cafile` cannot be read or holds no certificates.
        """
        if self.tls is Tls.NEVER:
            return None
        try:
            context = ssl.create_default_context(cafile=self.cafile)
        except OSError as error:  # ssl.SSLError is one
            raise RelayError(f"the relay's cafile {self.cafile} cannot be used: {error.strerror}") from error
        if not self.verifies:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def is_loopback(host: str) -> bool:
    """Returns whether `host`, a name or an address, is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs):
        raise RelayError("an option of the relay is given twice")
    if unknown := options.keys() - _OPTIONS:
        raise RelayError(f"the relay has no option {min(unknown)!r}: there are starttls, cafile and helo")
    if "" in options.values():
        raise RelayError("an option of the relay has no value")
    return options


def _tls(scheme: str, starttls: str | None) -> Tls:
    if scheme == "smtps":
        if starttls is not None:
            raise RelayError("smtps:// is encrypted already: leave starttls out, or write smtp://")
        return Tls.IMPLICIT
    if starttls not in {None, Tls.REQUIRED, Tls.OPPORTUNISTIC, Tls.NEVER}:
        raise RelayError("the relay's starttls is required, opportunistic (if left out) or never")
    return Tls(starttls or Tls.OPPORTUNISTIC)


def _decoded(part: str | None, name: str) -> str | None:
    if not part:
        return None
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        # Its cause would quote the password.
        raise RelayError(f"the relay's {name} is not UTF-8 behind its % escapes") from None
    if not text.isprintable():
        raise RelayError(f"the relay's {name} holds a control character")
    return text


def _checked_host(host: str) -> str:
    if any(c.isspace() or not c.isprintable() for c in host):
        raise RelayError("the relay's host holds a blank or a control character")
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise RelayError("the relay's host is not a name that DNS could know") from error
    return host


def _checked_helo(name: str) -> str:
    if not _HELO.fullmatch(name):
        raise RelayError("the relay's helo is a host name, or an address in square brackets")
    return name


def _check_credentials(relay: Relay) -> None:
    if (relay.username is None) != (relay.password is None):
        raise RelayError("the relay's user needs a password, and a password a user")
    if relay.username is not None and relay.tls is Tls.NEVER and not relay.is_loopback:
        raise RelayError("a password is not sent in clear text: drop starttls=never, or the credentials")
