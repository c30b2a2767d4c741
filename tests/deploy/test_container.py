"""The image's health check, asked of a real service."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from outage_service.settings import Settings
from tests.cli.commands import environment, running
from tests.support.repository import ROOT


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
