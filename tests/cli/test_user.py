"""`user …`: people for the console, with passwords that are never shown."""

import io
import sys
from pathlib import Path

import pytest

from tests.cli.commands import KEY, Ended, run

PASSWORD = "correct horse battery"
MIA = "mia@desk.example.org"
ROLE_REFUSED = "Error: Invalid value for '--role': must be one of tccu, ctsu, admin, auditor\n"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The password on standard input, whenever a command reads it."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n" * 9))
    return monkeypatch


def user(folder: Path, *arguments: str) -> Ended:
    return run(folder, "user", *arguments, SECRET_KEY=KEY)


def create(folder: Path, email: str = MIA, role: str = "tccu") -> Ended:
    return user(folder, "create", "--email", email, "--role", role, "--password-stdin")


@pytest.mark.usefixtures("typed")
def test_a_user_is_added_listed_shut_out_and_let_in_again(tmp_path: Path) -> None:
    assert create(tmp_path) == Ended(0, "", f"A new database was made: {tmp_path}/outage.db\n")
    assert user(tmp_path, "list").out == f"{MIA}\ttccu\tactive\n"
    assert user(tmp_path, "disable", MIA) == Ended(0, "", "")
    assert user(tmp_path, "list").out == f"{MIA}\ttccu\tdisabled\n"
    assert user(tmp_path, "enable", MIA) == Ended(0, "", "")
    assert user(tmp_path, "list").out == f"{MIA}\ttccu\tactive\n"
    assert user(tmp_path, "password", MIA, "--password-stdin") == Ended(0, "", "")


@pytest.mark.usefixtures("typed")
def test_an_address_has_one_account_however_it_is_written(tmp_path: Path) -> None:
    assert create(tmp_path).status == 0
    again = create(tmp_path, email="MIA@Desk.example.org")
    assert (again.status, again.errors) == (1, ["MIA@Desk.example.org has an account already."])


@pytest.mark.usefixtures("typed")
def test_the_last_administrator_stays(tmp_path: Path) -> None:
    create(tmp_path, role="admin")
    refused = user(tmp_path, "disable", MIA)
    assert (refused.status, refused.errors) == (1, [f"{MIA} is the last administrator who can sign in."])


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["create", "--email", "nobody", "--role", "tccu"], 2, "--email"),
        (["create", "--email", MIA, "--role", "ivr"], 2, ROLE_REFUSED),
        (["create", "--email", MIA, "--role", "king"], 2, ROLE_REFUSED),
        (["create", "--email", MIA, "--role", ""], 2, ROLE_REFUSED),
        (["create", "--email", MIA], 2, ROLE_REFUSED),
        (["disable", MIA], 1, "There is no user"),
        (["enable", "not an address"], 1, "There is no user"),
        (["password", MIA, "--password-stdin"], 1, "There is no user"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    run(tmp_path, "migrate")
    ended = user(tmp_path, *arguments)
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err


def test_a_short_password_is_refused_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("too short\n"))
    refused = create(tmp_path)
    assert (refused.status, refused.errors) == (2, ["A password has 12 to 256 characters."])


def test_without_the_option_the_password_is_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([PASSWORD, "another one, by mistake", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(answers))
    ended = user(tmp_path, "create", "--email", MIA, "--role", "admin")
    assert ended.status == 0
    assert PASSWORD not in ended.out + ended.err
    assert user(tmp_path, "list").out == f"{MIA}\tadmin\tactive\n"
