"""Where the service's seconds come from; its instants are handed to whoever needs them."""

import runpy
import time
from collections.abc import Callable
from typing import cast

import pytest

from outage_service import clock

A_NIGHT = 36_000.0


def seconds_of_a_new_process() -> Callable[[], float]:
    """Returns what `clock` defines where it is read anew."""
    return cast(Callable[[], float], runpy.run_path(clock.__file__)["monotonic_seconds"])


def test_seconds_count_that_the_machine_was_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    """P9, P21, decision 4: others own the claims of a worker that slept for a minute, and it has to know."""
    slept = {time.CLOCK_MONOTONIC: 1.0, time.CLOCK_BOOTTIME: 1.0 + A_NIGHT}
    monkeypatch.setattr(time, "clock_gettime", slept.__getitem__)
    assert seconds_of_a_new_process()() == 1.0 + A_NIGHT


def test_where_no_clock_counts_that_seconds_still_never_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems other than Linux."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")
    before = time.monotonic()
    assert before <= seconds_of_a_new_process()() <= time.monotonic()
