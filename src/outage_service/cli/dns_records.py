"""What DNS says of the domain that mail is from: SPF, DKIM, DMARC, and whether bounces have a way back.

DKIM is looked for where a setting names the selector that the relay signs with: it cannot be found out.
"""

from collections.abc import Iterator

import dns.exception
import dns.resolver
from dns.rdata import Rdata
from dns.rdtypes.ANY.TXT import TXT

from outage_service.channels.email.addresses import AddressError, Sender
from outage_service.cli.finding import Finding, fail, ok, warn
from outage_service.settings import Settings

LOOKUP_SECONDS = 3.0


class LookupFailed(Exception):
    """DNS did not answer: nothing can be said."""


def check_dns(settings: Settings) -> Iterator[Finding]:
    """Looks at SPF, DMARC and MX of the sender's domain; what cannot be looked up is a warning."""
    try:
        domain = Sender.parse(settings.mail_from).domain
    except AddressError as error:
        yield fail("sender", str(error), "mend OUTAGE_MAIL_FROM")
        return
    if "." not in domain:
        yield warn(
            "sender", f"{domain} is no domain of the internet", "set OUTAGE_MAIL_FROM to a real address"
        )
        return
    try:
        yield from _records(domain)
        if settings.dkim_selector:
            yield _dkim(f"{settings.dkim_selector}._domainkey.{domain}")
    except LookupFailed as error:
        yield warn("dns", f"{domain} could not be looked up: {error}", "try again where DNS answers")


def _records(domain: str) -> Iterator[Finding]:
    if any(text.lower().startswith("v=spf1") for text in _texts(domain)):
        yield ok("spf", f"{domain} has a record")
    else:
        yield warn("spf", f"{domain} has none", "publish a TXT record v=spf1 … that names the relay")
    if policy := _dmarc(domain):
        yield ok("dmarc", f"{policy} has a policy")
    else:
        advice = f"publish a TXT record v=DMARC1 at _dmarc.{domain}, and have the relay sign with DKIM"
        yield warn("dmarc", f"{domain} has none", advice)
    if not _answers(domain, "MX"):
        yield warn("mx", f"{domain} takes no mail", "replies and bounces are lost: give it an MX record")


def _dkim(place: str) -> Finding:
    """Returns whether there is a key to check signatures with; a blank one is revoked (RFC 6376, 3.6.1)."""
    tags = [_tags(text) for text in _texts(place)]
    keys = [found["p"] for found in tags if "p" in found and found.get("v", "DKIM1") == "DKIM1"]
    if not keys:
        advice = "publish the relay's public key there as a TXT record v=DKIM1, or mend OUTAGE_DKIM_SELECTOR"
        return warn("dkim", f"{place} has no key", advice)
    if not any(keys):
        return warn("dkim", f"the key at {place} is revoked", "have the relay sign with another selector")
    return ok("dkim", f"{place} has a key")


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


def _dmarc(domain: str) -> str | None:
    """Returns where the policy that holds for `domain` stands: there, or further up (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        place = "_dmarc." + ".".join(labels[start:])
        if any(text.lower().startswith("v=dmarc1") for text in _texts(place)):
            return place
    return None


def _texts(name: str) -> list[str]:
    records = [record for record in _answers(name, "TXT") if isinstance(record, TXT)]
    return [b"".join(record.strings).decode(errors="replace") for record in records]


def _answers(name: str, kind: str) -> list[Rdata]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=LOOKUP_SECONDS, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise LookupFailed(type(error).__name__) from error
