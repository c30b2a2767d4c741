"""E-mail addresses: the corpus of what a mail service must not take, and the form of what it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.channels.email.addresses import check_address
from outage_service.services.addresses import Address, AddressRefused, parse_address, tagged_mailbox


@pytest.mark.parametrize(
    ("given_address", "wire", "key"),
    [
        ("ann@example.org", "ann@example.org", "ann@example.org"),
        ("  ann@example.org \t", "ann@example.org", "ann@example.org"),
        ("Ann.Smith@Example.ORG", "Ann.Smith@example.org", "ann.smith@example.org"),
        ("ann+cbsa@example.org", "ann+cbsa@example.org", "ann+cbsa@example.org"),
        ("o'brien@example.org", "o'brien@example.org", "o'brien@example.org"),
        ("_desk@example.org", "_desk@example.org", "_desk@example.org"),
        ("a@sub.domain.example.org", "a@sub.domain.example.org", "a@sub.domain.example.org"),
        ("ann@québec.ca", "ann@xn--qubec-csa.ca", "ann@xn--qubec-csa.ca"),
        ("ann@QUÉBEC.CA", "ann@xn--qubec-csa.ca", "ann@xn--qubec-csa.ca"),
        ("ann@XN--QUBEC-CSA.CA", "ann@xn--qubec-csa.ca", "ann@xn--qubec-csa.ca"),
        ("ann@faß.de", "ann@xn--fa-hia.de", "ann@xn--fa-hia.de"),
        ("ann@xn--qubec-csa.ca", "ann@xn--qubec-csa.ca", "ann@xn--qubec-csa.ca"),
    ],
)
def test_an_address_is_kept_as_it_goes_over_the_wire(given_address: str, wire: str, key: str) -> None:
    """The local part as typed, the domain in its A-label form; compared in lower case."""
    assert parse_address(given_address) == Address(wire, key)


@pytest.mark.parametrize(
    "given_address",
    [
        "аnn@example.org",  # a Cyrillic а
        "ann@exаmple.org".replace("а", "\u200b"),
        "a%b@example.org",
        "a!b@example.org",
        "-a@example.org",
        "=?utf-8?q?x?=@b.ca",
        "=a@example.org",
        "a|b@example.org",
        "a`b@example.org",
        "{a}@example.org",
        '"a b"@example.org',
        "a@[127.0.0.1]",
        "a@localhost",
        "a@example",
        "a@-example.org",
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "a@b@example.org",
        "@example.org",
        "a@",
        "",
        " ",
        "Ann <ann@example.org>",
        "ann@example.org, bob@example.org",
        "ann@example.org\r\nBcc: eve@example.org",
        "ann\x00@example.org",
        "ann\u2028@example.org",
        "ann@exam\x85ple.org",
        "jos\u00e9@example.org",
        "a@example.org.",
        "a@ex_ample.org",
        "\ud800@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
        "a@" + "b." * 130 + "org",
    ],
)
def test_what_no_subscriber_has_is_refused(given_address: str) -> None:
    """P28, trap 1: look-alikes, old routing, options, encoded words, line breaks. It is not repeated."""
    with pytest.raises(AddressRefused) as caught:
        parse_address(given_address)
    assert not given_address.strip() or given_address.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "mailbox"),
    [
        ("ann@example.org", None),
        ("ann+lists@example.org", "ann@example.org"),
        ("ann+a+b@example.org", "ann@example.org"),
        ("ann+@example.org", "ann@example.org"),
        ("+ann@example.org", None),
    ],
)
def test_a_tag_is_told_from_the_mailbox(key: str, mailbox: str | None) -> None:
    assert tagged_mailbox(key) == mailbox


LOCAL = st.text("abcXYZ019._+'=&~-", min_size=1, max_size=20)
DOMAIN = st.lists(st.text("abcXYZ019-é", min_size=1, max_size=10), min_size=1, max_size=3).map(".".join)


@given(local=LOCAL, domain=DOMAIN)
def test_whatever_is_taken_can_be_sent_to(local: str, domain: str) -> None:
    """What the form accepts, the channel must not refuse; and parsing it again changes nothing."""
    try:
        address = parse_address(f"{local}@{domain}.org")
    except AddressRefused:
        return
    assert check_address(address.wire) == address.wire
    assert parse_address(address.wire) == address
    assert address.key == address.wire.lower()


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    """P20: it is an address or it is refused."""
    try:
        address = parse_address(text)
    except AddressRefused:
        return
    assert address.wire.isascii()
