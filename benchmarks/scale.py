"""What grows with the number of subscribers: the wait for the first mail, time per message, memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.fanout import Options, a_database
from benchmarks.machine import a_sink, peak_memory_mb, scratch
from benchmarks.results import Outcome, Result
from benchmarks.service import SYSTEMS, installation

SIZES = (1_000, 10_000, 100_000, 1_000_000)
WATCHED_SECONDS = 60.0
"""The largest fan-out is watched for so long, unless it is asked for in full."""


@dataclass(frozen=True, slots=True)
class Grown:
    """What one size came to: first mails in ms after the 201, one time a message, the peak of memory."""

    firsts: list[float]
    per_message_us: float
    peak_mb: float


def growing(options: Options) -> Iterator[Outcome]:
    """Measures a fan-out at each size: to its end, but of the largest only the beginning."""
    sizes = SIZES[:3] if options.is_quick else SIZES
    found = {size: _grown(size, options, is_largest=size == sizes[-1]) for size in sizes}
    base, small = found[10_000], found[1_000]
    for size in sizes:
        if size > 10_000:
            name = f"{size:,} ÷ 10,000 subscribers, sqlite"
            waits = [one / median(base.firsts) for one in found[size].firsts]
            facts = {"first_ms": median(found[size].firsts), "first_ms_of_10000": median(base.firsts)}
            yield Result(f"201 → first mail accepted, {name}", waits, 2.0, more_is_better=False, facts=facts)
            yield Result(f"time a message, {name}", [found[size].per_message_us / base.per_message_us])
        if size > 1_000:
            name = f"peak memory, {size:,} − 1,000 subscribers, sqlite"
            more = [found[size].peak_mb - small.peak_mb]
            facts = {"peak_mb": found[size].peak_mb}
            yield Result(name, more, 16.0, more_is_better=False, unit="MB", facts=facts)


def _grown(size: int, options: Options, *, is_largest: bool) -> Grown:
    watched = WATCHED_SECONDS if is_largest and not options.full else None
    with (
        scratch() as folder,
        a_sink() as sink,
        a_database("sqlite", folder) as url,
        installation(url, sink, folder, size) as ours,
    ):
        served = ours.serve()
        ours.warm_up()
        firsts = []
        for system in SYSTEMS[1:]:
            sink.zero()
            answered = ours.declare(system)
            sink.wait_for(1)
            firsts.append((sink.tally()[1] - answered) * 1000)
            ours.cut_short()
        sink.zero()
        began = ours.declare(SYSTEMS[0])
        if watched is None:
            ours.wait_until_recorded()
        else:
            sink.wait_for(size, at_most=watched)
        sent, _, last = sink.tally()
        return Grown(firsts, (last - began) / sent * 1e6, peak_memory_mb(served.pid))
