"""The logs: JSON lines, ours and the libraries', without locals."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from outage_service import logs
from tests.support.logging import log_plainly


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged during the test; afterwards logging is as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    before = (root.handlers, root.level)
    yield stream
    root.handlers, root.level = before
    log_plainly()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_its_fields(written: io.StringIO) -> None:
    logs.configure("INFO", written)
    structlog.get_logger("services").info("bulletin_issued", bulletin_id=7, text="panne\nrétablie")
    (line,) = lines(written)
    assert line.pop("at")
    assert line == {
        "event": "bulletin_issued",
        "level": "info",
        "logger": "services",
        "bulletin_id": 7,
        "text": "panne\nrétablie",
    }


def test_a_library_writes_the_same_way(written: io.StringIO) -> None:
    logs.configure("INFO", written)
    logging.getLogger("alembic").warning("at %s", "head")
    (line,) = lines(written)
    assert (line["event"], line["logger"], line["level"]) == ("at head", "alembic", "warning")


def test_what_is_below_the_level_is_left_out(written: io.StringIO) -> None:
    logs.configure("warning", written)
    structlog.get_logger().info("tick")
    assert not lines(written)


@pytest.mark.parametrize("name", ["apscheduler.executors.default", "httpx", "mail.log", "uvicorn.access"])
def test_libraries_that_log_addresses_or_every_tick_are_quiet(name: str, written: io.StringIO) -> None:
    logs.configure("DEBUG", written)
    logging.getLogger(name).info("someone@example.org")
    assert not lines(written)


def test_a_failure_shows_where_it_happened_but_no_local_value(written: io.StringIO) -> None:
    logs.configure("INFO", written)

    def fail(password: str) -> None:
        raise RuntimeError(f"{len(password)} characters")

    try:
        fail("hunter2")
    except RuntimeError:
        structlog.get_logger().exception("delivery_failed")
    (line,) = lines(written)
    assert "RuntimeError" in str(line["exception"])
    assert "hunter2" not in str(line)


@pytest.mark.usefixtures("written")
def test_the_default_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    structlog.get_logger().info("started")
    captured = capsys.readouterr()
    assert json.loads(captured.err)["event"] == "started"
    assert not captured.out
