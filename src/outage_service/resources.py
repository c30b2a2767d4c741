"""Where the files that are not Python lie: in the installed package, or in the checkout.

To ship another one, name it under `force-include` in pyproject.toml.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "_data"
_IN_CHECKOUT = _PACKAGE.parents[1]


def data_path(name: str) -> Path:
    """Returns the absolute path of `templates`, `migrations` or `alembic.ini`.

    Raises:
        FileNotFoundError: neither the wheel nor the checkout carries `name`.
    """
    path = (_IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT) / name
    if not path.exists():
        raise FileNotFoundError(f"{name} is missing from this installation (looked for {path})")
    return path
