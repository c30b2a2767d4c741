"""What is shipped: the wheel stands alone, the locks agree, the image's build backend is complete."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from outage_service.resources import data_path
from tests.support.repository import ROOT

SHIPPED = ["templates", "migrations", "alembic.ini"]
WITHOUT_EXTRAS = """
import sys

sys.modules.update(dict.fromkeys(["psycopg", "authlib", "joserfc", "pypdfium2", "typst", "zxingcpp"]))
from outage_service.cli import main

main()
"""
"""The command line where none of the extras is installed."""


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command with nothing of this checkout in its environment; returns its standard output."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("OUTAGE_", "PYTHON", "COVERAGE_"))
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(kind: str, source: Path, folder: Path) -> Path:
    """Builds a `wheel` or an `sdist` of `source` with the backend that is installed."""
    run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", folder, cwd=source)
    (built,) = folder.iterdir()
    return built


def names_in(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel in it and our dependencies lent to it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    programs = folder / "bin"
    site = Path(
        run(programs / "python", "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip()
    )
    # A path file lends the packages but, unlike theirs, is not read again for a way to the checkout.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    return programs


def test_the_installed_command_works_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert "serve" in run(installed / "outage-service", "--help", cwd=tmp_path)


def test_without_any_extra_the_command_works_on_the_embedded_database(tmp_path: Path) -> None:
    """All its modules are there, and the database that needs no extra is brought to this release."""
    run(sys.executable, "-c", WITHOUT_EXTRAS, "migrate", cwd=tmp_path)
    assert (tmp_path / "outage.db").exists()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wheel_carries_what_is_not_python(name: str, installed: Path, tmp_path: Path) -> None:
    code = f"from outage_service.resources import data_path; print(data_path({name!r}))"
    path = Path(run(installed / "python", "-c", code, cwd=tmp_path).strip())
    assert path.is_relative_to(installed.parent)
    assert path.exists()
    assert path.is_dir() == (ROOT / name).is_dir()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_checkout_is_used_where_there_is_no_wheel(name: str) -> None:
    assert data_path(name) == ROOT / name


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nothing is missing from this installation"):
        data_path("nothing")


def test_the_wheel_carries_every_file_of_the_templates(wheel: Path) -> None:
    folders = [ROOT / "templates", ROOT / "migrations"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    wanted = {f"outage_service/_data/{path.relative_to(ROOT)}" for path in files if path.suffix != ".pyc"}
    assert wanted
    assert wanted <= names_in(wheel)


def test_the_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.name != "sdist")
    assert names_in(build("wheel", source, tmp_path / "sdist" / "wheel")) == names_in(wheel)


def locked(name: str) -> dict[str, str]:
    """Returns the versions by name in a lock file, each line of which must carry hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    versions = dict(
        re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==(\S+)[^\n]*\\\n    --hash=sha256:", text, re.M)
    )
    assert len(versions) == len(re.findall(r"^[a-z]", text, re.M))
    return versions


def project() -> dict[str, list[str]]:
    """Returns the requirements of pyproject.toml, by lock file."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run_time = tables["project"]["dependencies"] + tables["project"]["optional-dependencies"]["postgres"]
    return {
        "requirements.lock": run_time,
        "requirements-dev.lock": run_time + tables["dependency-groups"]["dev"],
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_satisfies_the_project(lock: str) -> None:
    versions = locked(lock)
    wanted = [Requirement(line) for line in project()[lock]]
    assert not [
        str(each)
        for each in wanted
        if not each.specifier.contains(versions.get(canonicalize_name(each.name), "0"), prereleases=True)
    ]


def test_developers_test_the_very_versions_that_are_shipped() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def needs_of(name: str) -> set[str]:
    """Returns a package and all it needs to be installed on any Python of ours."""
    direct = [Requirement(line) for line in requires(name) or []]
    wanted = [each.name for each in direct if not each.marker or "extra" not in str(each.marker)]
    return {canonicalize_name(name)}.union(*(needs_of(each) for each in wanted if each != "tomli"))


def test_the_image_installs_the_whole_build_backend() -> None:
    named = re.search(r"keep = /\^\(([a-z|-]+)\)==", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert named
    assert set(named[1].split("|")) == needs_of("hatchling")
