"""SMTP_URL: what it may say, and that it never gives its password away."""

import ssl
from pathlib import Path

import pytest

from outage_service.channels.email.relay import Relay, RelayError, Tls, own_name


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://relay.example.ca", "relay.example.ca", 25, Tls.OPPORTUNISTIC),
        ("smtp://relay.example.ca:587", "relay.example.ca", 587, Tls.OPPORTUNISTIC),
        ("smtp://relay.example.ca/?starttls=required", "relay.example.ca", 25, Tls.REQUIRED),
        ("smtp://relay.example.ca?starttls=opportunistic", "relay.example.ca", 25, Tls.OPPORTUNISTIC),
        ("smtp://relay.example.ca?starttls=never", "relay.example.ca", 25, Tls.NEVER),
        ("smtps://relay.example.ca", "relay.example.ca", 465, Tls.IMPLICIT),
        ("smtp://[::1]:2525", "::1", 2525, Tls.OPPORTUNISTIC),
    ],
)
def test_a_url_names_a_host_a_port_and_an_encryption(url: str, host: str, port: int, tls: Tls) -> None:
    relay = Relay.parse(url)
    assert (relay.host, relay.port, relay.tls) == (host, port, tls)


def test_credentials_may_hold_any_character_that_is_escaped() -> None:
    relay = Relay.parse("smtp://us%40er:p%2Fa%3As%25s%C3%A9@relay.example.ca:587")
    assert (relay.username, relay.password) == ("us@er", "p/a:s%sé")


def test_the_password_is_not_shown() -> None:
    assert "hunter2" not in repr(Relay.parse("smtp://user:hunter2@relay.example.ca"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("relay.example.ca", "smtp://HOST"),
        ("http://relay.example.ca", "smtp://HOST"),
        ("smtp://", "smtp://HOST"),
        ("smtp://relay:0", "smtp://HOST"),
        ("smtp://relay:99999", "port"),
        ("smtp://relay:mail", "port"),
        ("smtp://relay/inbox", "only options"),
        ("smtp://user:hunter2/x@relay", "port"),
        ("smtp://user:a@b?hunter2@relay", "only options"),
        ("smtp://relay?tls=yes", "no option 'tls'"),
        ("smtp://relay?starttls=maybe", "required, opportunistic"),
        ("smtp://relay?starttls=never&starttls=required", "twice"),
        ("smtp://relay?cafile=", "no value"),
        ("smtps://relay?starttls=required", "encrypted already"),
        ("smtp://user@relay", "password"),
        ("smtp://:hunter2@relay", "password"),
        ("smtp://user:hunter2%0D%0A@relay", "control character"),
        ("smtp://user:hunter2@relay?starttls=never", "clear text"),
        ("smtp://user:hunter2%ff@relay", "password is not UTF-8"),
        ("smtp://%ff:hunter2@relay", "user is not UTF-8"),
        ("smtp://relay?helo=a%0D%0AMAIL", "helo"),
        ("smtp://re%00lay x", "host"),
        (f"smtp://{'a' * 64}.example.ca", "DNS"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(RelayError, match=reason) as refusal:
        Relay.parse(url)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert Relay.parse(f"smtp://user:secret@{host}?starttls=never").is_loopback


@pytest.mark.parametrize(
    ("url", "verifies"),
    [
        ("smtps://relay", True),
        ("smtp://relay?starttls=required", True),
        ("smtp://relay", False),
        ("smtp://user:secret@relay", True),
        ("smtp://user:secret@localhost", False),
    ],
)
def test_a_certificate_must_hold_wherever_something_depends_on_it(url: str, verifies: bool) -> None:
    relay = Relay.parse(url)
    context = relay.tls_context()
    assert context is not None
    assert relay.verifies is verifies
    assert (context.verify_mode is ssl.CERT_REQUIRED) is verifies
    assert context.check_hostname is verifies


def test_without_tls_no_certificates_are_read() -> None:
    assert Relay.parse("smtp://relay?starttls=never&cafile=/nowhere").tls_context() is None


def test_a_cafile_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(RelayError, match=str(path)):
            Relay.parse(f"smtp://relay?cafile={path}").tls_context()


def test_the_relay_is_greeted_with_this_hosts_name_or_another() -> None:
    assert Relay.parse("smtp://relay").helo == own_name()
    assert Relay.parse("smtp://relay?helo=mail.example.ca").helo == "mail.example.ca"
    assert Relay.parse("smtp://relay?helo=[192.0.2.1]").helo == "[192.0.2.1]"
