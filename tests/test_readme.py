"""README against the program: defaults, and links that lead somewhere."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from outage_service.settings import PREFIX, UNCERTAIN_ON_POSTGRESQL, UNCERTAIN_ON_SQLITE, Settings
from tests.support.repository import ROOT

IN_WORDS = {
    "bounce_address": "the address mail is from",
    "secret_key": "a key file beside SQLite",
    "max_uncertain": f"{UNCERTAIN_ON_SQLITE}, PostgreSQL {UNCERTAIN_ON_POSTGRESQL}",
}
"""Defaults that follow from something else."""
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def default_of(field: str) -> str:
    """Returns how README writes a setting's default; blank: none."""
    value = Settings.model_fields[field].default
    assert value is not PydanticUndefined
    if field in IN_WORDS:
        return IN_WORDS[field]
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    return f"`{shown}`" if shown not in {"", None, ()} else ""


@pytest.mark.parametrize("field", list(Settings.model_fields))
def test_readme_tells_a_settings_default_as_it_is(field: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [told] = re.findall(rf"^\| `{PREFIX}{field.upper()}` \| *(.*?) *\| .+\|$", readme, re.M)
    assert told == default_of(field)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_or_heading_leads_there(page: Path) -> None:
    links = re.findall(r"\]\(((?!https?:|mailto:)[^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not leads_somewhere(page, link)]


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
