"""`user create`, `list`, `disable`, `enable` and `password`: who may sign in to the operators' console."""

import sys
from typing import Annotated

import typer

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.cli.faults import NOT_DONE, WRONG_INPUT, Fault
from outage_service.cli.roles import role_option
from outage_service.domain.roles import COMMAND_LINE, Role
from outage_service.services import users
from outage_service.services.addresses import AddressRefused, parse_address
from outage_service.services.users import CONSOLE_ROLES, LastAdministrator, PasswordRefused, UserExists
from outage_service.storage import Connection
from outage_service.storage.users import User

app = typer.Typer(help="Users of the operators' console.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose account.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
]


@app.command()
def create(
    email: Annotated[str, typer.Option(help="What they sign in with.")],
    role: Annotated[str, role_option(CONSOLE_ROLES, about="What they may do.")] = "",
    password_stdin: PasswordStdin = False,
) -> None:
    """Add a user; the password is asked for twice."""
    settings = begin(log_level="WARNING")
    try:
        parse_address(email)
    except AddressRefused as error:
        raise Fault(f"--email: {error}", status=WRONG_INPUT) from error
    password_hash = _password_hash(from_stdin=password_stdin)
    with engine_at_work(settings, may_begin=True) as engine:
        try:
            engine.db.write(
                lambda tx: users.create_user(
                    engine, tx, by=COMMAND_LINE, email=email, role=Role(role), password_hash=password_hash
                )
            )
        except UserExists as error:
            raise Fault(f"{email} has an account already.", status=NOT_DONE) from error


def _password_hash(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    try:
        return users.hash_password(password)
    except PasswordRefused as error:
        raise Fault(str(error), status=WRONG_INPUT) from error


@app.command("list")
def list_() -> None:
    """Print each user: e-mail address, role, and whether shut out."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine, engine.db.read() as tx:
        for user in users.list_users(tx):
            print(user.email, user.role.value, "disabled" if user.disabled_at else "active", sep="\t")


@app.command()
def disable(email: Email) -> None:
    """Shut a user out, at once. The account stays, for the audit log names it."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine:
        try:
            engine.db.write(lambda tx: users.disable_user(engine, tx, _known(tx, email).id, by=COMMAND_LINE))
        except LastAdministrator as error:
            raise Fault(f"{email} is the last administrator who can sign in.", status=NOT_DONE) from error


@app.command()
def enable(email: Email) -> None:
    """Let a user in again."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine:
        engine.db.write(lambda tx: users.enable_user(engine, tx, _known(tx, email).id, by=COMMAND_LINE))


@app.command()
def password(email: Email, password_stdin: PasswordStdin = False) -> None:
    """Give a user a new password, and end their sessions."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine:
        with engine.db.read() as tx:
            user_id = _known(tx, email).id
        password_hash = _password_hash(from_stdin=password_stdin)
        engine.db.write(
            lambda tx: users.set_password(engine, tx, user_id, by=COMMAND_LINE, password_hash=password_hash)
        )


def _known(tx: Connection, email: str) -> User:
    found = users.find_by_email(tx, email)
    if found is None:
        raise Fault(f"There is no user {email}.", status=NOT_DONE)
    return found
