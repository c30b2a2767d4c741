"""`subscribers import` and `export`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import Ended, run

HEADER = "email,language,systems,kinds\n"
GOOD = "a@example.org,en,,\nb@example.ca,fr,edi;cers,outage\n"


def import_(folder: Path, text: str | bytes, *options: str) -> Ended:
    path = folder / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run(folder, "subscribers", "import", "list.csv", *options)


def export(folder: Path) -> str:
    ended = run(folder, "subscribers", "export")
    assert (ended.status, ended.err) == (0, "")
    return ended.out


def test_what_is_imported_can_be_exported(tmp_path: Path) -> None:
    ended = import_(tmp_path, HEADER + GOOD)
    assert (ended.status, ended.out) == (0, "")
    assert ended.errors[-1] == "2 imported, 0 subscribed already, 0 lines refused."
    assert export(tmp_path) == HEADER + GOOD


def test_a_wrong_line_keeps_all_out_and_is_told_by_number(tmp_path: Path) -> None:
    run(tmp_path, "migrate")
    ended = import_(tmp_path, f"{HEADER}{GOOD}nobody,en,,\nc@example.org,de,,\n")
    assert ended.status == 2
    assert ended.errors == [
        "line 4: This is not a usable e-mail address.",
        "line 5: The language must be en or fr.",
        "Nothing was imported: 2 lines refused.",
    ]
    assert export(tmp_path) == HEADER


def test_bad_lines_may_be_skipped(tmp_path: Path) -> None:
    ended = import_(tmp_path, f"{HEADER}nobody,en,,\n{GOOD}", "--skip-bad")
    assert ended.status == 0
    assert ended.errors[-1] == "2 imported, 0 subscribed already, 1 line refused."
    assert export(tmp_path) == HEADER + GOOD


def test_who_is_subscribed_already_is_passed_over(tmp_path: Path) -> None:
    import_(tmp_path, HEADER + GOOD)
    ended = import_(tmp_path, f"{HEADER}A@EXAMPLE.org,fr,,\nc@example.org,en,,\n")
    assert ended.errors[-1] == "1 imported, 1 subscribed already, 0 lines refused."
    assert export(tmp_path) == f"{HEADER}{GOOD}c@example.org,en,,\n"


@pytest.mark.parametrize(
    "text",
    ["email,language\n", "", HEADER.encode() + b"\xff@example.org,en,,\n"],
    ids=["header", "empty", "latin"],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str | bytes) -> None:
    ended = import_(tmp_path, text, "--skip-bad")
    assert (ended.status, len(ended.errors)) == (2, 1)
    assert "list.csv" in ended.err


def test_a_list_longer_than_one_statement_holds_is_imported_whole(tmp_path: Path) -> None:
    people = "".join(f"p{number}@example.org,en,,\n" for number in range(1200))
    ended = import_(tmp_path, HEADER + people)
    assert ended.errors[-1] == "1200 imported, 0 subscribed already, 0 lines refused."
    assert export(tmp_path) == HEADER + people


def test_the_audit_log_names_the_command_line(tmp_path: Path) -> None:
    """P31: whoever took the list along, or added to it, at the machine itself."""
    import_(tmp_path, HEADER + GOOD)
    export(tmp_path)
    assert run(tmp_path, "token", "create", "--name", "one", "--role", "ivr").status == 0
    with closing(sqlite3.connect(tmp_path / "outage.db")) as file:
        logged = file.execute("SELECT action, actor FROM audit ORDER BY id").fetchall()
    assert logged == [
        ("subscribers_imported", "command line"),
        ("subscribers_exported", "command line"),
        ("token_created", "command line"),
    ]
