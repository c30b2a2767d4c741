"""Status and broadcasts out of memory: prepared pages, the ASGI callable that serves them, files on disk."""

from outage_service.edge.asgi import EdgeApp
from outage_service.edge.holder import SnapshotHolder
from outage_service.edge.publish import Publisher, lasting_files
from outage_service.edge.snapshot import Snapshot, Wording, build_snapshot, unknown_snapshot

__all__ = [
    "EdgeApp",
    "Publisher",
    "Snapshot",
    "SnapshotHolder",
    "Wording",
    "build_snapshot",
    "lasting_files",
    "unknown_snapshot",
]
