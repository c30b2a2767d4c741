"""A file or folder that is closed to this process, also where the tests run as root."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65_534


@contextmanager
def unprivileged(*, closed: Path) -> Iterator[None]:
    """Lets nobody read, search or write `closed` inside; the folders above it can be entered."""
    mode, is_root = closed.stat().st_mode, os.geteuid() == 0
    for each in closed.parents if is_root else ():
        if not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o111)
    closed.chmod(0)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        closed.chmod(mode)
