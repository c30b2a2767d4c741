"""The public files where rights keep others out, or where they have no place."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from outage_service.edge.publish import CURRENT, Publisher


@pytest.fixture(autouse=True)
def _files_for_ourselves() -> Iterator[None]:
    former = os.umask(0o077)
    yield
    os.umask(former)


def test_a_web_server_with_another_account_can_read_them_all(tmp_path: Path) -> None:
    """P21: a help line would hear an error instead of what is known."""
    public = tmp_path / "public"
    Publisher(public, "desk").publish({"index.html": b"<p>", "v1/broadcast/tccu/en.txt": b"text"})
    made = [public, public / "desk", *(public / "desk" / CURRENT).resolve().rglob("*")]
    assert (public / "desk" / CURRENT / "v1/broadcast/tccu/en.txt").read_bytes() == b"text"
    assert {path.name: path.stat().st_mode & 0o777 for path in made} == {
        "public": 0o755,
        "desk": 0o755,
        "index.html": 0o644,
        "v1": 0o755,
        "broadcast": 0o755,
        "tccu": 0o755,
        "en.txt": 0o644,
    }
    assert (public / "desk" / CURRENT).stat().st_mode & 0o777 == 0o755


def test_a_folder_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    """Whoever made it has chosen who may look."""
    public = tmp_path / "public"
    public.mkdir(mode=0o700)
    assert Publisher(public, "desk").publish({"index.html": b"<p>"})
    assert public.stat().st_mode & 0o777 == 0o700


def test_a_failure_and_its_end_are_logged_once_each(tmp_path: Path) -> None:
    """It is tried again every moment: two lines a second would hide all others."""
    public = tmp_path / "public"
    public.write_text("in its place")
    publisher = Publisher(public, "desk")
    with capture_logs() as log:
        assert [publisher.publish({"a": b"1"}) for _ in range(3)] == [False] * 3
        public.unlink()
        assert [publisher.publish({"a": b"1"}) for _ in range(2)] == [True] * 2
    assert [one["event"] for one in log] == ["publish_failed", "published_again"]
