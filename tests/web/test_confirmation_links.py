"""The link that confirms a subscription, once it has been used."""

from outage_service.services.engine import Engine
from outage_service.services.links import Purpose
from tests.web.client import Api, shown
from tests.web.test_subscriptions import WISH, path_of


def test_who_confirms_twice_does_not_read_that_it_failed(engine: Engine, public: Api) -> None:
    """A double click, Back, or the mail opened once more: all come to a link that has done its work."""
    shown(public.post("/v1/subscriptions", WISH), 202)
    path = path_of(engine, Purpose.CONFIRM)
    assert public.post(path).status_code == 200
    for again in (public.post(path), public.get(path)):
        assert again.status_code == 404
        assert "If you have confirmed with it before, that is done" in again.text
        assert 'href="/en/subscribe"' in again.text
    french = public.get(f"{path}?lang=fr").text
    assert "Si vous l’avez déjà utilisé pour confirmer, c’est fait" in french
