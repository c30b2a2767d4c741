"""docs/reliability.md says of every promise whether it is kept, and by which tests that would fail."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
ROWS = {int(number): rest for number, rest in re.findall(r"^\| P(\d+) \|(.*)\|$", TABLE, flags=re.MULTILINE)}
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE)))


def test_every_promise_has_its_row() -> None:
    assert sorted(ROWS) == list(range(1, 35))


@pytest.mark.parametrize("number", sorted(ROWS))
def test_a_promise_names_a_test_or_says_what_is_missing(number: int) -> None:
    assert "::test_" in ROWS[number] or "not built" in ROWS[number]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}
