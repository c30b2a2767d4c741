"""The repository's own files, for tests of conventions."""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "outage_service"
TEMPLATES = ROOT / "templates"

Names = Mapping[str, frozenset[str]]
"""Names of a module, or of a class in it, by the module's or the class's own name."""


@cache
def repository_files() -> tuple[Path, ...]:
    """Returns every file that is committed or could be: what .gitignore names is left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted({path for path in paths if path.is_file()}))


def python_files() -> list[Path]:
    """Returns all our Python, tests and migrations included."""
    return [path for path in repository_files() if path.suffix == ".py"]


def source_files(*, but: str = "") -> list[Path]:
    """Returns the service's own modules, without the one that may do what the others may not."""
    return [path for path in python_files() if path.is_relative_to(SOURCE) and path != SOURCE / but]


def place(path: Path, line: int | None = None) -> str:
    """Returns `path:line` as an editor opens it."""
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))


def uses_of(names: Names, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Finds `owner.name` and `from owner import name`; yields the line and what it says."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            value = node.value
            owner = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
            if node.attr in names.get(owner, ()):
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.name in names.get(node.module, ()):
                    yield node.lineno, f"from {node.module} import {alias.name}"


def uses_in(names: Names, paths: list[Path]) -> list[str]:
    """Returns the places in `paths` where one of `names` is used."""
    return [
        f"{place(path, line)} {use}"
        for path in paths
        for line, use in uses_of(names, ast.parse(path.read_bytes()))
    ]
