"""What a command can run into that its user can mend."""

NOT_DONE = 1
WRONG_INPUT = 2


class Fault(Exception):
    """Ends a command: each line goes to standard error, `status` is the exit status."""

    def __init__(self, *lines: str, status: int = NOT_DONE) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.status = status


def said_by_driver(error: Exception) -> str:
    """Returns a database's own words, without the statement and what was bound to it."""
    said = str(getattr(error, "orig", None) or error)
    return said.strip().partition("\n")[0]
