"""What was measured, as a table and as a file."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import described

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """A figure: the median of `runs`.

    Args:
        name: what was compared, "ours ÷ theirs".
        runs: one figure for each pair of runs made side by side.
        goal: what it should reach; None where it is for information.
        more_is_better: whether the goal is a least or a most value.
        unit: "×" for a ratio.
        facts: what it depends on: sizes, counts, rates for information.
    """

    name: str
    runs: Sequence[float]
    goal: float | None = None
    more_is_better: bool = True
    unit: str = "×"
    facts: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.runs)

    @property
    def verdict(self) -> str:
        """Whether the goal is reached."""
        if self.goal is None:
            return ""
        return "reached" if (self.value >= self.goal) is self.more_is_better else "NOT reached"


@dataclass(frozen=True, slots=True)
class Missing:
    """A comparison that could not be made, and why."""

    name: str
    reason: str


Outcome = Result | Missing


def row(outcome: Outcome) -> str:
    """Returns a line of the table."""
    if isinstance(outcome, Missing):
        return f"{outcome.name:<68} MISSING: {outcome.reason}"
    sign = "≥" if outcome.more_is_better else "≤"
    goal = "" if outcome.goal is None else f"{sign} {outcome.goal:g}"
    spread = f"{min(outcome.runs):.3g} … {max(outcome.runs):.3g} ({len(outcome.runs)})"
    value = f"{outcome.value:>8.3g} {outcome.unit:<3}"
    return f"{outcome.name:<68} {value} {goal:>8}  {outcome.verdict:<12} {spread}"


def heading() -> str:
    """Returns the table's first line."""
    return f"{'':<68} {'median':>8} {'':<3} {'goal':>8}  {'':<12} least … most (runs)"


def save(outcomes: Sequence[Outcome]) -> Path:
    """Writes a file of its own and returns where."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y%m%dT%H%M%S}.json"
    rows = [asdict(one) | ({"median": one.value} if isinstance(one, Result) else {}) for one in outcomes]
    content = {"at": now.isoformat(), "machine": described(), "outcomes": rows}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
