"""Bounces, and the addresses that are not written to any more."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, Field

from outage_service.domain.bounces import SuppressionReason
from outage_service.services.addresses import Address, parse_address
from outage_service.services.request_types import Body
from outage_service.storage.suppressions import Suppression
from outage_service.web.schemas.common import Shown
from outage_service.web.schemas.subscribers import EmailAddress


class BounceTaken(Shown):
    """What became of a message that came back."""

    counted: int = Field(description="1 where it reports something that was not counted before.")
    suppressed: int = Field(description="1 where the address is not written to any more because of it.")


class SuppressionBody(Body):
    """An address that is to be written to no more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "gone@example.org"}]})

    email: EmailAddress

    def address(self) -> Address:
        """Returns the address."""
        return parse_address(self.email)


class SuppressionShown(Shown):
    """An address that is written to no more."""

    model_config = ConfigDict(frozen=True, title="Suppression")

    id: int
    email: str | None = Field(description="Null once its subscriber was erased.")
    reason: SuppressionReason
    status: str | None = Field(description="What the last mail system said (RFC 3463), if it did.")
    since: datetime

    @classmethod
    def of(cls, found: Suppression) -> Self:
        """Returns an entry of the list."""
        return cls(
            id=found.id,
            email=found.address or None,
            reason=found.reason,
            status=found.status,
            since=found.at,
        )
