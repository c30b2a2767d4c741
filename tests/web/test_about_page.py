"""What the page about the service promises."""

import pytest

from outage_service.content.holidays import cbsa_holidays
from outage_service.domain.calendar import BusinessCalendar
from outage_service.web.app import create_app
from tests.engines import an_engine
from tests.web.client import Api


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Holidays observed by the CBSA count as weekends"), ("fr", "comptent comme une fin de semaine")],
)
@pytest.mark.parametrize("observed", [False, True], ids=["literal", "observed"])
def test_holidays_are_told_of_where_they_change_the_promise(
    observed: bool, language: str, said: str, sqlite_url: str
) -> None:
    """R16."""
    calendar = BusinessCalendar(cbsa_holidays()) if observed else BusinessCalendar()
    engine = an_engine(sqlite_url, calendar=calendar)
    page = Api(create_app(engine)).get(f"/{language}/about").text
    engine.db.close()
    assert (said in page) is observed
