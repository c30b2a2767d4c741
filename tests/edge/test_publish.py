"""Files for a web server to fall back on: whole versions, and only what stays true (P21)."""

import json
import os
import threading
from pathlib import Path

import pytest

from outage_service.edge.publish import KEPT_SECONDS, Publisher, home_of, lasting_files
from tests.edge.pages import UNKNOWN, a_snapshot

HOST = "host-1"


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "public", HOST)


def current(tmp_path: Path, host: str = HOST) -> Path:
    return tmp_path / "public" / host / "current"


def versions(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "public" / HOST).iterdir() if path.name != "current"]


def age(path: Path, seconds: float) -> None:
    """Makes a version look as if it had been replaced that long ago."""
    then = path.lstat().st_mtime - seconds
    os.utime(path, (then, then))


def test_the_files_lie_where_their_urls_say(publisher: Publisher, tmp_path: Path) -> None:
    assert publisher.publish({"index.html": b"<p>", "v1/broadcast/tccu/en.txt": b"text"})
    assert (current(tmp_path) / "index.html").read_bytes() == b"<p>"
    assert (current(tmp_path) / "v1/broadcast/tccu/en.txt").read_bytes() == b"text"


def test_a_new_version_replaces_the_old_one_whole(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"a": b"1", "gone": b"1"})
    publisher.publish({"a": b"2"})
    assert [path.name for path in current(tmp_path).iterdir()] == ["a"]
    assert (current(tmp_path) / "a").read_bytes() == b"2"


def test_whoever_reads_meanwhile_never_finds_a_file_missing_or_two_versions_in_one(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.publish({"a": b"0", "b": b"0"})
    done, wrong = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            version = current(tmp_path).resolve()
            pair = {(version / name).read_bytes() for name in ("a", "b")}
            if len(pair) != 1:
                wrong.append(pair)

    reader = threading.Thread(target=read)
    reader.start()
    for build in range(1, 30):
        assert publisher.publish({"a": b"%d" % build, "b": b"%d" % build})
    done.set()
    reader.join(10)
    assert not wrong


def test_old_versions_go_once_nobody_can_be_reading_them(publisher: Publisher, tmp_path: Path) -> None:
    for build in range(3):
        publisher.publish({"a": b"%d" % build})
    assert len(versions(tmp_path)) == 3
    for path in versions(tmp_path):
        age(path, KEPT_SECONDS + 60)
    publisher.publish({"a": b"4"})
    kept = {(path / "a").read_bytes() for path in versions(tmp_path)}
    assert kept == {b"2", b"4"}  # the one just replaced may still be read


def test_what_a_killed_process_left_unfinished_goes_too(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"a": b"1"})
    leftover = tmp_path / "public" / HOST / "unfinished-x"
    leftover.mkdir()
    link = leftover.with_name("link-x")
    link.symlink_to(current(tmp_path).readlink())
    then = leftover.lstat().st_mtime - KEPT_SECONDS - 60
    for path in (leftover, link):
        os.utime(path, (then, then), follow_symlinks=False)
    publisher.publish({"a": b"2"})
    assert not leftover.exists()
    assert not link.is_symlink()


def test_publishing_leaves_no_file_open(publisher: Publisher) -> None:
    """It goes on for months, with every act and every minute."""
    publisher.publish({"a/b": b"1"})
    before = len(os.listdir("/proc/self/fd"))
    for build in range(3):
        publisher.publish({"a/b": b"again %d" % build})
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_same_files_are_not_written_twice(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"a": b"1"})
    before = current(tmp_path).readlink()
    assert publisher.publish({"a": b"1"})
    assert current(tmp_path).readlink() == before


def test_files_that_somebody_removed_are_written_again(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"a": b"1"})
    current(tmp_path).unlink()
    assert publisher.publish({"a": b"1"})
    assert (current(tmp_path) / "a").read_bytes() == b"1"


@pytest.mark.parametrize(
    ("host", "folder"),
    [("web1", "web1"), ("web1.example.org", "web1-example-org"), ("..", "host")],
)
def test_the_folder_of_a_host_has_no_dots(host: str, folder: str) -> None:
    assert home_of(Path("public"), host) == Path("public", folder)


def test_hosts_that_share_a_disk_do_not_overwrite_each_other(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"a": b"1"})
    Publisher(tmp_path / "public", "host 2/../x").publish({"a": b"2"})
    assert (current(tmp_path) / "a").read_bytes() == b"1"
    assert (current(tmp_path, "host-2-x") / "a").read_bytes() == b"2"


def test_a_directory_that_cannot_be_written_is_no_error_of_the_service(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert not Publisher(tmp_path / "file", HOST).publish({"a": b"1"})


def test_a_write_that_fails_leaves_the_former_version(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"a": b"1"})
    assert not publisher.publish({"a": b"2", "a/b": b"a file cannot be a folder"})
    assert (current(tmp_path) / "a").read_bytes() == b"1"
    assert len(versions(tmp_path)) == 1


def test_files_are_readable_by_the_web_server(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish({"v1/a": b"1"})
    assert current(tmp_path).stat().st_mode & 0o005 == 0o005
    assert (current(tmp_path) / "v1/a").stat().st_mode & 0o004


def test_only_wording_that_stays_true_is_published() -> None:
    """R11, P21: a file cannot tell how old it is."""
    files = lasting_files(a_snapshot(), "<html>")
    status = json.loads(files["status.json"])
    assert files["index.html"] == b"<html>"
    assert files["v1/broadcast/tccu/en.txt"] == b"Last known: All is well."
    assert files["fr/index.html"] == b"<html lang=fr>Last known: All is well.</html>"
    assert (status["as_of"], status["age_seconds"], status["stale"]) == ("2026-11-26T15:20:30Z", None, True)
    assert json.loads(files["v1/broadcast/tccu/en.json"])["stale"] is True


def test_where_nothing_was_known_the_files_say_so() -> None:
    files = lasting_files(UNKNOWN, "<html>")
    assert files["v1/broadcast/tccu/en.txt"] == b"It cannot be known."
    assert json.loads(files["status.json"])["as_of"] is None
