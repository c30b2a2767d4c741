"""Why the rules refuse something. Each refusal has a stable code and names its field."""


class RuleError(Exception):
    """A rule refused an act.

    Args:
        code: stable, snake_case, part of the outside contract.
        detail: one sentence that names what is wrong and what to do instead.
        field: the input's field at fault, dotted (`impacts.0.direction`), or None.
    """

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


class InvalidAct(RuleError):
    """What was asked for can never be right as it stands: mend the input."""


class StateConflict(RuleError):
    """What was asked for does not fit the state the outage is in."""
