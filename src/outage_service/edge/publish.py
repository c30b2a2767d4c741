"""The public pages as files, for a web server to fall back on while the service is down.

Files cannot know how old they are, so they hold only wording that stays true when old: "normal" is said
by a live process alone (R11). Each host has a folder of its own under `PUBLISH_DIR`, so that hosts that
share a disk do not overwrite each other: its name, with `-` for dots and whatever else is neither letter nor
digit. In it `current` is a symbolic link to the newest version. Nothing removes the folder of a host that is
gone: a container without a name of its own leaves one behind each time that it is made anew.

    <PUBLISH_DIR>/<host>/current/index.html
    <PUBLISH_DIR>/<host>/current/<language>/index.html
    <PUBLISH_DIR>/<host>/current/status.json
    <PUBLISH_DIR>/<host>/current/not-found.txt
    <PUBLISH_DIR>/<host>/current/v1/broadcast/<line>/<language>.<format>
"""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from outage_service.domain.calendar import iso_utc
from outage_service.edge.pages import stamped_json
from outage_service.edge.snapshot import BROADCAST_PREFIX, HOME_PATHS, Snapshot

log = structlog.get_logger(__name__)

CURRENT = "current"
_VERSION = "version-"
_UNFINISHED = "unfinished-"
_LINK = "link-"
KEPT_SECONDS = 120.0
"""A version that is no longer current stays this long: a server may still be reading from it."""
_READABLE, _READABLE_FILE = 0o755, 0o644
"""The web server has an account of its own: what the umask says of other accounts must not keep it out."""


class Publisher:
    """Writes versions of the public files; any number of processes may write for one host.

    Args:
        directory: `PUBLISH_DIR`; made if it is missing.
        host: the name of this machine.
    """

    def __init__(self, directory: Path, host: str) -> None:
        self._home = home_of(directory, host)
        self._last: Mapping[str, bytes] | None = None
        self._failure: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the last try did not work: what lies there grows old (P22)."""
        return self._failure is not None

    def publish(self, files: Mapping[str, bytes]) -> bool:
        """Makes `files`, by relative path, the current version; returns whether that worked.

        A failure changes nothing of what is there: the service goes on without files. It is logged once, for
        it is tried again every moment, and so is its end.
        """
        if files == self._last and (self._home / CURRENT).is_dir():
            return True
        try:
            self._publish(files)
        except OSError as error:
            self._tell(error)
            return False
        self._last = dict(files)
        self._tell(None)
        return True

    def _tell(self, error: OSError | None) -> None:
        failure = str(error.strerror or error) if error else None
        if failure == self._failure:
            return
        self._failure = failure
        if error:
            log.error("publish_failed", directory=str(self._home), exc_info=error)
        else:
            log.warning("published_again", directory=str(self._home))

    def _publish(self, files: Mapping[str, bytes]) -> None:
        for folder in (self._home.parent, self._home):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(_READABLE)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._home))
        try:
            _write_durably(unfinished, files)
            version = unfinished.with_name(_VERSION + unfinished.name.removeprefix(_UNFINISHED))
            unfinished.rename(version)
            _sync(self._home)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        self._point_to(version)
        self._remove_old(version)

    def _point_to(self, version: Path) -> None:
        with suppress(OSError):
            os.utime(self._home / CURRENT)  # the age of a version counts from when it was replaced
        link = version.with_name(_LINK + version.name.removeprefix(_VERSION))
        link.symlink_to(version.name)
        os.replace(link, self._home / CURRENT)
        _sync(self._home)

    def _remove_old(self, version: Path) -> None:
        """Removes what is neither current nor young; another process may remove the same, or publish."""
        oldest = version.lstat().st_mtime - KEPT_SECONDS
        for path in self._home.iterdir():
            if path.name.startswith((_VERSION, _UNFINISHED, _LINK)):
                with suppress(OSError):
                    if path.lstat().st_mtime < oldest and path.name != os.readlink(self._home / CURRENT):
                        _remove(path)


def lasting_files(snapshot: Snapshot, index_html: str) -> dict[str, bytes]:
    """Returns the files of a snapshot by relative path, all in the wording that stays true when old.

    Publish what was read: a process that never reached the database had better leave the former files.
    """
    as_of = iso_utc(snapshot.as_of) if snapshot.as_of else None
    wording = snapshot.stale_wording
    files = {
        "index.html": index_html.encode(),
        "status.json": stamped_json(wording.status, as_of=as_of),
        "not-found.txt": snapshot.not_found.body,
    }
    for path, language in HOME_PATHS.items():
        if language in wording.home:
            files[f"{path.strip('/')}/index.html"] = wording.home[language].encode()
    for key, document in wording.broadcasts.items():
        content = document.encode() if isinstance(document, str) else stamped_json(document, as_of=as_of)
        files[BROADCAST_PREFIX.lstrip("/") + key] = content
    return files


def home_of(directory: Path, host: str) -> Path:
    """Returns the folder of a host: one, whatever dots or slashes are in its name."""
    return directory / (re.sub(r"[^A-Za-z0-9-]+", "-", host).strip("-") or "host")


def _write_durably(folder: Path, files: Mapping[str, bytes]) -> None:
    folders = {folder}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        folders.update(p for p in path.parents if folder in p.parents)
        with path.open("wb") as file:
            os.fchmod(file.fileno(), _READABLE_FILE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for made in folders:
        made.chmod(_READABLE)
        _sync(made)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path)
