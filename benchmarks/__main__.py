"""`python -m benchmarks`: measures, prints a table, writes it to `benchmarks/results/`."""

import argparse
import time
from collections.abc import Callable, Iterator

from benchmarks import fanout, inside, reading, scale, workers
from benchmarks.fanout import Options
from benchmarks.results import Missing, Outcome, heading, row, save

BENCHMARKS: dict[str, Callable[[Options], Iterator[Outcome]]] = {
    "fanout": fanout.fan_outs,
    "scale": scale.growing,
    "workers": workers.two_beside_one,
    "broadcast": reading.broadcasts,
    "tick": inside.ticks,
    "compose": inside.composing,
    "drill": inside.drills,
}
"""To add one: a generator of outcomes, named here."""


def main() -> None:
    """Runs what is asked for, one after another: two at once would measure each other."""
    arguments = _arguments()
    options = _options(arguments)
    outcomes: list[Outcome] = []
    print(heading())
    for name in arguments.only or BENCHMARKS:
        began = time.monotonic()
        for outcome in _outcomes(name, options):
            outcomes.append(outcome)
            print(row(outcome), flush=True)
        print(f"— {name}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"Written to {save(outcomes)}")


def _outcomes(name: str, options: Options) -> Iterator[Outcome]:
    try:
        yield from BENCHMARKS[name](options)
    except Exception as error:  # noqa: BLE001 - the others can still be measured
        yield Missing(name, f"{type(error).__name__}: {error}")


def _options(arguments: argparse.Namespace) -> Options:
    if arguments.quick:
        return Options(count=2_000, pairs=2, is_quick=True)
    return Options(full=arguments.full)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Ratios to the peers, side by side."
    )
    parser.add_argument("--only", type=_names, metavar="NAME,NAME", help=f"some of {', '.join(BENCHMARKS)}")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="few messages, two runs: to see that it works")
    size.add_argument("--full", action="store_true", help="a million subscribers to the last message, too")
    return parser.parse_args()


def _names(given: str) -> list[str]:
    names = given.split(",")
    if unknown := set(names) - BENCHMARKS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: there are {', '.join(BENCHMARKS)}")
    return names


if __name__ == "__main__":
    main()
