"""Whoever calls a help line, again and again, while something happens to the service."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

NORMAL = ("normally", "normalement")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the broadcast."""

    at: float
    seconds: float
    status: int
    text: str

    @property
    def is_normal(self) -> bool:
        """Whether it says that something functions normally."""
        return any(word in self.text for word in NORMAL)


@contextmanager
def listening(url: str) -> Iterator[list[Answer]]:
    """Asks the broadcast of the first help line every quarter of a second, as a telephone platform does."""
    heard: list[Answer] = []
    ended = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=10) as client:
            while not ended.wait(0.25):
                began = time.monotonic()
                reply = client.get(f"{url}/v1/broadcast/tccu/both.txt")
                now = time.monotonic()
                heard.append(Answer(now, now - began, reply.status_code, reply.text))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield heard
    finally:
        ended.set()
        thread.join(15)
