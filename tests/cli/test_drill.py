"""`drill`: one JSON object a line, or a timeline; mistakes on standard error with status 2."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import Ended, run, run_apart
from tests.drill.drilling import a_scenario, declare

OUTAGE = a_scenario(f"10:00 {declare()}", until="2026-11-26T12:00-05:00")


def drill(folder: Path, text: str, *options: str, **settings: str) -> Ended:
    """Returns how `drill` of the scenario `text` ended."""
    (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    return run(folder, "drill", "scenario.yaml", *options, **settings)


def test_each_bulletin_is_one_json_object_on_a_line_and_nothing_else_is_printed(tmp_path: Path) -> None:
    ended = drill(tmp_path, OUTAGE, "--json")
    assert (ended.status, ended.err) == (0, "")
    first, second = map(json.loads, ended.out.splitlines())
    subject = first.pop("subject")
    assert first == {
        "at": "2026-11-26T10:00:00-05:00",
        "ref": "edi",
        "number": "TCC26-0001",
        "sequence": 1,
        "kind": "initial",
        "next_due_at": "2026-11-26T12:00:00-05:00",
    }
    assert sorted(subject) == ["en", "fr"]
    assert (second["sequence"], second["kind"]) == (2, "periodic")


def test_what_ends_the_clock_has_no_next_bulletin(tmp_path: Path) -> None:
    resolve = '11:00 resolve: {ref: edi, message: {en: "Over.", fr: "Fini."}}'
    ended = drill(tmp_path, a_scenario(f"10:00 {declare()}", resolve), "--json")
    assert json.loads(ended.out.splitlines()[-1])["next_due_at"] is None


def test_without_json_a_timeline_is_printed(tmp_path: Path) -> None:
    ended = drill(tmp_path, OUTAGE, COLUMNS="80")
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0] == "Thursday 2026-11-26"
    assert lines[1] == "  10:00  edi  TCC26-0001 #1  initial, next Thu 12:00"
    assert "TCC26-0001 – " in lines[2]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    assert drill(tmp_path, OUTAGE).status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["scenario.yaml"]


def test_a_wrong_scenario_ends_with_2_and_a_line_for_each_mistake(tmp_path: Path) -> None:
    ended = drill(tmp_path, OUTAGE.replace("edi}", "edo}") + "color: red\n", "--json")
    assert (ended.status, ended.out) == (2, "")
    assert [line.partition(":")[2].split(":")[0].strip() for line in ended.errors] == [
        "events[0].declare.impacts[0].system",
        "color",
    ]


def test_a_refused_act_ends_with_2_and_prints_no_bulletin(tmp_path: Path) -> None:
    cancel = '11:00 cancel: {ref: edi, message: {en: "No.", fr: "Non."}}'
    ended = drill(tmp_path, a_scenario(f"10:00 {declare()}", cancel), "--json")
    assert (ended.status, ended.out) == (2, "")
    (mistake,) = ended.errors
    assert mistake.startswith("line 7: events[1].cancel: ")
    assert mistake.endswith("(already_started)")


@pytest.mark.parametrize("content", [None, b"start: \xff\n"], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_ends_with_2(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "scenario.yaml").write_bytes(content)
    ended = run(tmp_path, "drill", "scenario.yaml")
    assert (ended.status, ended.out) == (2, "")
    assert "scenario.yaml" in ended.err


def test_the_setting_for_holidays_holds_in_a_drill(tmp_path: Path) -> None:
    """Christmas Day 2026 is a Friday: after hours, every 4 h, where holidays are observed (R16)."""
    christmas = OUTAGE.replace("2026-11-26", "2026-12-25")
    due = {
        observed: json.loads(
            drill(tmp_path, christmas, "--json", OBSERVE_HOLIDAYS=observed).out.splitlines()[0]
        )
        for observed in ("false", "true")
    }
    assert due["false"]["next_due_at"] == "2026-12-25T12:00:00-05:00"
    assert due["true"]["next_due_at"] == "2026-12-25T14:00:00-05:00"


def test_a_drill_touches_neither_the_database_nor_the_key_of_the_settings(tmp_path: Path) -> None:
    elsewhere = {
        "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/x",
        "SECRET_KEY_FILE": "/nowhere/key",
    }
    assert drill(tmp_path, OUTAGE, **elsewhere).status == 0


def test_where_standard_output_lacks_letters_json_escapes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [json.loads(line) for line in drill(tmp_path, OUTAGE, "--json").out.splitlines()]
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    ended = run_apart(tmp_path, "drill", "scenario.yaml", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert [json.loads(line) for line in ended.out.splitlines()] == expected
    assert ended.out.isascii()


def test_where_standard_output_lacks_letters_a_timeline_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (tmp_path / "scenario.yaml").write_text(OUTAGE, encoding="utf-8")
    ended = run_apart(tmp_path, "drill", "scenario.yaml")
    assert (ended.status, ended.err) == (0, "")
    assert "TCC26-0001 ? EDI outage / Panne de l?EDI" in ended.out
