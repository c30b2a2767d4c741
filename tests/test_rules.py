"""docs/rules.md says of every rule of the domain where it is kept, or why it is not."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


def script() -> ModuleType:
    """Returns scripts/rules.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("rules_script", ROOT / "scripts" / "rules.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


RULES = script()
REGISTER = RULES.load_register()
CODE, TESTS = RULES.citations(RULES.CODE), RULES.citations(RULES.TESTS)
EVERY = [f"R{number}" for number in range(1, RULES.COUNT + 1)]


def test_the_page_is_what_the_script_makes() -> None:
    """Stale? `python scripts/rules.py`."""
    assert RULES.PAGE.read_text(encoding="utf-8") == RULES.page(), "run python scripts/rules.py"


def test_every_rule_is_about_something() -> None:
    assert list(REGISTER.about) == EVERY


@pytest.mark.parametrize("rule", EVERY)
def test_a_rule_is_cited_by_code_and_a_test_or_it_says_why_not(rule: str) -> None:
    is_kept = rule in CODE and rule in TESTS
    assert is_kept is not (rule in REGISTER.because), (
        f"{rule}: code {CODE.get(rule)}, tests {TESTS.get(rule)}; see scripts/rules.yaml"
    )


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("R5", {"R5"}),
        ("R26/R28", {"R26", "R28"}),
        ("(R38–R40)", {"R38", "R39", "R40"}),
        ("R45–R117", set()),
        ("TCCR5 R1234", set()),
        ("R9 and R10", {"R9", "R10"}),
    ],
)
def test_a_citation_is_recognised(text: str, rules: set[str]) -> None:
    assert RULES.cited_in(text) == rules
