"""The option `--role`: which roles a command may give."""

from collections.abc import Collection

import typer
from typer.models import OptionInfo

from outage_service.domain.roles import Role


def role_option(allowed: Collection[Role], *, about: str) -> OptionInfo:
    """Returns the option of a command that gives one of the roles `allowed`; its help names them.

    It is for a parameter that is text, blank by default, so that no role is answered as a wrong one: for an
    enumeration Typer would name every member in words of its own, also those that are not allowed.
    """
    names = [role.value for role in Role if role in allowed]

    def known(given: str) -> str:
        if given not in names:
            raise typer.BadParameter(f"must be one of {', '.join(names)}")
        return given

    option: OptionInfo = typer.Option(
        callback=known, metavar=f"[{'|'.join(names)}]", help=f"{about}  [required]", show_default=False
    )
    return option
