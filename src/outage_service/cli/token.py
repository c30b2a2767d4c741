"""`token create`, `list` and `revoke`: API tokens, shown once; only a keyed digest of each is kept."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.cli.faults import WRONG_INPUT, Fault
from outage_service.cli.roles import role_option
from outage_service.clock import system_clock
from outage_service.domain.roles import Role
from outage_service.services import tokens
from outage_service.services.errors import NotFound
from outage_service.services.request_types import GREATEST_ID, NAME_LONGEST
from outage_service.services.tokens import OwnName
from outage_service.storage.tokens import TokenRecord, list_tokens

DAYS_AT_MOST = 3650

app = typer.Typer(help="API tokens.", no_args_is_help=True)


def _named(name: str) -> str:
    if not name.strip() or not name.isprintable() or len(name) > NAME_LONGEST:
        raise typer.BadParameter(f"must be a name of at most {NAME_LONGEST} characters")
    return name


@app.command()
def create(
    name: Annotated[str, typer.Option(callback=_named, help="Who it is for: what the audit trail will say.")],
    role: Annotated[str, role_option(Role, about="What it may be used for.")] = "",
    expires: Annotated[
        int | None,
        typer.Option(min=1, max=DAYS_AT_MOST, metavar="DAYS", help="Ends after so many days; else never."),
    ] = None,
) -> None:
    """Print a new token, alone on standard output. It cannot be shown again."""
    settings = begin(log_level="WARNING")
    valid_for = timedelta(days=expires) if expires is not None else None
    with engine_at_work(settings, may_begin=True) as engine:
        try:
            token = engine.act(
                lambda tx: tokens.create(engine, tx, name=name, role=Role(role), valid_for=valid_for)
            )
        except OwnName as error:
            said = f"{name} is what the audit log calls the service itself: choose another --name."
            raise Fault(said, status=WRONG_INPUT) from error
    print(token)


@app.command("list")
def list_() -> None:
    """Show every token: who has it, what for, since when, and when it was last used; never the token."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine, engine.db.read() as tx:
        found = list_tokens(tx)
    table = Table("id", "name", "role", "state", "created", "expires", "last used", box=None, pad_edge=False)
    now = system_clock()
    for one in found:
        times = (_shown(instant) for instant in (one.created_at, one.expires_at, one.last_used_at))
        table.add_row(str(one.id), one.name, one.role, _state(one, now), *times)
    Console(highlight=False, soft_wrap=True).print(table)


def _shown(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}Z" if instant is not None else "never"


def _state(token: TokenRecord, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "good"


@app.command()
def revoke(
    token_id: Annotated[
        int, typer.Argument(metavar="ID", min=1, max=GREATEST_ID, help="As `list` shows it.")
    ],
) -> None:
    """End a token at once and for good. Nothing else of its bearer changes."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine:
        try:
            engine.act(lambda tx: tokens.revoke(engine, tx, token_id))
        except NotFound as error:
            raise Fault(f"There is no token {token_id} that could be revoked.") from error
