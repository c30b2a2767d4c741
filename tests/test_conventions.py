"""What the style of this project asks of every file, checked."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from outage_service import cli
from outage_service.domain.bulletins import BulletinKind
from outage_service.settings import PREFIX, Settings
from tests.support import postgres
from tests.support.repository import (
    ROOT,
    TEMPLATES,
    Names,
    place,
    python_files,
    repository_files,
    source_files,
    uses_in,
    uses_of,
)

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
CODE = {".css", ".html", ".j2", ".js", ".mako", ".py", ".sh", ".toml"}  # prose and data may be long
LANGUAGES = {"en", "fr"}

ENVIRONMENT: Names = {"os": frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})}
CLOCKS: Names = {
    "datetime": frozenset({"now", "utcnow", "today"}),
    "date": frozenset({"today"}),
    "time": frozenset(
        {
            *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"),
            *("clock_gettime", "clock_gettime_ns"),
        }
    ),
}
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# A letter of each in brackets, so that this file is no finding of its own.
REGISTRIES = re.compile(r"py[p]i\.org|python[h]osted\.org|npm[j]s\.org|deb\.[d]ebian\.org")
MACHINE_PATHS = re.compile(r"(?<![\w.])(?:/[w]ork/|/[r]oot/|/[h]ome/|file:[/]//)\w")


def test_no_file_is_longer_than_400_lines() -> None:
    code = [path for path in repository_files() if path.suffix in CODE]
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert code
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_no_function_is_longer_than_40_lines() -> None:
    # A migration is a list of columns, written once and never edited: it is let off.
    paths = [path for path in python_files() if "versions" not in path.parts]
    assert paths
    assert not [
        f"{place(path, node.lineno)} {node.name}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]


def test_every_module_says_what_lives_in_it() -> None:
    modules = {path: ast.parse(path.read_bytes()) for path in source_files()}
    assert modules
    assert not [place(path) for path, tree in modules.items() if tree.body and not ast.get_docstring(tree)]


def test_only_the_settings_read_the_environment() -> None:
    assert not uses_in(ENVIRONMENT, source_files(but="settings.py"))


def test_only_the_clock_reads_the_clock() -> None:
    assert not uses_in(CLOCKS, source_files(but="clock.py"))


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (ENVIRONMENT, "os.environ['PATH']"),
        (ENVIRONMENT, "from os import getenv"),
        (CLOCKS, "datetime.now(UTC)"),
        (CLOCKS, "datetime.datetime.utcnow()"),
        (CLOCKS, "from time import monotonic"),
        (CLOCKS, "started = time.time"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_such_a_read_is_noticed(names: Names, code: str) -> None:
    assert list(uses_of(names, ast.parse(code)))


def test_log_events_have_static_names() -> None:
    assert not [
        place(path, call.lineno)
        for path in source_files()
        for call in log_calls(ast.parse(path.read_bytes()))
        if not (isinstance(event := first_argument(call), str) and EVENT.fullmatch(event))
    ]


def log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Finds `log.info(…)`, `_log.warning(…)`, `self._log.error(…)`, `logger.…`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if node.func.attr in LOG_METHODS and name.lower().strip("_") in {"log", "logger"}:
            yield node


def first_argument(call: ast.Call) -> object:
    return call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", list(Settings.model_fields))
def test_every_setting_is_documented(field: str) -> None:
    assert re.search(rf"\b{PREFIX}{field.upper()}\b", readme()), (
        f"README.md does not name {PREFIX}{field.upper()}"
    )


def test_every_documented_setting_exists() -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]+\b", readme())) - {postgres.SERVER_VARIABLE}
    assert named
    assert named <= {PREFIX + field.upper() for field in Settings.model_fields}


def test_every_setting_tells_what_it_is_and_shows_an_example() -> None:
    assert not [
        name for name, field in Settings.model_fields.items() if not (field.description and field.examples)
    ]


def test_every_command_is_documented() -> None:
    commands = list(command_names(typer.main.get_command(cli.app)))
    assert commands
    assert not [name for name in commands if f"outage-service {name}" not in readme()]


def command_names(command: object, prefix: str = "") -> Iterator[str]:
    """Yields `serve`, `token create`, …: each command as it is typed."""
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from command_names(child, f"{prefix}{name} ")
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield prefix.strip()


def kind_folders() -> list[Path]:
    """Returns the folders of bulletin kinds; those with a leading underscore are shared by them."""
    return sorted(
        path for path in (TEMPLATES / "bulletins").iterdir() if path.is_dir() and path.name[0] != "_"
    )


def test_every_bulletin_kind_has_a_folder_of_templates() -> None:
    assert {path.name for path in kind_folders()} == set(BulletinKind)


def test_every_template_has_its_other_language_beside_it() -> None:
    files = [path for path in TEMPLATES.rglob("*") if path.is_file()]
    assert files
    assert not [place(path) for path in files if any(not twin.is_file() for twin in twins(path))]


def test_every_text_of_a_bulletin_kind_is_in_one_language() -> None:
    texts = chain.from_iterable(folder.iterdir() for folder in kind_folders())
    assert not [place(path) for path in texts if len(LANGUAGES.intersection(path.name.split("."))) != 1]


def twins(path: Path) -> list[Path]:
    """Returns where `body.en.html` must have its `body.fr.html`; nothing for what both languages share."""
    parts = path.name.split(".")
    swapped = {"en": "fr", "fr": "en"}
    if not LANGUAGES.intersection(parts):
        return []
    return [path.with_name(".".join(swapped.get(part, part) for part in parts))]


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = [
        f"{place(path, number)} {match.group()}"
        for path in repository_files()
        for number, line in enumerate(path.read_bytes().decode(errors="replace").splitlines(), 1)
        if (match := REGISTRIES.search(line) or MACHINE_PATHS.search(line))
    ]
    assert not found
