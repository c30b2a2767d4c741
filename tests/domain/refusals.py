"""How a test says which refusal it expects."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from outage_service.domain.errors import InvalidAct, RuleError, StateConflict


@contextmanager
def _refused(kind: type[RuleError], code: str, field: str | None) -> Iterator[None]:
    with pytest.raises(kind) as refusal:
        yield
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.detail == str(refusal.value)


def invalid(code: str, field: str | None) -> AbstractContextManager[None]:
    """Expects an act refused for its input."""
    return _refused(InvalidAct, code, field)


def conflict(code: str, field: str | None = None) -> AbstractContextManager[None]:
    """Expects an act refused for the state of the outage."""
    return _refused(StateConflict, code, field)
