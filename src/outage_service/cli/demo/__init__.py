"""`demo`: the whole story in under a minute, on real parts: HTTP, SMTP, SQLite; only the clock is virtual.

`story` has the scenes, `stage` what they play on, `ledger` counts mail, `screen` prints.
"""

from typing import Annotated

import typer

from outage_service import logs


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay up afterwards and print the addresses of the pages.")
    ] = False,
) -> None:
    """Tell the whole story in under a minute.

    A delay, an outage, a night, the end, and every mail counted. It needs no settings and leaves nothing
    behind: a temporary SQLite file, a mail catcher on this machine, a virtual clock. What it shows is
    checked as it goes; whatever is not so ends it with status 1.
    """
    # No other command waits until these are loaded.
    from outage_service.cli.demo.screen import Screen  # noqa: PLC0415
    from outage_service.cli.demo.stage import staged  # noqa: PLC0415
    from outage_service.cli.demo.story import tell  # noqa: PLC0415

    logs.configure("ERROR")
    screen = Screen()
    with staged() as stage:
        tell(stage, screen)
        if keep:
            screen.pages(stage.url)
            stage.stay()
