"""P20: what schemathesis makes up from our own document makes no 5xx, and every answer is documented."""

from collections.abc import Callable, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.storage import workers
from outage_service.web.app import create_app
from tests.engines import an_engine
from tests.web.bodies import unscheduled
from tests.web.client import Api, shown
from tests.web.conftest import a_token
from tests.web.test_access import MATRIX

EXAMPLES = {"sqlite": 10, "postgresql": 4}
"""How much is made up for each operation: most of it on one kind, every statement on both."""


@pytest.fixture(scope="module", params=EXAMPLES)
def database(request: pytest.FixtureRequest) -> str:
    """Which kind of database everything is tried out on."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest, database: str) -> Iterator[Engine]:
    """An engine with a sender, on a database that fills up with what was made up."""
    made = an_engine(request.getfixturevalue(f"{database}_of_module"))
    yield made
    made.db.close()


@pytest.fixture(autouse=True)
def _sender_lives(engine: Engine) -> None:
    """On a slow machine all of this takes longer than a sender without a heartbeat counts as alive."""
    engine.db.write(lambda tx: workers.beat(tx, "w", host="here"))


@pytest.fixture(scope="module")
def tokens(engine: Engine) -> dict[Role, str]:
    """A token of each role."""
    return {role: a_token(engine, role) for role in Role}


@pytest.fixture(scope="module")
def document(engine: Engine) -> schemathesis.BaseSchema:
    """Our own document, and the application behind it."""
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(engine))


@schemathesis.serializer("message/rfc822")
def as_it_is(_: object, value: object) -> bytes:
    """Sends a message as it was made up."""
    return str(value).encode(errors="replace")


def try_out(
    operation: schemathesis.APIOperation,
    mode: GenerationMode,
    token: str,
    *unchecked: CheckFunction,
    examples: int,
    aim: Callable[[schemathesis.Case], None] = lambda _: None,
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        aim(case)
        case.call_and_validate(headers=headers, excluded_checks=list(unchecked))

    check()


def role_for(path: str) -> Role:
    return Role.TCCU if path.startswith(("/v1/outages", "/v1/broadcast")) else Role.ADMIN


@pytest.mark.parametrize("name", MATRIX)
def test_what_fits_the_document_is_answered_as_documented(
    name: str, database: str, document: schemathesis.BaseSchema, tokens: dict[Role, str]
) -> None:
    method, path = name.split()
    # The document cannot say that an outage is closed, or that an address is of a kind nobody has.
    unchecked = positive_data_acceptance
    token, examples = tokens[role_for(path)], EXAMPLES[database]
    try_out(document[path][method], GenerationMode.POSITIVE, token, unchecked, examples=examples)


@pytest.mark.parametrize("name", [name for name in MATRIX if name.startswith(("POST /v1", "PUT", "PATCH"))])
def test_what_does_not_fit_the_document_is_refused_as_documented(
    name: str, database: str, document: schemathesis.BaseSchema, tokens: dict[Role, str]
) -> None:
    method, path = name.split()
    # It does not know that a version nobody has read is a refusal, too (412), that of what comes back nothing
    # is refused (what is no report just does not count), and that a query nobody knows is passed over.
    is_lenient = "{outage_id}" in path or path in {"/v1/bounces", "/v1/subscribers/import"}
    unchecked = [negative_data_rejection] if is_lenient else []
    token, examples = tokens[role_for(path)], EXAMPLES[database]
    try_out(document[path][method], GenerationMode.NEGATIVE, token, *unchecked, examples=examples)


def aim_at_open_outage(case: schemathesis.Case, api: Api) -> None:
    """Makes a case act on an outage that is open, in the version that it has: one is declared if need be."""
    outages = shown(api.get("/v1/outages?state=open"))["items"] or [
        shown(api.post("/v1/outages", unscheduled()), 201)
    ]
    case.path_parameters = {"outage_id": outages[0]["id"]}
    case.headers["If-Match"] = f'"{outages[0]["version"]}"'


@pytest.mark.parametrize("name", [name for name in MATRIX if name.startswith("POST /v1/outages/{outage_id}")])
def test_acts_on_an_open_outage_are_answered_as_documented(
    name: str, database: str, document: schemathesis.BaseSchema, tokens: dict[Role, str], engine: Engine
) -> None:
    """What is made up hardly ever names an outage that there is, and never the version it has."""
    method, path = name.split()
    api = Api(create_app(engine), tokens[Role.TCCU])
    try_out(
        document[path][method],
        GenerationMode.POSITIVE,
        tokens[Role.TCCU],
        positive_data_acceptance,
        examples=EXAMPLES[database],
        aim=lambda case: aim_at_open_outage(case, api),
    )
