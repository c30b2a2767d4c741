"""Subscriptions and subscribers: what is sent, and what is shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StrictStr

from outage_service.domain.subscriptions import (
    SubscriptionKind,
    kinds_mask,
    kinds_of_mask,
    systems_mask,
    systems_of_mask,
)
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services.addresses import parse_address
from outage_service.services.request_types import Body, Patch
from outage_service.services.requests import SystemName
from outage_service.storage.subscribers import Choices, Subscriber, SubscriberState
from outage_service.web.schemas.common import BilingualShown, Shown

LISTED_AT_MOST = 20
ADDRESS_LONGEST = 254
_EXAMPLE: JsonValue = {
    "email": "trade@example.org",
    "language": "fr",
    "systems": ["edi", "cers"],
    "kinds": ["outage", "scheduled"],
}


def _usable(address: str) -> str:
    parse_address(address)
    return address


# JSON has no enumerations: their members come as text.
LanguageName = Annotated[Language, Field(strict=False, description="The one that comes first.")]
KindName = Annotated[SubscriptionKind, Field(strict=False)]
StateName = Annotated[SubscriberState, Field(strict=False)]
Systems = Annotated[list[SystemName], Field(max_length=LISTED_AT_MOST, description="Empty for all.")]
Kinds = Annotated[list[KindName], Field(max_length=LISTED_AT_MOST, description="Empty for all.")]
EmailAddress = Annotated[
    StrictStr,
    Field(min_length=3, max_length=ADDRESS_LONGEST, json_schema_extra={"format": "email"}),
    AfterValidator(_usable),
]


class SubscriptionBody(Body):
    """What somebody subscribes to. Both languages are always sent."""

    model_config = ConfigDict(title="Subscription", json_schema_extra={"examples": [_EXAMPLE]})

    email: EmailAddress
    language: LanguageName
    systems: Systems = Field(default_factory=list)
    kinds: Kinds = Field(default_factory=list)

    def choices(self) -> Choices:
        """Returns what is chosen."""
        return chosen(self.email, self.language, self.systems, self.kinds)


def chosen(
    email: str, language: Language, systems: Sequence[System], kinds: Sequence[SubscriptionKind]
) -> Choices:
    """Returns what a subscriber chooses; nothing named stands for all."""
    address = parse_address(email)
    return Choices(address.wire, address.key, language, systems_mask(systems), kinds_mask(kinds))


class SubscriptionAccepted(Shown):
    """Always the same, whether or not the address is known (P26)."""

    status: Literal["accepted"] = "accepted"
    message: BilingualShown


class SubscriberEdit(Patch):
    """What changes of a subscriber; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"systems": ["edi"], "state": "active"}]})

    email: EmailAddress | None = None
    language: LanguageName | None = None
    systems: Systems | None = None
    kinds: Kinds | None = None
    state: StateName | None = None

    def choices(self, present: Choices) -> Choices:
        """Returns the choices after the change."""
        address = parse_address(self.email) if self.email is not None else None
        return Choices(
            email=address.wire if address else present.email,
            address_key=address.key if address else present.address_key,
            language=self.language or present.language,
            systems=present.systems if self.systems is None else systems_mask(self.systems),
            kinds=present.kinds if self.kinds is None else kinds_mask(self.kinds),
        )


class SubscriberShown(Shown):
    """A subscriber."""

    model_config = ConfigDict(frozen=True, title="Subscriber")

    id: int
    email: str | None = Field(description="Null for auditors.")
    language: Language
    systems: list[System] = Field(description="Empty for all.")
    kinds: list[SubscriptionKind] = Field(description="Empty for all.")
    state: SubscriberState
    confirmed_at: datetime

    @classmethod
    def of(cls, subscriber: Subscriber, *, with_address: bool) -> Self:
        """Returns a subscriber."""
        choices = subscriber.choices
        return cls(
            id=subscriber.id,
            email=choices.email if with_address else None,
            language=choices.language,
            systems=list(systems_of_mask(choices.systems)),
            kinds=list(kinds_of_mask(choices.kinds)),
            state=subscriber.state,
            confirmed_at=subscriber.confirmed_at,
        )


class RefusedLine(Shown):
    """A line of a file that was not imported; the header is line 1."""

    line: int
    reason: str


class ImportReport(Shown):
    """What became of a file."""

    added: int
    known: int = Field(description="Lines left out because the address is a subscriber's already.")
    refused: list[RefusedLine] = Field(description="The first of the lines that cannot be used.")
    refused_count: int
