"""What the value of a setting must look like: each function returns what is kept, or says what is wrong.

What they say names no part of the value: a password may stand in it.
"""

import ipaddress
import re
from contextlib import suppress
from importlib.util import find_spec
from urllib.parse import SplitResult, parse_qsl, urlsplit

_POSTGRESQL_URL = (
    r"postgresql\+psycopg://(?:[^:/@]*(?::[^@]*)?@)?"
    r"(?:\[[^/?@]+\]|[^:/?@]+)?(?::(?P<port>[0-9]{1,5}))?(?:/[^?@]*)?(?:\?[^@]*)?"
)
_HIGHEST_PORT = 65_535
_WRONG_PORT = "needs a port from 1 to 65535; in a password write @ : / ? # as %40 %3A %2F %3F %23"
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_RETURN_PATH = rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"
_WEB_URL = (  # a part of what `channels.email.thawed` lets into a letter
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?"
)
_WEB_URL_LONGEST = 500
_NAMED_ADDRESS = rf"[^<>\"@\x00-\x1f\x7f-\x9f\u2028\u2029]* <{_ADDRESS}>"


def database_url(url: str) -> str:
    """Accepts an SQLite file, SQLite in memory, or PostgreSQL by psycopg 3."""
    if url.startswith("postgresql+psycopg://"):
        if find_spec("psycopg") is None:
            raise ValueError("needs the extra postgres: pip install 'outage-service[postgres]'")
        return _postgresql_url(url)
    if url.startswith(("postgresql:", "postgres:", "postgresql+")):
        raise ValueError("PostgreSQL is reached through psycopg 3: begin with postgresql+psycopg://")
    if url == "sqlite://" or (url.startswith("sqlite:///") and url != "sqlite:///"):
        return _sqlite_url(url)
    raise ValueError("must name an SQLite file or a PostgreSQL database")


def _sqlite_url(url: str) -> str:
    """Accepts options only where the driver can read them: it takes a timeout for a number."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name == "timeout" and not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", value):
            raise ValueError("needs a timeout in seconds, such as ?timeout=5, or none")
    return url


def _postgresql_url(url: str) -> str:
    """Accepts what SQLAlchemy reads as it was meant: what follows the first @ is shown as the host's name.

    It takes any password without @ as it is, which `urlsplit` does not.
    """
    parts = re.fullmatch(_POSTGRESQL_URL, url)
    if not parts or (parts["port"] and not 1 <= int(parts["port"]) <= _HIGHEST_PORT):
        raise ValueError(_WRONG_PORT)
    return url


def _split(url: str) -> SplitResult:
    """Splits a URL, without quoting it when that fails: what looks like a port may be half a password."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.port != 0:
            return parts
    raise ValueError(_WRONG_PORT)


def smtp_url(url: str) -> str:
    """Accepts what can be a relay; its user, password and options are read by the e-mail channel."""
    parts = _split(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must be smtp://HOST:PORT, or smtps:// for TLS from the first byte")
    return url


def web_url(url: str) -> str:
    """Accepts what can begin a link in a letter as it is: a slip here would keep all mail from going out."""
    url = url.strip()
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be the http:// or https:// address at which readers reach the service")
    if any(mark in url for mark in "?#") or "@" in parts.netloc:
        raise ValueError("must end after the host, the port or a path")
    url = parts.scheme + url[len(parts.scheme) :]
    if len(url) > _WEB_URL_LONGEST or not re.fullmatch(_WEB_URL, url):
        raise ValueError(
            f"must have at most {_WEB_URL_LONGEST} characters, without quotation marks, blanks or accents: "
            "write a host with accents in its xn-- form, and such characters of a path as %C3%A9"
        )
    return url.rstrip("/")


def issuer(url: str) -> str:
    """Accepts a name that providers are compared by: not a character of it is changed."""
    parts = _split(url)
    is_here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    if url and not (is_safe and parts.hostname and not parts.query and not parts.fragment):
        raise ValueError("must be the https:// address that the provider calls its issuer")
    return url


def address(value: str) -> str:
    """Accepts one plain address, a local one such as `outages@localhost` included, or nothing."""
    if value and not re.fullmatch(_ADDRESS, value):
        raise ValueError("must be a plain e-mail address")
    return value


def return_path(value: str) -> str:
    """Accepts what can stand in an SMTP command as it is: a slip here would keep all mail from going out."""
    if value and not re.fullmatch(_RETURN_PATH, value):
        raise ValueError("must be a plain e-mail address")
    return value


def sender(value: str) -> str:
    """Accepts an address with or without a name; one already encoded could smuggle a header in."""
    if "=?" in value or not re.fullmatch(f"{_ADDRESS}|{_NAMED_ADDRESS}", value):
        raise ValueError("must be an e-mail address, or NAME <ADDRESS> with the name as it is read")
    return value


def separated(value: object) -> object:
    """Splits `a@x.ca, b@x.ca` at commas, semicolons and blanks."""
    return value.replace(",", " ").replace(";", " ").split() if isinstance(value, str) else value


def networks(value: object) -> object:
    """Reads `10.0.0.0/8, ::1`; a network written with the bits of one of its hosts is a slip."""
    words = separated(value)
    try:
        return [ipaddress.ip_network(word) for word in words] if isinstance(words, list) else words
    except ValueError as error:
        raise ValueError("must be addresses or networks, separated by commas") from error
