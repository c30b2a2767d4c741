"""The option `--role`: which roles a command may give."""

from collections.abc import Collection

import typer
from typer.models import OptionInfo

from outage_service.domain.roles import Role


def role_option(allowed: Collection[Role], *, about: str) -> OptionInfo:
    """Returns the option of a command that gives one of the roles `allowed`; its help names them."""
    names = [role.value for role in Role if role in allowed]

    def known(given: str) -> Role:
        if given not in names:
            raise typer.BadParameter(f"must be one of {', '.join(names)}")
        return Role(given)

    # Typer's own check of an enumeration lets the words of a ValueError through as they are.
    option: OptionInfo = typer.Option(parser=str, callback=known, metavar=f"[{'|'.join(names)}]", help=about)
    return option
