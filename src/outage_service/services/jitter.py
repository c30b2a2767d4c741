"""Chance, so that what failed together is not tried again together (P11)."""

import random


def jitter() -> float:
    """Returns any number in [-1, 1]. It guards nothing."""
    return random.uniform(-1, 1)  # noqa: S311
