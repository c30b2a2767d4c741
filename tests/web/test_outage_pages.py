"""The address that every bulletin gives for its outage on the web."""

import pytest

from tests.web.bodies import news, unscheduled
from tests.web.client import Api, problem, shown


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_address_in_a_bulletin_leads_to_the_newest_one(language: str, tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    shown(tccu.act(outage, "updates", news()))
    found = public.get(f"/outages/{outage['number']}?lang={language}")
    assert (found.status_code, found.headers["location"]) == (302, f"/v1/bulletins/2.html?lang={language}")
    assert public.get(found.headers["location"]).status_code == 200


@pytest.mark.parametrize("number", ["TCC26-9999", "tcc26-0001", "1", "TCC26-0001%0A"])
def test_an_outage_that_does_not_exist_is_not_found(number: str, public: Api) -> None:
    assert problem(public.get(f"/outages/{number}"), 404, "not_found")
