"""P20: what schemathesis makes up from our own document makes no 5xx, and every answer is documented."""

from collections.abc import Iterator

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
from tests.web.conftest import a_token
from tests.web.test_access import MATRIX


@pytest.fixture(scope="module")
def engine(sqlite_of_module: str) -> Iterator[Engine]:
    """An engine with a sender, on a database that fills up with what was made up."""
    made = an_engine(sqlite_of_module)
    made.db.write(lambda tx: workers.register_worker(tx, "w", host="here"))
    yield made
    made.db.close()


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
    operation: schemathesis.APIOperation, mode: GenerationMode, token: str, *unchecked: CheckFunction
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        case.call_and_validate(headers=headers, excluded_checks=list(unchecked))

    check()


def role_for(path: str) -> Role:
    return Role.TCCU if path.startswith(("/v1/outages", "/v1/broadcast")) else Role.ADMIN


@pytest.mark.parametrize("name", MATRIX)
def test_what_fits_the_document_is_answered_as_documented(
    name: str, document: schemathesis.BaseSchema, tokens: dict[Role, str]
) -> None:
    method, path = name.split()
    # The document cannot say that an outage is closed, or that an address is of a kind nobody has.
    unchecked = positive_data_acceptance
    try_out(document[path][method], GenerationMode.POSITIVE, tokens[role_for(path)], unchecked)


@pytest.mark.parametrize("name", [name for name in MATRIX if name.startswith(("POST /v1", "PUT", "PATCH"))])
def test_what_does_not_fit_the_document_is_refused_as_documented(
    name: str, document: schemathesis.BaseSchema, tokens: dict[Role, str]
) -> None:
    method, path = name.split()
    # It does not know that a version nobody has read is a refusal, too (412), that of what comes back nothing
    # is refused (what is no report just does not count), and that a query nobody knows is passed over.
    is_lenient = "{outage_id}" in path or path in {"/v1/bounces", "/v1/subscribers/import"}
    unchecked = [negative_data_rejection] if is_lenient else []
    try_out(document[path][method], GenerationMode.NEGATIVE, tokens[role_for(path)], *unchecked)
