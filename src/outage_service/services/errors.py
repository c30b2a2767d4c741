"""Why a use case could not be carried out, besides the rules' own refusals. `web.errors` maps them."""


class NotFound(Exception):
    """There is no such thing; `what` is its kind, `key` how it was asked for."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"There is no {what} {key}.")
        self.what = what


class Stale(Exception):
    """The thing has changed since the caller read it; `version` is the present one (P19)."""

    def __init__(self, version: int) -> None:
        super().__init__(f"It has changed since you read it; its version is {version} now.")
        self.version = version


class Overtaken(Exception):
    """What has no version has changed since the page was made that the caller acts from (P19)."""


class NotPermitted(Exception):
    """The caller's role does not cover this."""


class NotBorneOut(Exception):
    """The audit log does not bear out what the tables say of an outage (P31)."""

    def __init__(self, number: str) -> None:
        super().__init__(f"The audit log does not bear out what is on record of {number}.")


class AlreadyDeclared(Exception):
    """An unresolved outage covers the same system, direction and time."""

    def __init__(self, outage_id: int, number: str) -> None:
        super().__init__(f"{number} is unresolved and covers the same system: update it instead.")
        self.outage_id = outage_id
        self.number = number
