"""What holds for every command: help, exit status, and mistakes told in plain lines."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from outage_service import cli
from tests.cli.commands import PATIENCE_SECONDS, run, run_apart


def names(group: object, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    assert isinstance(group, TyperGroup)
    for name, child in group.commands.items():
        yield (*prefix, name)
        if isinstance(child, TyperGroup):
            yield from names(child, (*prefix, name))


COMMANDS = list(names(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_tells_what_it_is_for(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: outage-service {' '.join(words)}")
    assert len(told.splitlines()[2].strip()) > 10


def test_the_commands_are_those_that_were_promised() -> None:
    assert {" ".join(words) for words in COMMANDS} >= {
        "serve",
        "worker",
        "demo",
        "drill",
        "migrate",
        "token create",
        "subscribers import",
        "subscribers export",
        "doctor",
    }


def test_no_summary_in_the_list_of_commands_is_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_a_process_of_its_own_ends_the_same_way(tmp_path: Path) -> None:
    assert run_apart(tmp_path, "--help") == run(tmp_path, "--help")
    wrong = run_apart(tmp_path, "migrate", DATABASE_URL="mysql://x")
    assert wrong == run(tmp_path, "migrate", DATABASE_URL="mysql://x")
    assert wrong.status == 2


def test_a_command_that_serves_nobody_does_not_wait_for_the_web(tmp_path: Path) -> None:
    """It would take twice as long to start: `bounce` is started for every mail that comes back."""
    program = (
        "import sys, outage_service.cli; print({'fastapi', 'uvicorn', 'outage_service.web'} & {*sys.modules})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert ended.stdout == "set()\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["serve", "--nonsense"], ["serve", "--port", "x"]])
def test_a_wrong_command_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "Usage: outage-service" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "value"),
    [("DATABASE_URL", "mysql://x"), ("SMTP_URL", "smtp://user@relay"), ("MAIL_FROM", "a..b@example.org")],
)
def test_a_wrong_setting_ends_with_2_and_names_the_variable(tmp_path: Path, setting: str, value: str) -> None:
    ended = run(tmp_path, "serve", "--port", "0", **{setting: value})
    assert (ended.status, len(ended.errors)) == (2, 1)
    assert f"OUTAGE_{setting}" in ended.err


def test_a_database_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "outage.db.lock").mkdir()
    ended = run(tmp_path, "migrate")
    assert (ended.status, len(ended.errors)) == (1, 1)
    assert ended.err.startswith("The database cannot be used: ")


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["migrate"], {}),
        (["migrate"], {"SECRET_KEY": "k" * 32}),
        (["token", "list"], {"SECRET_KEY": "k" * 32}),
        # With a key it serves what can be said without a database (decision 8).
        (["serve", "--port", "0"], {}),
    ],
)
def test_a_missing_folder_of_the_database_is_named_with_what_to_do(
    tmp_path: Path, arguments: list[str], key: dict[str, str]
) -> None:
    ended = run(tmp_path, *arguments, DATABASE_URL="sqlite:///away/outage.db", **key)
    assert (ended.status, len(ended.errors)) == (2, 1)
    assert ended.err.startswith(f"OUTAGE_DATABASE_URL: there is no folder {tmp_path}/away: make it (mkdir -p")
    assert not (tmp_path / "away").exists()


@pytest.mark.parametrize(
    "arguments", [["token", "create", "--name", "x", "--role", "ivr"], ["migrate"], ["subscribers", "export"]]
)
def test_a_database_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    nobody = "postgresql+psycopg://nobody:secret@127.0.0.1:9/nothing"
    ended = run(tmp_path, *arguments, DATABASE_URL=nobody, SECRET_KEY="k" * 32)
    assert (ended.status, len(ended.errors)) == (1, 1)
    assert ended.err.startswith("The database cannot be used: ")
    assert "secret" not in ended.err
