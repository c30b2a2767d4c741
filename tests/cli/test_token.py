"""`token`: made, listed and revoked; the token alone is printed, once."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from outage_service.app.engine import build_engine
from outage_service.clock import VirtualClock, system_clock
from outage_service.domain.roles import Actor, Role
from outage_service.services import tokens
from outage_service.settings import load_settings
from tests.cli.commands import KEY, Ended, run
from tests.support.postgres import PostgresDatabases


def create(folder: Path, *options: str, **settings: str) -> Ended:
    return run(
        folder,
        "token",
        "create",
        "--name",
        "night desk",
        "--role",
        "tccu",
        *options,
        SECRET_KEY=KEY,
        **settings,
    )


def bearer(folder: Path, token: str, after: timedelta) -> Actor | None:
    """Returns whom the service takes the bearer of a token for, some time later."""
    settings = load_settings(
        None, database_url=f"sqlite:///{folder / 'outage.db'}", secret_key=SecretStr(KEY)
    )
    engine = build_engine(settings, clock=VirtualClock(system_clock() + after))
    try:
        with engine.db.read() as tx:
            found = tokens.recognise(engine, tx, token)
    finally:
        engine.db.close()
    return found.actor if found else None


def test_the_token_alone_is_printed_and_the_service_knows_it(tmp_path: Path) -> None:
    ended = create(tmp_path)
    assert (ended.status, ended.err) == (0, f"A new database was made: {tmp_path}/outage.db\n")
    (token,) = ended.out.splitlines()
    assert bearer(tmp_path, token, timedelta(days=4000)) == Actor("night desk", Role.TCCU)


def test_it_ends_after_the_days_given(tmp_path: Path) -> None:
    (token,) = create(tmp_path, "--expires", "3").out.splitlines()
    assert bearer(tmp_path, token, timedelta(days=3, minutes=-5)) is not None
    assert bearer(tmp_path, token, timedelta(days=3, minutes=5)) is None


@pytest.mark.parametrize("name", ["clock", "Command  Line ", "bounces", "subscriber", "console"])
def test_no_token_passes_for_the_service_itself(tmp_path: Path, name: str) -> None:
    """P31: the audit log would say that nobody, or somebody else, had acted."""
    ended = create(tmp_path, "--name", name)
    assert (ended.status, ended.out) == (2, "")
    assert ended.errors[-1:] == [
        f"{name} is what the audit log calls the service itself: choose another --name."
    ]


def test_an_unknown_role_a_blank_name_and_no_days_are_refused(tmp_path: Path) -> None:
    for wrong in (["--role", "king"], ["--name", " "], ["--name", "a\nb"], ["--expires", "0"]):
        ended = create(tmp_path, *wrong)
        assert (ended.status, ended.out) == (2, "")
        assert wrong[0] in ended.err


def test_a_wrong_role_is_answered_with_the_option_and_the_roles_there_are(tmp_path: Path) -> None:
    wrong = create(tmp_path, "--role", "king").errors[-1]
    names = "tccu, ctsu, admin, auditor, ivr, relay"
    assert wrong == f"Error: Invalid value for '--role': must be one of {names}"


def test_so_is_one_that_is_left_out(tmp_path: Path) -> None:
    ended = run(tmp_path, "token", "create", "--name", "night desk", SECRET_KEY=KEY)
    assert (ended.status, ended.out) == (2, "")
    assert ended.errors[-1] == create(tmp_path, "--role", "king").errors[-1]
    assert "[required]" in run(tmp_path, "token", "create", "--help").out


def test_a_postgresql_that_is_not_migrated_is_refused_and_the_command_named(
    tmp_path: Path, postgres_databases: PostgresDatabases
) -> None:
    name = postgres_databases.create()
    try:
        ended = create(tmp_path, DATABASE_URL=postgres_databases.url(name))
        assert (ended.status, ended.out, len(ended.errors)) == (1, "", 1)
        assert "outage-service migrate" in ended.err
        migrated = run(tmp_path, "migrate", DATABASE_URL=postgres_databases.url(name))
        assert (migrated.status, migrated.err) == (0, "")
        assert create(tmp_path, DATABASE_URL=postgres_databases.url(name)).status == 0
    finally:
        postgres_databases.drop(name)


def test_a_database_is_migrated_as_often_as_one_likes(tmp_path: Path) -> None:
    for said in (f"A new database was made: {tmp_path}/outage.db\n", ""):
        ended = run(tmp_path, "migrate")
        assert (ended.status, ended.err) == (0, said)
    assert (tmp_path / "outage.db").exists()


def test_tokens_are_listed_without_what_would_let_anybody_in(tmp_path: Path) -> None:
    (token,) = create(tmp_path, "--expires", "3").out.splitlines()
    create(tmp_path)
    assert run(tmp_path, "token", "revoke", "2", SECRET_KEY=KEY).status == 0
    listed = run(tmp_path, "token", "list", SECRET_KEY=KEY)
    assert (listed.status, listed.err) == (0, "")
    head, first, second = listed.out.splitlines()
    assert head.split() == ["id", "name", "role", "state", "created", "expires", "last", "used"]
    assert first.split()[:5] == ["1", "night", "desk", "tccu", "good"]
    assert second.split()[:5] == ["2", "night", "desk", "tccu", "revoked"]
    assert token not in listed.out


def test_a_revoked_token_lets_nobody_in(tmp_path: Path) -> None:
    (token,) = create(tmp_path).out.splitlines()
    assert bearer(tmp_path, token, timedelta(0)) is not None
    assert run(tmp_path, "token", "revoke", "1", SECRET_KEY=KEY) == Ended(0, "", "")
    assert bearer(tmp_path, token, timedelta(0)) is None
    again = run(tmp_path, "token", "revoke", "1", SECRET_KEY=KEY)
    assert (again.status, len(again.errors)) == (1, 1)
