"""P29: who may call what, checked for every route of the route table."""

from datetime import timedelta

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount, Route

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services import tokens
from outage_service.services.engine import Engine
from outage_service.web.app import create_app
from outage_service.web.security import PUBLIC, Access, NoAccessRule, access_rules
from tests.desk import Desk, a_desk
from tests.web.client import Api, problem
from tests.web.conftest import callers_of

EVERYBODY = frozenset({None, *Role})
OPERATORS = frozenset({Role.TCCU, Role.CTSU})
READERS = OPERATORS | {Role.ADMIN, Role.AUDITOR}
ADMIN = frozenset({Role.ADMIN})

# Written down by hand, beside the rules in the code: a route must stand here, too.
MATRIX: dict[str, frozenset[Role | None]] = {
    "GET /v1/systems": EVERYBODY,
    "POST /v1/outages": OPERATORS,
    "GET /v1/outages": EVERYBODY,
    "GET /v1/outages/{outage_id}": EVERYBODY,
    "POST /v1/outages/{outage_id}/updates": OPERATORS,
    "POST /v1/outages/{outage_id}/notes": OPERATORS,
    "POST /v1/outages/{outage_id}/corrections": OPERATORS,
    "POST /v1/outages/{outage_id}/resolve": OPERATORS,
    "POST /v1/outages/{outage_id}/revoke": OPERATORS,
    "POST /v1/outages/{outage_id}/cancel": OPERATORS,
    "POST /v1/outages/{outage_id}/grace": OPERATORS,
    "GET /v1/outages/{outage_id}/record": EVERYBODY,
    "GET /v1/outages/{outage_id}/record.pdf": EVERYBODY,
    "GET /{language}/records/{code}": EVERYBODY,
    "GET /v1/templates": OPERATORS,
    "POST /v1/outages/preview": OPERATORS,
    "POST /v1/outages/{outage_id}/preview": OPERATORS,
    "GET /v1/bulletins": EVERYBODY,
    "GET /v1/bulletins/{bulletin_id}": EVERYBODY,
    "GET /v1/bulletins/{bulletin_id}.html": EVERYBODY,
    "GET /v1/bulletins/{bulletin_id}.txt": EVERYBODY,
    "GET /v1/bulletins/{bulletin_id}.pdf": EVERYBODY,
    "GET /v1/bulletins/{bulletin_id}/deliveries": READERS,
    "POST /v1/bulletins/{bulletin_id}/resume": frozenset({Role.TCCU, Role.ADMIN}),
    "POST /v1/bounces": frozenset({Role.RELAY, Role.ADMIN}),
    "GET /v1/suppressions": ADMIN,
    "POST /v1/suppressions": ADMIN,
    "DELETE /v1/suppressions/{suppression_id}": ADMIN,
    "GET /{language}/contingency": EVERYBODY,
    "GET /{language}/contingency/checklist": EVERYBODY,
    "GET /{language}/contingency/checklist.pdf": EVERYBODY,
    "GET /{language}/contingency/message-order": EVERYBODY,
    "GET /v1/contingency/procedures": EVERYBODY,
    "GET /v1/contingency/message-order": EVERYBODY,
    "POST /v1/contingency/message-order/check": EVERYBODY,
    "GET /v1/outages/{outage_id}/deadlines": EVERYBODY,
    "GET /v1/outages/{outage_id}/deadlines.ics": EVERYBODY,
    "PUT /v1/broadcast/{line}/override": OPERATORS,
    "DELETE /v1/broadcast/{line}/override": OPERATORS,
    "POST /v1/forms/release-query": EVERYBODY,
    "GET /{language}/forms/release-query": EVERYBODY,
    "POST /{language}/forms/release-query": EVERYBODY,
    "POST /v1/subscriptions": EVERYBODY,
    "GET /v1/audit": ADMIN | {Role.AUDITOR},
    "GET /v1/audit/head": ADMIN | {Role.AUDITOR},
    "GET /v1/reports/outages": READERS,
    "POST /v1/external-outages": OPERATORS,
    "GET /v1/external-outages": READERS,
    "GET /v1/external-outages/{external_id}": READERS,
    "PATCH /v1/external-outages/{external_id}": OPERATORS,
    "GET /v1/regional-recipients": ADMIN,
    "POST /v1/regional-recipients": ADMIN,
    "DELETE /v1/regional-recipients/{recipient_id}": ADMIN,
    "GET /v1/subscribers": ADMIN | {Role.AUDITOR},
    "POST /v1/subscribers": ADMIN,
    "POST /v1/subscribers/import": ADMIN,
    "GET /v1/subscribers/export": ADMIN,
    "GET /v1/subscribers/{subscriber_id}": ADMIN | {Role.AUDITOR},
    "PATCH /v1/subscribers/{subscriber_id}": ADMIN,
    "DELETE /v1/subscribers/{subscriber_id}": ADMIN,
    "GET /": EVERYBODY,
    "GET /en": EVERYBODY,
    "GET /fr": EVERYBODY,
    "GET /robots.txt": EVERYBODY,
    "GET /sitemap.xml": EVERYBODY,
    "GET /outages/{number}": EVERYBODY,
    "GET /{language}/outages": EVERYBODY,
    "GET /{language}/outages/{number}": EVERYBODY,
    "GET /{language}/outages/{number}.ics": EVERYBODY,
    "GET /{language}/history": EVERYBODY,
    "GET /{language}/bulletins/{bulletin_id}": EVERYBODY,
    "GET /{language}/subscribe": EVERYBODY,
    "POST /{language}/subscribe": EVERYBODY,
    "GET /{language}/subscribe/sent": EVERYBODY,
    "GET /{language}/about": EVERYBODY,
    "GET /subscriptions/{token}/confirm": EVERYBODY,
    "POST /subscriptions/{token}/confirm": EVERYBODY,
    "GET /subscriptions/{token}/confirmed": EVERYBODY,
    "GET /subscriptions/{token}/manage": EVERYBODY,
    "POST /subscriptions/{token}/manage": EVERYBODY,
    "GET /subscriptions/{token}/unsubscribe": EVERYBODY,
    "POST /subscriptions/{token}/unsubscribe": EVERYBODY,
    # Here they all call from this machine; see test_health.
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /metrics": EVERYBODY,
}
# The console, by its paths below `/{language}/console`, and who must be signed in; None is who is not.
CONSOLE: dict[str, frozenset[Role | None]] = {
    "GET /sign-in": EVERYBODY - {Role.IVR},
    "POST /sign-in": EVERYBODY - {Role.IVR},
    "POST /sign-in/oidc": EVERYBODY - {Role.IVR},
    "GET /sign-in/oidc/return": EVERYBODY - {Role.IVR},
    "POST /sign-out": READERS,
    "GET /": READERS,
    "GET /bulletins/{bulletin_id}": READERS,
    "POST /bulletins/{bulletin_id}/retry": ADMIN,
    "POST /bulletins/{bulletin_id}/resume": frozenset({Role.TCCU, Role.ADMIN}),
    "POST /bulletins/{bulletin_id}/suppress/{subscriber_id}": ADMIN,
    "GET /declare": OPERATORS,
    "POST /declare": OPERATORS,
    "GET /schedule": READERS,
    "GET /outages/{number}": READERS,
    "POST /outages/{number}/notes": OPERATORS,
    "GET /outages/{number}/{act}": OPERATORS,
    "POST /outages/{number}/{act}": OPERATORS,
    "GET /subscribers": ADMIN,
    "GET /subscribers/new": ADMIN,
    "POST /subscribers/new": ADMIN,
    "GET /subscribers/import": ADMIN,
    "POST /subscribers/import": ADMIN,
    "POST /subscribers/export": ADMIN,
    "GET /subscribers/{subscriber_id}": ADMIN,
    "POST /subscribers/{subscriber_id}": ADMIN,
    "POST /subscribers/{subscriber_id}/erase": ADMIN,
    "GET /external": READERS,
    "GET /external/new": OPERATORS,
    "POST /external/new": OPERATORS,
    "GET /external/{external_id}": READERS,
    "POST /external/{external_id}": OPERATORS,
    "POST /external/{external_id}/resolve": OPERATORS,
    "GET /suppressions": ADMIN,
    "POST /suppressions": ADMIN,
    "POST /suppressions/{suppression_id}/lift": ADMIN,
    "GET /regional": ADMIN,
    "POST /regional": ADMIN,
    "POST /regional/{recipient_id}/remove": ADMIN,
    "GET /lines": READERS,
    "POST /lines/{line}": OPERATORS,
    "POST /lines/{line}/end": OPERATORS,
    "GET /audit": ADMIN | {Role.AUDITOR},
    "GET /reports": READERS,
    "GET /users": ADMIN,
    "POST /users": ADMIN,
    "GET /users/{user_id}": ADMIN,
    "POST /users/{user_id}/password": ADMIN,
    "POST /users/{user_id}/disable": ADMIN,
    "POST /users/{user_id}/enable": ADMIN,
}
EVERY_ROUTE = set(MATRIX) | {name.replace(" ", " /{language}/console", 1) for name in CONSOLE}
VARIABLES = {
    "outage_id": "1",
    "bulletin_id": "1",
    "subscriber_id": "1",
    "user_id": "999",
    "suppression_id": "1",
    "line": "ctsu",
    "token": "x",
    "number": "TCC26-0001",
    "act": "update",
    "code": "x",
    "recipient_id": "1",
    "external_id": "1",
    "language": "en",
}


@pytest.fixture(scope="module")
def callers(engine_of_module: Engine) -> dict[Role | None, Api]:
    """A caller of each role."""
    make = callers_of(create_app(engine_of_module), engine_of_module)
    return {role: make(role) for role in (None, *Role)}


@pytest.fixture
def desks(engine_of_module: Engine, callers: dict[Role | None, Api]) -> dict[Role, Desk]:
    """Somebody of each role, signed in anew: one of the pages signs out."""
    return {role: a_desk(callers[None].app, engine_of_module, role) for role in sorted(READERS)}


def routes(app: FastAPI) -> list[tuple[str, APIRoute, Access]]:
    return [
        (f"{method} {route.path_format}", route, access)
        for route, access in access_rules(app.routes)
        for method in sorted(route.methods)
    ]


def test_every_route_stands_in_the_matrix_and_nothing_else_does(app: FastAPI) -> None:
    assert {name for name, _, _ in routes(app)} == EVERY_ROUTE


def test_whatever_is_no_route_of_the_api_is_known(app: FastAPI) -> None:
    others = [
        c.original_route
        for c in iter_route_contexts(app.routes)
        if not isinstance(c.original_route, APIRoute)
    ]
    assert {route.path for route in others if isinstance(route, Route | Mount)} == {
        "/openapi.json",
        "/static",
    }
    assert len(others) == 2


@pytest.mark.parametrize("name", MATRIX)
def test_a_route_lets_pass_whom_the_matrix_names_and_nobody_else(
    name: str, callers: dict[Role | None, Api]
) -> None:
    method, path = name.split()
    for role, api in callers.items():
        status = api.request(method, path.format(**VARIABLES), content=b"{").status_code
        if role in MATRIX[name]:
            assert status not in (401, 403), (name, role)
        else:
            assert status == (401 if role is None else 403), (name, role)


@pytest.mark.parametrize("name", CONSOLE)
def test_a_page_of_the_console_lets_pass_whom_the_matrix_names_and_nobody_else(
    name: str, desks: dict[Role, Desk], callers: dict[Role | None, Api]
) -> None:
    """Each with a session of their own, and a form of it; nobody else is led to anything but signing in."""
    method, path = name.split()
    place = f"/fr/console{path.format(**VARIABLES)}"
    for role, desk in desks.items():
        answer = desk.submit(place) if method == "POST" else desk.get(place)
        assert (answer.status_code == 403) is (role not in CONSOLE[name]), (name, role)
        assert answer.status_code < 500, (name, role)
    for api in (callers[None], callers[Role.ADMIN]):  # a token opens no page
        answer = api.request(method, place)
        if None in CONSOLE[name]:
            assert answer.status_code in (200, 404, 422, 429), name  # 404: no identity provider is set
        else:
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (
                303,
                "/fr/console/sign-in",
            ), name


def test_a_route_without_a_rule_cannot_be_served() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/open")
    def forgotten() -> None: ...

    app.include_router(router)
    with pytest.raises(NoAccessRule, match="/open"):
        list(access_rules(app.routes))


def test_a_route_with_two_rules_cannot_be_served() -> None:
    app, router = FastAPI(), APIRouter(dependencies=[PUBLIC])

    @router.get("/both", dependencies=[PUBLIC])
    def confused() -> None: ...

    app.include_router(router)
    with pytest.raises(NoAccessRule, match="/both"):
        list(access_rules(app.routes))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer outage_live_x",
        "Bearer x",
        "Basic YTpi",
        "Bearer \xff\xfe",
        "bearer outage_live_" + "x" * 5000,
        "Token outage_live_x",
    ],
)
def test_what_is_no_valid_token_is_told_how_to_send_one(header: str, callers: dict[Role | None, Api]) -> None:
    answer = callers[None].request("POST", "/v1/outages", headers={"Authorization": header.encode("latin-1")})
    problem(answer, 401, "token_required")
    assert answer.headers["www-authenticate"] == 'Bearer realm="outage-service"'


def test_a_token_ends_when_it_was_to_end(clock: VirtualClock, engine: Engine, app: FastAPI) -> None:
    valid_for = timedelta(days=1)
    token = engine.db.write(
        lambda tx: tokens.create(engine, tx, name="short", role=Role.ADMIN, valid_for=valid_for)
    )
    api = Api(app, token)
    assert api.get("/v1/subscribers").status_code == 200
    clock.advance(valid_for)
    problem(api.get("/v1/subscribers"), 401, "token_required")


def test_the_rules_are_checked_when_the_application_is_made(engine: Engine) -> None:
    assert len(list(access_rules(create_app(engine).routes))) == len(EVERY_ROUTE)
