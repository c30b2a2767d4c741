"""Ids in paths. What cannot be an id is no path of ours: not found, and never another route's."""

from typing import Annotated

from fastapi import Path
from starlette.convertors import Convertor, register_url_convertor

from outage_service.services.request_types import GREATEST_ID


class _IdConvertor(Convertor[str]):
    """`{outage_id:id}`: up to 19 digits; whether they are too great is looked at afterwards."""

    regex = "[1-9][0-9]{0,18}"

    def convert(self, value: str) -> str:
        """Returns the digits."""
        return value

    def to_string(self, value: str) -> str:
        """Returns the digits."""
        return value


register_url_convertor("id", _IdConvertor())

OutageId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the outage.")]
BulletinId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the bulletin.")]
SuppressionId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the entry.")]
SubscriberId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the subscriber.")]
UserId = Annotated[int, Path(ge=1, le=GREATEST_ID, description="The id of the user.")]
