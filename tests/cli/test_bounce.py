"""`bounce`: what a mail system pipes in is counted, or kept for later; it is never returned."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from outage_service.app.engine import build_engine
from outage_service.services import message_ids
from outage_service.settings import load_settings
from outage_service.storage.database import open_database
from outage_service.storage.suppressions import count_suppressions
from tests.cli.commands import KEY, PATIENCE_SECONDS, command, environment, run
from tests.services.acts import declare, mail, subscribe
from tests.support.reports import a_failure_report
from tests.support.unprivileged import unprivileged


def pipe(folder: Path, message: bytes, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """Pipes a message in, as a mail system does."""
    return subprocess.run(
        command(["bounce"]),
        input=message,
        cwd=folder,
        env=environment({"SECRET_KEY": KEY} | settings),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_a_report_from_a_pipe_is_counted(tmp_path: Path, sqlite_url: str) -> None:
    engine = build_engine(load_settings(None, database_url=sqlite_url, secret_key=KEY))
    subscribe(engine)
    declare(engine)
    mail(engine)
    engine.db.close()
    name = message_ids.of_bulletin(KEY.encode(), outage_id=1, sequence=1, recipient_id=1, epoch=1)
    report = b"From MAILER-DAEMON  Thu Nov 26 10:00:00 2026\n" + a_failure_report(
        f"{name}@localhost", line_end="\n"
    )
    ended = pipe(tmp_path, report, DATABASE_URL=sqlite_url)
    assert (ended.returncode, ended.stdout) == (0, b""), ended.stderr
    db = open_database(sqlite_url)
    with db.read() as tx:
        assert sum(count_suppressions(tx).values()) == 1
    db.close()


def test_anything_else_is_taken_and_changes_nothing(tmp_path: Path) -> None:
    """Whatever its length: a bounce that is returned has nowhere to go."""
    run(tmp_path, "migrate")
    ended = pipe(tmp_path, b"no report " * 300_000)
    assert (ended.returncode, ended.stdout) == (0, b"")


def test_without_a_database_or_settings_it_is_to_be_tried_again(tmp_path: Path) -> None:
    """EX_TEMPFAIL: the mail system keeps the message."""
    for wrong in (
        {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"},
        {"DATABASE_URL": "postgresql+psycopg://nobody:s3cr3t@and:more@127.0.0.1:9/none"},
        {"DATABASE_URL": f"sqlite:///{tmp_path / 'nowhere' / 'outage.db'}"},
        {"DATABASE_URL": f"sqlite:///{tmp_path / ('n' * 254)}", "SECRET_KEY": ""},
        {"DATABASE_URL": f"sqlite:///{tmp_path / 'of another folder'}"},
        {"PORT": "x"},
    ):
        ended = pipe(tmp_path, b"", **wrong)
        assert ended.returncode == 75, ended.stderr
        assert len(ended.stderr.splitlines()) == 1
        assert b"s3cr3t" not in ended.stderr


def test_what_it_may_not_open_is_to_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EX_TEMPFAIL: mail systems run it as an account of their own; a slip in its rights is soon mended."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / ".env").write_text("OUTAGE_LOG_LEVEL=INFO\n")
    url = f"sqlite:///{folder / 'outage.db'}"
    for closed in (folder, tmp_path / ".env"):
        with unprivileged(closed=closed):
            ended = run(tmp_path, "bounce", DATABASE_URL=url)
        assert (ended.status, len(ended.errors)) == (75, 1)
        assert "Permission denied" in ended.err
