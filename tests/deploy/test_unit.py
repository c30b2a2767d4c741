"""The unit file: it fits what README installs, and leaves the service the time that it takes to end."""

import configparser
import re
from pathlib import Path

from outage_service.cli.faults import WRONG_INPUT
from outage_service.cli.listening import SHUTDOWN_SECONDS
from outage_service.settings import PREFIX, Settings
from tests.cli.commands import run
from tests.support.repository import ROOT

UNIT = ROOT / "deploy/outage.service"
MESSAGES_GET_SECONDS = 30


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(UNIT, encoding="utf-8")
    return parser["Service"]


def test_it_starts_what_readme_installs_where_bounces_look_for_the_settings(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    program, *arguments = service()["ExecStart"].split()
    assert f"{program} doctor" in readme
    assert run(tmp_path, *arguments, "--help").status == 0
    assert (
        f"user={service()['User']} directory={service()['WorkingDirectory']} argv={program} bounce" in readme
    )


def test_the_service_gets_the_time_to_end_and_is_not_started_again_with_wrong_settings() -> None:
    assert int(service()["TimeoutStopSec"]) > SHUTDOWN_SECONDS + MESSAGES_GET_SECONDS
    assert (service()["Restart"], service()["RestartPreventExitStatus"]) == ("always", str(WRONG_INPUT))


def test_the_settings_it_names_exist() -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", UNIT.read_text(encoding="utf-8")))
    assert named
    assert named <= {PREFIX + field.upper() for field in Settings.model_fields}
