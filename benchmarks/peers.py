"""What we are compared with, installed into a folder for temporary files, never into the project.

A peer that cannot be had is told by `PeerMissing`, and so in the table.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(tempfile.gettempdir()) / f"outage-bench-peers-{os.getuid()}"
_INSTALL_SECONDS = 180
_PACKAGES = {
    "smtp-source": ("postfix", "libnsl2"),
    "nginx": ("nginx",),
    "wrk": ("wrk", "libluajit-5.1-2"),
}
_PLACES = ("usr/sbin", "usr/bin")


class PeerMissing(Exception):
    """A peer cannot be had on this machine; says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed program, and the environment that it needs."""

    program: Path
    env: dict[str, str]


@cache
def debian(name: str) -> Peer:
    """Returns a program: the system's own, or out of a Debian package that is unpacked and not installed.

    Raises:
        PeerMissing: there is neither.
    """
    if found := shutil.which(name):
        return Peer(Path(found), {})
    root = FOLDER / "debian" / name
    if not _program(root, name):
        _unpack(_PACKAGES[name], root)
    program = _program(root, name)
    if program is None:
        raise PeerMissing(f"no {name} in {_PACKAGES[name]}")
    libraries = {str(each.parent) for each in root.glob("usr/lib/**/*.so*")}
    return Peer(program, {"LD_LIBRARY_PATH": ":".join(sorted(libraries))})


def _program(root: Path, name: str) -> Path | None:
    return next((root / place / name for place in _PLACES if (root / place / name).exists()), None)


def _unpack(packages: Sequence[str], root: Path) -> None:
    downloads = root / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    _run("apt-get", "download", *packages, cwd=downloads)
    for archive in downloads.glob("*.deb"):
        _run("dpkg", "-x", str(archive), str(root))


@cache
def node_module(name: str) -> Path:
    """Returns a folder in which Node.js finds the module `name`."""
    folder = FOLDER / "node"
    if not (folder / "node_modules" / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), name)
    return folder


@cache
def python_with(*packages: str) -> Path:
    """Returns the interpreter of an environment with `packages` in it."""
    folder = FOLDER / "-".join(("python", *packages))
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *packages)
        (folder / "done").touch()
    return python


def _run(*command: str, cwd: Path | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise PeerMissing(f"there is no {command[0]} here")
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PeerMissing(f"{command[0]} took too long") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        raise PeerMissing(f"{' '.join(command[:2])}: {reason[:200]}")
