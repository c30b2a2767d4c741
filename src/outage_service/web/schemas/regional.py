"""The internal list of CBSA regional operations: what is sent, and what is shown."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, JsonValue

from outage_service.domain.texts import Language
from outage_service.services.addresses import Address, parse_address
from outage_service.services.request_types import Body
from outage_service.storage.regional import RegionalRecipient
from outage_service.web.schemas.common import Shown
from outage_service.web.schemas.subscribers import EmailAddress, LanguageName

_EXAMPLE: JsonValue = {"email": "region@example.org", "language": "fr"}


class RegionalBody(Body):
    """A mailbox of a region."""

    model_config = ConfigDict(title="RegionalRecipientBody", json_schema_extra={"examples": [_EXAMPLE]})

    email: EmailAddress
    language: LanguageName = Language.EN

    def address(self) -> Address:
        """Returns the address."""
        return parse_address(self.email)


class RegionalShown(Shown):
    """A mailbox of a region that gets every bulletin as internal mail (R12)."""

    model_config = ConfigDict(frozen=True, title="RegionalRecipient")

    id: int
    email: str
    language: Language
    since: datetime

    @classmethod
    def of(cls, found: RegionalRecipient) -> Self:
        """Returns a mailbox of the list."""
        return cls(id=found.id, email=found.email, language=found.language, since=found.created_at)


class RegionalList(Shown):
    """The whole list: it is short."""

    items: list[RegionalShown]
