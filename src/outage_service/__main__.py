"""`outage-service`, and `python -m outage_service`.

The command line is read only once a signal can end it: reading it takes most of a second.
"""

import gc
import os
import signal
from types import FrameType

FIRST_PROCESS = 1
ENDED_BY_SIGTERM = 128 + signal.SIGTERM


def main() -> None:
    """Runs the command line."""
    if os.getpid() == FIRST_PROCESS:
        # A container's: a signal that nothing handles is kept from it, and it would have to be killed.
        signal.signal(signal.SIGTERM, _end)
    gc.disable()  # whatever is loaded stays: looking through it for waste is an eighth of the time
    from outage_service.cli import main as run_command  # noqa: PLC0415 - see above

    gc.freeze()
    gc.enable()
    run_command()


def _end(_number: int, _frame: FrameType | None) -> None:
    """Does what SIGTERM does to any other process, until a command that serves sees to it."""
    os._exit(ENDED_BY_SIGTERM)


if __name__ == "__main__":
    main()
