"""`token create`: API tokens. A token is shown once; only a keyed digest of it is kept."""

from datetime import timedelta
from typing import Annotated

import typer

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.domain.roles import Role
from outage_service.services import tokens
from outage_service.services.request_types import NAME_LONGEST

DAYS_AT_MOST = 3650

app = typer.Typer(help="API tokens.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `create` a command of its own while it is the only one."""


def _named(name: str) -> str:
    if not name.strip() or not name.isprintable() or len(name) > NAME_LONGEST:
        raise typer.BadParameter(f"must be a name of at most {NAME_LONGEST} characters")
    return name


@app.command()
def create(
    name: Annotated[str, typer.Option(callback=_named, help="Who it is for: what the audit trail will say.")],
    role: Annotated[Role, typer.Option(help="What it may be used for.")],
    expires: Annotated[
        int | None,
        typer.Option(min=1, max=DAYS_AT_MOST, metavar="DAYS", help="Ends after so many days; else never."),
    ] = None,
) -> None:
    """Print a new token, alone on standard output. It cannot be shown again."""
    settings = begin(log_level="WARNING")
    valid_for = timedelta(days=expires) if expires is not None else None
    with engine_at_work(settings) as engine:
        token = engine.act(lambda tx: tokens.create(engine, tx, name=name, role=role, valid_for=valid_for))
    print(token)
