"""Addresses longer than any may be."""

from sqlalchemy import select

from outage_service.services.addresses import parse_address
from outage_service.services.engine import Engine
from outage_service.storage.schema import subscription_request
from tests.web.client import Api


def test_an_address_that_is_too_long_is_refused_and_not_cut_to_another_one(
    engine: Engine, public: Api
) -> None:
    """What is left of it after 254 characters would be an address, of somebody else."""
    labels = ".".join("c" * length for length in (61, 61, 61, 53))
    another = f"trade.desk@{labels}.com"
    assert (parse_address(another).wire, len(another)) == (another, 254)
    page = public.post("/en/subscribe", data={"language": "en", "email": f"{another}munity"})
    assert page.status_code == 422
    assert f'value="{another}munity"' in page.text, "so that it can be put right"
    assert "maxlength" not in page.text, "a browser would cut what is pasted"
    with engine.db.read() as tx:
        assert not tx.execute(select(subscription_request.c.id)).all()
