"""What a form sent, for routes that are plain functions; the access rule has checked its token."""

from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from outage_service.web.own_forms import SHOWING, read_form


class Sent:
    """The fields of a form, as they were sent; what is missing is blank."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    @property
    def is_only_shown(self) -> bool:
        """Whether the form is to be shown in another language or once more, and not acted upon."""
        return self.text("go") in SHOWING

    def text(self, name: str) -> str:
        """Returns a field; lines end with a line feed, for browsers send two characters."""
        found = self._form.get(name, "")
        return found.replace("\r\n", "\n") if isinstance(found, str) else ""

    def texts(self, name: str) -> list[str]:
        """Returns all fields of a name, such as ticked boxes."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """Returns a file, if one was chosen."""
        found = self._form.get(name)
        return found if isinstance(found, UploadFile) and found.filename else None


async def _sent(request: Request) -> Sent:
    return Sent(await read_form(request))


SentForm = Annotated[Sent, Depends(_sent)]
"""The form; stands behind the access rule in a route's parameters."""
