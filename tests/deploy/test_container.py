"""What a container needs of the service: a health check that finds it, and an end when it is told to."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from outage_service.__main__ import ENDED_BY_SIGTERM
from outage_service.settings import Settings
from tests.cli.commands import PATIENCE_SECONDS, command, environment, running
from tests.support.repository import ROOT

AS_FIRST_PROCESS = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child"]
"""What starts a command as a container does: alone, its number being 1."""


def health_check() -> list[str]:
    """Returns the image's command, to be run by this Python."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    [command] = re.findall(r"^HEALTHCHECK .*? CMD (\[.*\])$", text, re.M)
    program, *arguments = json.loads(command)
    assert program == "python"
    return [sys.executable, *arguments]


def is_healthy(port: str) -> bool:
    """Returns what the check finds in a container that is told of a port, and of a proxy for everything."""
    told = environment({"PORT": port}) | {"http_proxy": "http://127.0.0.1:9"}
    ended = subprocess.run(health_check(), env=told, stderr=subprocess.DEVNULL, check=False)
    return ended.returncode == 0


def test_a_service_is_found_healthy_at_whatever_port_it_was_given_until_it_ends(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--no-worker", PORT="0") as service:
        port = str(urlsplit(json.loads(service.says('"serving"'))["url"]).port)
        assert is_healthy(port)
        assert service.terminate() == 0
    assert not is_healthy(port)


def test_without_a_port_of_its_own_it_is_asked_where_the_service_listens_by_default() -> None:
    from_settings = str(Settings.model_fields["port"].default)
    assert f"or {from_settings})" in health_check()[-1]


def told_to_end_until_it_does(folder: Path, *arguments: str) -> tuple[int, str]:
    """Starts a command as a container's first process and sends it SIGTERM from then on, as one has to.

    Returns:
        Its status, and what it said.
    """
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*AS_FIRST_PROCESS, *command(arguments)],
            cwd=folder,
            env=environment({"PORT": "0"}),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
        )
    with process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + PATIENCE_SECONDS / 2
        while process.poll() is None and time.monotonic() < deadline:
            for child in children.read_text(encoding="ascii").split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGTERM)
            time.sleep(0.05)
        process.kill()
    return process.returncode, log.read_text(encoding="utf-8")


def may_start_first_processes() -> bool:
    if not shutil.which(AS_FIRST_PROCESS[0]):
        return False
    return subprocess.run([*AS_FIRST_PROCESS, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_start_first_processes(), reason="only containers may have a first process here")
@pytest.mark.parametrize("arguments", [["serve"], ["bounce"]], ids=lambda arguments: arguments[0])
def test_a_container_can_be_stopped_from_the_beginning_whatever_it_runs(
    arguments: list[str], tmp_path: Path
) -> None:
    """What a first process does not handle is kept from it: a stop was lost, and a kill had to follow."""
    assert told_to_end_until_it_does(tmp_path, *arguments) == (ENDED_BY_SIGTERM, "")


def test_the_installed_command_is_the_one_that_can_be_stopped() -> None:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tables["project"]["scripts"] == {"outage-service": "outage_service.__main__:main"}
