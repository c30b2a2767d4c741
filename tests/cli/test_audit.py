"""`audit verify` and `audit head`: P31 from the shell."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.commands import KEY, Ended, run


def audit(folder: Path, *arguments: str) -> Ended:
    return run(folder, "audit", *arguments, SECRET_KEY=KEY)


def create_tokens(folder: Path) -> None:
    for name in ("one", "two", "three"):
        run(folder, "token", "create", "--name", name, "--role", "tccu", SECRET_KEY=KEY)


def tamper(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "outage.db", isolation_level=None)) as connection:
        for name in ("audit_keeps_sealed", "audit_keeps_said", "audit_keeps_all"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement in statements:
            connection.execute(statement)


def test_a_whole_log_is_said_to_be_whole_with_a_head_kept_before_too(tmp_path: Path) -> None:
    create_tokens(tmp_path)
    head = audit(tmp_path, "head")
    assert (head.status, head.out[:2], len(head.out.strip())) == (0, "3:", 66)
    create_tokens(tmp_path)
    assert audit(tmp_path, "verify").out == "The audit log is whole: 6 rows, 0 not chained yet.\n"
    assert audit(tmp_path, "verify", "--head", head.out.strip()).status == 0


def test_the_first_broken_row_is_named(tmp_path: Path) -> None:
    create_tokens(tmp_path)
    tamper(tmp_path, "UPDATE audit SET actor = 'bob' WHERE id = 2")
    ended = audit(tmp_path, "verify")
    assert (ended.status, ended.out) == (1, "")
    assert ended.errors == ["The audit log was tampered with: row 2 at position 2 is not what was written."]


def test_a_row_taken_out_and_a_forged_end_are_named(tmp_path: Path) -> None:
    create_tokens(tmp_path)
    tamper(tmp_path, "UPDATE audit_head SET digest = 'x'")
    assert audit(tmp_path, "verify").errors[0].endswith("it does not end as noted, at position 3.")
    tamper(tmp_path, "DELETE FROM audit WHERE id = 1")
    assert audit(tmp_path, "verify").errors[0].endswith("the row at position 1 is missing.")


def test_another_chain_does_not_lead_through_the_head_that_was_kept(tmp_path: Path) -> None:
    create_tokens(tmp_path)
    wrong = audit(tmp_path, "verify", "--head", f"2:{'0' * 64}")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.errors == ["The audit log was tampered with: it does not lead through the head given."]
    assert audit(tmp_path, "verify", "--head", "nonsense").status == 2
