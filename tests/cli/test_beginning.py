"""What a command finds where it begins: the service's database, none, or one without its key."""

import os
from pathlib import Path

import pytest

from outage_service.storage.migrate import upgrade
from tests.cli.commands import KEY, run

ON_WHAT_IS_THERE = [
    ["hold"],
    ["release"],
    ["token", "list"],
    ["token", "revoke", "1"],
    ["user", "list"],
    ["user", "disable", "mia@example.org"],
    ["audit", "head"],
    ["audit", "verify"],
    ["subscribers", "export"],
]


def is_open(path: Path) -> bool:
    """Returns whether this process has left a file open: newer Pythons warn of such a database."""
    return str(path) in {os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize("arguments", ON_WHAT_IS_THERE, ids=" ".join)
def test_in_another_folder_than_the_services_nothing_is_done_and_nothing_made(
    tmp_path: Path, arguments: list[str]
) -> None:
    """P34: `hold` would hold nothing, and `audit verify` would find that all is well."""
    ended = run(tmp_path, *arguments)
    assert (ended.status, ended.out) == (2, "")
    what = f"There is no database {tmp_path}/outage.db"
    assert ended.errors == [f"{what}: run this in the service's folder, or set OUTAGE_DATABASE_URL."]
    assert list(tmp_path.iterdir()) == []


def test_a_database_whose_key_is_missing_gets_no_other(tmp_path: Path) -> None:
    """A new one would end every token and link without a word, and write to who is suppressed."""
    run(tmp_path, "token", "create", "--name", "desk", "--role", "tccu")
    key = tmp_path / "outage.db.key"
    kept = key.read_text()
    key.unlink()
    for arguments in (["serve", "--port", "0"], ["worker"], ["token", "list"], ["hold"]):
        ended = run(tmp_path, *arguments)
        assert (ended.status, len(ended.errors)) == (2, 1)
        assert "its key outage.db.key is not there: put back" in ended.err
        assert not is_open(tmp_path / "outage.db")
    assert not key.exists()
    key.write_text(kept)
    assert run(tmp_path, "token", "list").status == 0


def test_a_database_in_which_nothing_was_done_yet_gets_a_key(tmp_path: Path) -> None:
    """It may have been made by `alembic upgrade head`, which has no use for one."""
    upgrade(f"sqlite:///{tmp_path / 'outage.db'}")
    assert run(tmp_path, "token", "list").status == 0
    assert (tmp_path / "outage.db.key").exists()


def test_who_sets_the_key_needs_no_file(tmp_path: Path) -> None:
    run(tmp_path, "migrate", SECRET_KEY=KEY)
    assert run(tmp_path, "token", "list", SECRET_KEY=KEY).status == 0
    assert not (tmp_path / "outage.db.key").exists()


def test_the_log_of_a_copy_is_verified_without_the_key(tmp_path: Path) -> None:
    """P31: whoever looks for tampering needs not be able to sign anything."""
    run(tmp_path, "token", "create", "--name", "desk", "--role", "tccu")
    (tmp_path / "outage.db.key").unlink()
    assert run(tmp_path, "audit", "verify").out == "The audit log is whole: 1 rows, 0 not chained yet.\n"
    assert run(tmp_path, "audit", "head").out.startswith("1:")
    assert not (tmp_path / "outage.db.key").exists()
