"""What one sign-in by a provider needs and how it fails; without the extra's packages.

Those who only ask a provider import this; `provider` has the one that speaks OpenID Connect.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ProviderDown(Exception):
    """The provider does not answer, or not as a provider does."""


class NotVouched(Exception):
    """What came back is not to be believed, or names nobody by a verified address."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What ties a provider's answer to the browser that asked for it; nobody else can know it.

    Args:
        state: comes back beside the code.
        nonce: comes back inside the ID token.
        verifier: shows the provider that whoever brings the code began the sign-in (RFC 7636).
    """

    state: str
    nonce: str
    verifier: str


class IdentityProvider(Protocol):
    """Who vouches for an operator's address."""

    @property
    def issuer(self) -> str:
        """The provider's name for itself."""

    def sign_in_url(self, errand: Errand, return_to: str) -> str:
        """Returns where the reader signs in.

        Args:
            return_to: the page of ours that the provider leads back to.

        Raises:
            ProviderDown: its discovery document cannot be had.
        """

    def verified_email(self, code: str, errand: Errand, return_to: str, *, now: datetime) -> str:
        """Returns the address of whoever signed in.

        Raises:
            ProviderDown: it does not answer.
            NotVouched: the code, the token or the address is not good.
        """
