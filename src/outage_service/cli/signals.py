"""Ending a process that serves: SIGTERM and SIGINT let what is under way come to its end."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Calls `stop` on SIGTERM and SIGINT instead of ending the process then and there.

    uvicorn has handlers of its own while it runs, and afterwards repeats to these what it was told.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    former = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def signal_awaited() -> Iterator[Callable[[], None]]:
    """Gives a function that returns once SIGTERM or SIGINT has come; for the main thread.

    The system may hand a signal to any thread, and a main thread that waits for a lock sleeps on then. A
    byte in a socket wakes it whoever was told.
    """
    hearing, telling = socket.socketpair()
    telling.setblocking(False)
    with hearing, telling, on_signal(lambda: None):
        former = signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: _wait_for_byte(hearing)
        finally:
            signal.set_wakeup_fd(former)


def _wait_for_byte(hearing: socket.socket) -> None:
    hearing.recv(1)
