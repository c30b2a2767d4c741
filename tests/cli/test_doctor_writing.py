"""`doctor` where the database can be read and not written, or is there without its key."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from outage_service.cli import checks
from outage_service.cli.finding import Finding, Level
from outage_service.settings import Settings, load_settings
from tests.cli.commands import KEY, run
from tests.support.unprivileged import unprivileged


def on(path: Path) -> Settings:
    return load_settings(None, database_url=f"sqlite:///{path}", secret_key=SecretStr(KEY))


def failures(found: Iterator[Finding]) -> list[str]:
    return [finding.said for finding in found if finding.level is Level.FAIL]


@pytest.mark.parametrize("closed", ["outage.db", "outage.db.lock", "outage.db.pulse", "outage.db-wal", ""])
def test_what_cannot_be_written_is_named(tmp_path: Path, closed: str) -> None:
    """P22: left by a command that ran as another account, it can be read, and no act is taken any more."""
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    for each in (folder, elsewhere):
        each.mkdir()
    endings = ("", ".lock", ".pulse", "-wal")
    for path in (folder / f"outage.db{ending}" for ending in endings):
        path.touch()
        path.chmod(0o666)
    folder.chmod(0o777)
    (folder / closed).chmod(0o555)
    with unprivileged(closed=elsewhere):
        found = failures(checks.check_database_file(on(folder / "outage.db")))
    folder.chmod(0o777)
    assert found == [f"{folder / closed} cannot be written by this account"]


def test_what_can_be_written_is_no_finding(tmp_path: Path) -> None:
    run(tmp_path, "migrate", SECRET_KEY=KEY)
    assert failures(checks.check_database_file(on(tmp_path / "outage.db"))) == []


def test_a_disk_without_room_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P22: everything can be read and opened, and the board has sent the operator to look at the disk."""
    run(tmp_path, "migrate", SECRET_KEY=KEY)
    used = shutil.disk_usage(tmp_path)
    for free, is_told in ((checks.ROOM_AT_LEAST, False), (12 * 1024, True)):
        monkeypatch.setattr(shutil, "disk_usage", {tmp_path: used._replace(free=free)}.__getitem__)
        found = failures(checks.check_database_file(on(tmp_path / "outage.db")))
        assert [said.partition(":")[0] for said in found] == ["has 12 KiB left on its disk"] * is_told


def test_a_server_that_takes_no_writes_is_told_of(postgresql_url: str) -> None:
    """P22: `/readyz` says `database_not_writable`; here is why."""
    options = "?options=-c%20default_transaction_read_only%3Don"
    for url, is_told in ((postgresql_url, False), (postgresql_url + options, True)):
        settings = load_settings(None, database_url=url, secret_key=SecretStr(KEY))
        assert ("is refused by the server" in failures(checks.check_database(settings))) is is_told


def test_a_key_that_is_gone_from_beside_its_database_is_to_be_put_back(tmp_path: Path) -> None:
    """`serve` would not make another."""
    run(tmp_path, "token", "create", "--name", "desk", "--role", "tccu")
    (tmp_path / "outage.db.key").unlink()
    settings = load_settings(None, database_url=f"sqlite:///{tmp_path / 'outage.db'}")
    [said] = failures(checks.check_secret_key(settings))
    assert "put back the one that was kept" in said
