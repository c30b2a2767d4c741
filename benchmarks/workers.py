"""Two workers beside one, on PostgreSQL, where the relay and not this machine is the limit."""

from collections.abc import Iterator

from benchmarks.fanout import Options, a_database
from benchmarks.machine import a_sink, scratch
from benchmarks.results import Outcome, Result
from benchmarks.service import SYSTEMS, Installation, installation
from outage_service.domain.systems import System

RELAY_SECONDS = 0.01
"""Before each of the relay's answers; a message needs one, since it is announced with the one before."""


def two_beside_one(options: Options) -> Iterator[Outcome]:
    """Measures from the first mail to the last: when a worker notices a declaration is not the question."""
    count = min(8_000, options.count)
    with (
        scratch() as folder,
        a_sink(RELAY_SECONDS) as sink,
        a_database("postgresql", folder) as url,
        installation(url, sink, folder, count) as ours,
    ):
        ours.serve("--no-worker")
        ours.worker().wait_for_log("working")
        ours.warm_up()
        ratios = []
        for one, two in zip(SYSTEMS[::2], SYSTEMS[1::2], strict=False):
            alone = _seconds(ours, one)
            second = ours.worker()
            second.wait_for_log("working")
            together = _seconds(ours, two)
            second.stop()
            ratios.append(alone / together)
    facts = {"messages": count, "relay_ms": RELAY_SECONDS * 1000}
    yield Result(
        "messages/s, two workers ÷ one, postgresql, relay with 10 ms a reply", ratios, 1.8, facts=facts
    )


def _seconds(ours: Installation, system: System) -> float:
    ours.sink.zero()
    ours.declare(system)
    ours.wait_until_recorded()
    _, first, last = ours.sink.tally()
    return last - first
