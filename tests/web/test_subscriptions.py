"""Subscribing, and the pages that the links in mail lead to."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.clock import VirtualClock
from outage_service.domain.bounces import SuppressionReason
from outage_service.services import suppressions
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, token
from outage_service.storage.schema import mailing, subscriber, subscription_request
from outage_service.storage.subscribers import Subscriber, find_subscriber
from tests.web.bodies import unscheduled
from tests.web.client import Api, compact, problem, shown

WISH = {"email": "trade@example.org", "language": "en", "systems": [], "kinds": []}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def letters(engine: Engine) -> int:
    with engine.db.read() as tx:
        return len(tx.execute(select(mailing.c.id)).all())


def pending(engine: Engine) -> int:
    with engine.db.read() as tx:
        return len(tx.execute(select(subscription_request.c.id)).all())


def subscribers(engine: Engine) -> int:
    with engine.db.read() as tx:
        return len(tx.execute(select(subscriber.c.id)).all())


def the_subscriber(engine: Engine) -> Subscriber:
    with engine.db.read() as tx:
        found = find_subscriber(tx, 1)
    assert found is not None
    return found


def path_of(engine: Engine, purpose: Purpose, *, epoch: int = 1, holder: int = 1) -> str:
    epoch = 0 if purpose is Purpose.CONFIRM else epoch
    return f"/subscriptions/{token(engine.secret_key, purpose, Holder(holder, epoch))}/{purpose}"


@pytest.fixture
def subscribed(engine: Engine, public: Api) -> Subscriber:
    """Somebody who has confirmed."""
    shown(public.post("/v1/subscriptions", WISH), 202)
    assert public.post(path_of(engine, Purpose.CONFIRM)).status_code == 200
    return the_subscriber(engine)


def test_every_address_gets_the_same_answer(engine: Engine, public: Api, subscribed: Subscriber) -> None:
    """P26: active, pending twice, new, unsubscribed."""
    assert subscribed.choices.email == WISH["email"]
    answers = [
        public.post("/v1/subscriptions", {**WISH, "email": email})
        for email in ("trade@example.org", "trade@example.org", "new@example.org")
    ]
    assert public.post(path_of(engine, Purpose.UNSUBSCRIBE)).status_code == 200
    answers.append(public.post("/v1/subscriptions", WISH))
    assert {(a.status_code, a.text, compact(dict(a.headers))) for a in answers} == {
        (202, answers[0].text, compact(dict(answers[0].headers)))
    }
    assert set(shown(answers[0], 202)["message"]) == {"en", "fr"}


def test_an_address_gets_one_letter_in_24_hours(clock: VirtualClock, engine: Engine, public: Api) -> None:
    """P25."""
    for _ in range(3):
        shown(public.post("/v1/subscriptions", WISH), 202)
    assert (letters(engine), pending(engine)) == (1, 1)
    clock.advance(timedelta(hours=24))
    shown(public.post("/v1/subscriptions", WISH), 202)
    assert letters(engine) == 2


@pytest.mark.parametrize(
    "email",
    [
        "", "x", "a@b@c.ca", "a b@example.org", "a%b@example.org", "a!b@example.org", "-a@example.org",
        "=?utf-8?q?x?=@b.ca", "\u0430@example.org", "a@ex\u0430mple.org\x00", "a\n@example.org",
        "\ud800@example.org", "a@example.org\r\nBcc: b@example.org", '"a b"@example.org', "a@[127.0.0.1]",
        f"{'x' * 300}@example.org", 7, None,
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused_without_being_repeated(email: object, public: Api) -> None:
    refused = problem(public.post("/v1/subscriptions", {**WISH, "email": email}), 422, "invalid_input")
    assert [error["field"] for error in refused["errors"]] == ["email"]
    assert not refused["errors"][0]["detail"].endswith("..")
    assert not (isinstance(email, str) and len(email) > 1 and email in compact(refused))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": "de"}, "language"),
        ({"language": None}, "language"),
        ({"systems": ["EDI"]}, "systems.0"),
        ({"systems": "edi"}, "systems"),
        ({"kinds": ["all"]}, "kinds.0"),
        ({"systems": ["edi"] * 21}, "systems"),
        ({"admin": True}, "admin"),
        ({"\ud800": 1}, "body"),
        ({"<b>": 1}, "?"),
    ],
)
def test_a_wish_that_cannot_be_names_its_field(change: dict[str, object], field: str, public: Api) -> None:
    refused = problem(public.post("/v1/subscriptions", {**WISH, **change}), 422, "invalid_input")
    assert [error["field"] for error in refused["errors"]] == [field]


def test_a_subscription_counts_once_it_is_confirmed(engine: Engine, public: Api) -> None:
    shown(public.post("/v1/subscriptions", {**WISH, "language": "fr", "systems": ["swi", "edi"]}), 202)
    assert subscribers(engine) == 0
    page = public.get(path_of(engine, Purpose.CONFIRM))
    assert page.status_code == 200
    assert "guichet unique" in page.text
    done = public.post(path_of(engine, Purpose.CONFIRM))
    assert (done.status_code, subscribers(engine), pending(engine)) == (200, 1, 0)
    assert f"{engine.base_url}{path_of(engine, Purpose.MANAGE)}" in done.text


@pytest.mark.parametrize("purpose", [Purpose.MANAGE, Purpose.UNSUBSCRIBE])
def test_getting_a_page_changes_nothing(
    purpose: Purpose, engine: Engine, subscribed: Subscriber, public: Api
) -> None:
    """P27: link scanners get every link."""
    for method in ("GET", "HEAD"):
        assert public.request(method, path_of(engine, purpose)).status_code == 200
    assert the_subscriber(engine) == subscribed


def test_getting_the_confirmation_page_confirms_nothing(engine: Engine, public: Api) -> None:
    """P27."""
    shown(public.post("/v1/subscriptions", WISH), 202)
    for method in ("GET", "HEAD"):
        assert public.request(method, path_of(engine, Purpose.CONFIRM)).status_code == 200
    assert (subscribers(engine), pending(engine)) == (0, 1)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"List-Unsubscribe=One-Click", FORM),
        (b"", {}),
        (b"anything \xff", {"Content-Type": "text/plain"}),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ],
    ids=["urlencoded", "empty", "garbage", "multipart"],
)
@pytest.mark.usefixtures("subscribed")
def test_one_click_leaves_the_list(
    content: bytes, headers: dict[str, str], engine: Engine, public: Api
) -> None:
    """RFC 8058; repeating it is fine."""
    for _ in range(2):
        answer = public.request(
            "POST", path_of(engine, Purpose.UNSUBSCRIBE), content=content, headers=headers
        )
        assert answer.status_code == 200
    assert the_subscriber(engine).state == "unsubscribed"
    assert letters(engine) == 1, "leaving sends nothing"


@pytest.mark.usefixtures("subscribed")
def test_a_subscriber_changes_what_is_sent(engine: Engine, public: Api) -> None:
    path = path_of(engine, Purpose.MANAGE)
    answer = public.request(
        "POST", path, content=b"language=fr&system=edi&system=ccp&kind=outage", headers=FORM
    )
    assert answer.status_code == 200
    changed = the_subscriber(engine).choices
    assert (changed.language, changed.systems, changed.kinds) == ("fr", 1 | 8, 1)
    page = public.get(path).text
    assert re.search(r'id="system-edi"[^>]* checked', page)
    assert not re.search(r'id="system-swi"[^>]* checked', page)
    assert '<html lang="fr">' in page
    assert '<html lang="en">' in public.get(f"{path}?lang=en").text
    assert public.request("POST", path, content=b"language=en", headers=FORM).status_code == 200
    assert (the_subscriber(engine).choices.systems, the_subscriber(engine).choices.kinds) == (0, 0)


@pytest.mark.usefixtures("subscribed")
def test_who_has_left_can_come_back_by_the_same_page(engine: Engine, public: Api) -> None:
    assert public.post(path_of(engine, Purpose.UNSUBSCRIBE)).status_code == 200
    assert "You have left" in public.get(path_of(engine, Purpose.MANAGE)).text
    assert (
        public.request(
            "POST", path_of(engine, Purpose.MANAGE), content=b"language=en", headers=FORM
        ).status_code
        == 200
    )
    assert the_subscriber(engine).state == "active"


def suppress(engine: Engine) -> str:
    """Lists the subscriber's address after a bounce; returns the path to the subscription."""
    address = Address(WISH["email"], WISH["email"])
    engine.act(
        lambda tx: suppressions.suppress(engine, tx, address, SuppressionReason.HARD_BOUNCE, actor="bounces")
    )
    assert the_subscriber(engine).state == "suppressed"
    return path_of(engine, Purpose.MANAGE)


@pytest.mark.usefixtures("subscribed")
@pytest.mark.parametrize(
    ("language", "says", "saved"),
    [
        ("en", "No bulletins are sent to your address", "Your changes are saved."),
        ("fr", "Aucun bulletin n’est envoyé à votre adresse", "Vos modifications sont enregistrées."),
    ],
)
def test_whose_address_is_on_the_list_is_told_so_and_shown_what_helps(
    language: str, says: str, saved: str, engine: Engine, public: Api
) -> None:
    """P14: saving does not bring bulletins back, and does not claim to; confirming anew does."""
    path = suppress(engine)
    sent = {"content": f"language={language}".encode(), "headers": FORM}
    answers = (public.get(f"{path}?lang={language}"), public.request("POST", path, **sent))
    for answer in answers:
        assert answer.status_code == 200
        assert says in answer.text
        assert "You have left" not in answer.text
        assert f'<a href="/{language}/subscribe">' in answer.text
    assert saved in answers[1].text
    assert the_subscriber(engine).state == "suppressed"
    shown(public.post("/v1/subscriptions", WISH), 202)
    with engine.db.read() as tx:
        asked_again = tx.execute(select(subscription_request.c.id)).scalar_one()
    assert public.post(path_of(engine, Purpose.CONFIRM, holder=asked_again)).status_code == 200
    assert the_subscriber(engine).state == "active"


@pytest.mark.usefixtures("subscribed")
def test_whose_address_is_on_the_list_can_leave(engine: Engine, public: Api) -> None:
    path = suppress(engine)
    assert "Leave the list" in public.get(path).text
    assert public.post(path_of(engine, Purpose.UNSUBSCRIBE)).status_code == 200
    assert "Leave the list" not in public.get(path).text


@pytest.mark.usefixtures("subscribed")
def test_a_subscription_is_called_active_only_while_it_is(engine: Engine, public: Api) -> None:
    """The page shown after confirming has an address, which works longer than what it says."""
    path = path_of(engine, Purpose.MANAGE).replace("/manage", "/confirmed")
    assert "Your subscription is active" in public.get(path).text
    suppress(engine)
    suppressed = public.get(path).text
    assert "No bulletins are sent to your address" in suppressed
    assert "Your subscription is active" not in suppressed
    assert public.post(path_of(engine, Purpose.UNSUBSCRIBE)).status_code == 200
    left = public.get(f"{path}?lang=fr").text
    assert "Vous avez quitté la liste" in left
    assert "Votre abonnement est actif" not in left
    assert 'action="manage?lang=fr"' in left, "its form leads to the page that takes it"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"language=de", b"language=en&language=fr", b"language=en&system=x", b"language=en&kind=x",
        b"language=\xff",
        b"language=en&" + b"&".join(b"a%d=1" % n for n in range(50)), b"language=en&system=edi%00",
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_changes_nothing(
    content: bytes, engine: Engine, subscribed: Subscriber, public: Api
) -> None:
    answer = public.request("POST", path_of(engine, Purpose.MANAGE), content=content, headers=FORM)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert the_subscriber(engine) == subscribed


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.usefixtures("subscribed")
def test_a_link_that_is_not_genuine_is_a_page_in_the_readers_language(
    purpose: Purpose, method: str, engine: Engine, subscribed: Subscriber, public: Api
) -> None:
    good = path_of(engine, purpose)
    other = path_of(engine, Purpose.MANAGE if purpose is not Purpose.MANAGE else Purpose.UNSUBSCRIBE)
    wrong = [
        path_of(engine, purpose, epoch=2),
        path_of(engine, purpose, holder=99),
        good.replace("1.", "2.", 1),
        other.replace(other.rpartition("/")[2], purpose),
        f"/subscriptions/x/{purpose}",
        f"/subscriptions/%00/{purpose}",
        f"/subscriptions/{'9' * 400}.1.x/{purpose}",
        f"/subscriptions/²{good.partition('1')[2]}",
    ]
    for path in wrong:
        options = {"content": b"language=fr"} if method == "POST" else {}
        headers = FORM | {"Accept-Language": "fr-CA"}
        answer = public.request(method, path, headers=headers, **options)
        assert answer.status_code == 404, path
        assert "Ce lien ne fonctionne pas" in answer.text
        assert 'lang=en" lang="en"' in answer.text
    assert the_subscriber(engine) == subscribed


def test_a_confirmation_link_works_once_and_for_a_week(
    clock: VirtualClock, engine: Engine, public: Api
) -> None:
    shown(public.post("/v1/subscriptions", WISH), 202)
    clock.advance(timedelta(days=7, seconds=1))
    assert public.post(path_of(engine, Purpose.CONFIRM)).status_code == 404
    shown(public.post("/v1/subscriptions", WISH), 202)
    assert public.post(path_of(engine, Purpose.CONFIRM)).status_code == 200
    assert public.post(path_of(engine, Purpose.CONFIRM)).status_code == 404
    assert subscribers(engine) == 1


@pytest.mark.usefixtures("subscribed")
def test_pages_are_private_show_no_address_and_run_nothing(engine: Engine, public: Api) -> None:
    shown(public.post("/v1/subscriptions", {**WISH, "email": "other@example.org"}), 202)
    paths = [path_of(engine, purpose) for purpose in (Purpose.MANAGE, Purpose.UNSUBSCRIBE)]
    pages = [public.get(path) for path in (*paths, path_of(engine, Purpose.CONFIRM, holder=2))]
    for page in (*pages, public.get("/subscriptions/x/manage")):
        assert "example.org/subscriptions" in page.text or "@" not in page.text
        assert "trade@" not in page.text
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert 'lang="en"' in page.text
        assert 'lang="fr"' in page.text


@pytest.mark.usefixtures("subscribed")
def test_every_field_has_a_label_and_every_id_is_unique(engine: Engine, public: Api) -> None:
    page = public.get(path_of(engine, Purpose.MANAGE)).text
    ids = re.findall(r'\bid="([^"]+)"', page)
    inputs = re.findall(r'<input[^>]*\bid="([^"]+)"', page)
    labels = re.findall(r'<label for="([^"]+)"', page)
    assert len(inputs) == 2 + 6 + 4
    assert sorted(inputs) == sorted(labels)
    assert len(ids) == len(set(ids))


def test_the_style_sheet_is_served(public: Api) -> None:
    sheet = public.get("/static/site.css")
    assert sheet.status_code == 200
    assert sheet.headers["content-type"].startswith("text/css")
    for path in ("/static/none.css", "/static/../app.py", "/static/%2e%2e/app.py", "/static/", "/static"):
        assert public.get(path).status_code == 404


def test_who_confirms_during_an_outage_reads_its_bulletin_at_once(
    engine: Engine, tccu: Api, public: Api
) -> None:
    for system in ("edi", "cers"):
        body = {**unscheduled(), "impacts": [{"system": system}]}
        shown(tccu.post("/v1/outages", body), 201)
    shown(public.post("/v1/subscriptions", {**WISH, "language": "fr", "systems": ["edi"]}), 202)
    page = public.post(path_of(engine, Purpose.CONFIRM)).text
    assert "Votre abonnement est actif" in page
    assert 'href="/fr/bulletins/1"' in page
    assert "Panne de l’EDI" in page
    assert "TCC26-0002" not in page


@pytest.mark.usefixtures("subscribed")
def test_a_form_with_a_mistake_comes_back_with_what_was_chosen(engine: Engine, public: Api) -> None:
    path = path_of(engine, Purpose.MANAGE)
    answer = public.request("POST", path, content=b"language=en&system=swi&kind=x", headers=FORM)
    assert answer.status_code == 422
    assert 'href="#kind"' in answer.text
    assert re.search(r'id="system-swi"[^>]* checked', answer.text)


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "No bulletins of this kind are sent yet."), ("fr", "Aucun bulletin de ce genre n’est envoyé")],
)
def test_who_asks_for_known_problems_is_told_that_none_are_sent_yet(
    language: str, says: str, engine: Engine, public: Api
) -> None:
    """The kind can be asked for, but there is no such bulletin."""
    assert public.get(f"/{language}/subscribe").text.count(says) == 1
    wish = {"email": "trade@example.org", "language": language, "systems": [], "kinds": ["known_problems"]}
    shown(public.post("/v1/subscriptions", wish), 202)
    assert says in public.get(path_of(engine, Purpose.CONFIRM)).text
    shown(public.post("/v1/subscriptions", {**wish, "kinds": ["outage"]}), 202)
    assert says not in public.get(path_of(engine, Purpose.CONFIRM)).text
