"""Putting a backup back as README says, also where the service was killed (P34)."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.support.repository import ROOT

KILLED_AT_WORK = """
import os, sys
from outage_service.storage.database import open_database
from outage_service.storage.bulletin_numbers import take_number

db = open_database(sys.argv[1])
for year in range(2000, 2100):
    db.write(lambda tx: take_number(tx, year))
os._exit(9)
"""
COUNT = "SELECT count(*) FROM number_counter"


def told_to_run(program: str) -> str:
    """Returns the one command of README that begins with this program."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"`({program} [^`]+)`", " ".join(text.split()))
    return str(found)


def ask(path: Path, question: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchone()[0]


def test_a_copy_is_put_in_the_place_of_what_a_killed_process_left(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite would play the killed process's log into the copy: what came after would be there again."""
    path, copy = tmp_path / "outage.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as backup:
        source.backup(backup)
    ended = subprocess.run([sys.executable, "-c", KILLED_AT_WORK, sqlite_url], check=False)
    assert (ended.returncode, (tmp_path / "outage.db-wal").stat().st_size > 0) == (9, True)
    subprocess.run(["/bin/sh", "-c", told_to_run("rm -f outage.db-wal")], cwd=tmp_path, check=True)
    assert ask(path, "PRAGMA integrity_check") == "ok"
    assert ask(path, COUNT) == ask(copy, COUNT) == 0
