"""Makes docs/rules.md: each rule of the domain, the code that cites it and the tests that do.

    python scripts/rules.py            writes it
    python scripts/rules.py --check    exit 1 if it is not what it would write

`R12` is a citation, `R12–R15` one of each of the four, `R12/R13` of both. A longer range than
`RANGE_AT_MOST` says what a whole module is about and counts for none. What the rules are about, and why some
are not built, stands in `rules.yaml` beside this file.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "rules.md"
REGISTER = Path(__file__).with_suffix(".yaml")
CODE, TESTS = ("src/outage_service", "templates", "migrations"), ("tests",)
SUFFIXES = {".py", ".yaml", ".txt", ".html", ".typ", ".js"}
BUT = ROOT / "tests" / "test_rules.py"
"""Its citations are made up."""
RANGE_AT_MOST = 10
COUNT = 145
_CITATION = re.compile(r"\bR(\d{1,3})\b(?:\s?[–-]\s?R(\d{1,3})\b)?")
_HEAD = """# The rules, and where they are kept

Made by `python scripts/rules.py` from the citations in code and tests; do not edit. Places in code are below
`src/outage_service/` unless they begin with another folder, tests below `tests/`.

| Rule | About | Code | Tests |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Register:
    """What the rules are about, and why some are not built."""

    about: Mapping[str, str]
    because: Mapping[str, str]


def load_register() -> Register:
    """Returns the list beside this file."""
    written = yaml.safe_load(REGISTER.read_text(encoding="utf-8"))
    return Register(written["rules"], written["because"])


def cited_in(text: str) -> set[str]:
    """Returns the rules that a text cites."""
    found: set[str] = set()
    for match in _CITATION.finditer(text):
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first <= RANGE_AT_MOST:
            found |= {f"R{number}" for number in range(first, last + 1)}
    return found


def citations(folders: tuple[str, ...]) -> dict[str, list[str]]:
    """Returns the files that cite each rule, in order."""
    found: dict[str, list[str]] = {}
    for path in _files(folders):
        for rule in cited_in(path.read_text(encoding="utf-8")):
            found.setdefault(rule, []).append(_place(path))
    return found


def _files(folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        files = (p for p in (ROOT / folder).rglob("*") if p.suffix in SUFFIXES and p.is_file())
        yield from sorted(path for path in files if path != BUT)


def _place(path: Path) -> str:
    place = path.relative_to(ROOT).as_posix()
    return place.removeprefix("src/outage_service/").removeprefix("tests/")


def page() -> str:
    """Returns docs/rules.md as it ought to be."""
    register, code, tests = load_register(), citations(CODE), citations(TESTS)
    rows = (_row(f"R{number}", register, code, tests) for number in range(1, COUNT + 1))
    return _HEAD + "".join(rows)


def _row(rule: str, register: Register, code: Mapping[str, list[str]], tests: Mapping[str, list[str]]) -> str:
    about = register.about[rule]
    if rule in register.because:
        about += f" – *{register.because[rule]}*"
    return f"| {rule} | {about} | {_listed(code.get(rule, []))} | {_listed(tests.get(rule, []))} |\n"


def _listed(places: list[str]) -> str:
    return ", ".join(f"`{place}`" for place in places) or "–"


def main() -> int:
    """Writes the page, or checks it; returns the exit code."""
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
