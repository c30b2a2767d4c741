"""What to do on paper while the database is gone: the same procedures, and no claim about outages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.storage.database import open_database
from outage_service.web.app import create_app
from tests.engines import an_engine
from tests.rendering.documents.pdf import text_of
from tests.web.client import Api

CARRIER = "role=carrier&mode=highway&flow=import"


@pytest.fixture
def broken(tmp_path: Path, clock: VirtualClock) -> Iterator[FastAPI]:
    """An application whose database is nowhere."""
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'outage.db'}")
    yield create_app(an_engine(database, clock))
    database.close()


def test_the_general_checklist_is_there_and_says_what_cannot_be_known(broken: FastAPI) -> None:
    """R11: nobody who has goods at the border is sent away, or told that nothing is wrong."""
    page = Api(broken).get(f"/en/contingency/checklist?{CARRIER}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "cannot be looked up at the moment. Treat any outage that was announced as ongoing." in page.text
    assert "No outage that concerns you" not in page.text
    assert "What to bring, how many copies" in page.text
    french = Api(broken).get(f"/fr/contingency/checklist?{CARRIER}").text
    assert "Considérez que toute panne annoncée se poursuit." in french


def test_so_is_its_pdf(broken: FastAPI) -> None:
    sheet = Api(broken).get(f"/en/contingency/checklist.pdf?{CARRIER}")
    assert sheet.status_code == 200
    assert "Treat any outage that was announced as ongoing." in text_of(sheet.content)
